"""Every mutation of agreements, cases and emergencies, each with who may do it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from support import powers
from support.agreeing import terms
from support.casework import Sent, team_of_draft, token_of
from support.charging import registration, said
from support.doing import NAMES, SOON, TODAY, Doing, doing, key, own_team, team, waits
from support.powers import Case

from auth.roles import Role
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

LEADS_IT = powers.drafter_of_the_lead
WHY = {"reason": "It has to be."}


def of(kind: str, *keys: str) -> dict[str, Any]:
    """Only these of the sample's agreements, versions or parties."""
    wanted = {fixed(kind, key) for key in keys}
    return {"only": lambda row: row["id"] in wanted}


IN_FORCE, WRITTEN = of("agreement", "wirral-marac"), of("agreement", "sthelens-idva")
SIGNED_NOW = of("agreement-version", "perpetrators")
POWER = {
    "name": "A power", "law": "An Act", "senderKinds": ["POLICE"], "receiverKinds": ["COUNCIL"],
    "purposes": ["MARAC"],
}  # fmt: skip
TERMS = terms(rightsLead=f"Agency:{agency_id('sthelens')}")
AGREEMENTS: Sequence[Doing] = (
    doing("draftAgreement", "", powers.drafter, title="New", terms=TERMS),
    doing("changeAgreement", "agreement", LEADS_IT, **WRITTEN, title="Another title"),
    doing("nameAgreementParty", "agreement", LEADS_IT, **WRITTEN, direction="BOTH",
          agency=f"Agency:{agency_id('icb')}"),
    doing("sendAgreement", "agreement", LEADS_IT, **WRITTEN),
    doing("amendAgreement", "agreement", LEADS_IT, **IN_FORCE, terms=TERMS, **WHY),
    doing("giveUpAgreementVersion", "agreement", LEADS_IT, **of("agreement", "universities"),
          **WHY),
    doing("suspendAgreement", "agreement", LEADS_IT, **IN_FORCE, **WHY),
    doing("resumeAgreement", "agreement", LEADS_IT, **of("agreement", "sefton-front-door"), **WHY),
    doing("withdrawAgreement", "agreement", LEADS_IT, **IN_FORCE, **WHY),
    doing("removeAgreementParty", "agreement_party", LEADS_IT, **WHY,
          **of("agreement-party", "sthelens-idva/sthelens", "sthelens-idva/savera")),
    doing("suspendAgreementParty", "agreement_party", powers.drafter_of_party_or_lead, **WHY,
          **of("agreement-party", "wirral-marac/police", "wirral-marac/rasa")),
    doing("resumeAgreementParty", "agreement_party", powers.drafter_of_party_or_lead, **WHY,
          **of("agreement-party", "police-councils/knowsley")),
    doing("leaveAgreement", "agreement_party", powers.drafter_of_the_party, **WHY,
          **of("agreement-party", "wirral-marac/police", "wirral-marac/rasa")),
    doing("consentToAgreementParty", "agreement_party", powers.signatory_of_a_standing_party,
          **of("agreement-party", "charities/ariel")),
    doing("adviseOnAgreement", "agreement_version", powers.adviser_of_a_party, **SIGNED_NOW,
          named="version", verdict="SUPPORTS", text="Sign it."),
    doing("proposeGateway", "", powers.adviser, key=key, words=POWER),
    doing("confirmGateway", "gateway", powers.adviser, only=waits),
    doing("declineGateway", "gateway", powers.adviser, only=waits, reason="Not yet."),
    doing("signAgreement", "agreement_version", powers.signatory_of_a_party, **SIGNED_NOW,
          named="version"),
)  # fmt: skip


CASES, RECIPIENT = powers.caseworker_of_the_sender, powers.caseworker_of_the_recipient


def someone_else(case: Case) -> str:
    """Another agency than the caller's."""
    other = "savera" if NAMES[case.caller.agency_id] != "savera" else "icb"
    return f"Agency:{agency_id(other)}"


def is_draft(row: dict[str, Any]) -> bool:
    """One of the matrix's own referrals, not sent yet."""
    return bool(row["overall"] == "draft") and row["reference"].startswith("RF-0")


def is_open(row: dict[str, Any]) -> bool:
    """An action that is still to be done."""
    return bool(row["state"] == "open")


def own_other_team(case: Case) -> str:
    """The team that the matrix's drafts are addressed to."""
    return f"Team:{team_of_draft(NAMES[case.row['sender_agency_id']])}"


def acknowledged_while_covered(row: dict[str, Any]) -> bool:
    """Not under an agreement that runs off: nothing new is written there."""
    return bool(row["name"] == "acknowledge") and row["by_agency_id"] != agency_id("ldas")


def is_worked_on(row: dict[str, Any]) -> bool:
    """Only who has begun hands a case over."""
    return bool(row["state"] == "started")


OF_A_CHARITY = Sent("rasa", "savera", deal="charities").id
"""Which is passed on only with its owner's yes."""
SECOND_SUSPECT = said(registration(2))
REFERRALS: Sequence[Doing] = (
    doing("startReferral", "", powers.caseworker, pathway="request_for_support",
          senderTeam=own_team, accused="NONE_KNOWN"),
    doing("changeReferral", "referral", CASES, urgency="URGENT", only=is_draft),
    doing("addressReferral", "referral", CASES, only=is_draft,
          team=f"Team:{team_id('savera', 'Training')}"),
    doing("takeOffRecipient", "referral", CASES, only=is_draft, team=own_other_team),
    doing("deleteReferral", "referral", CASES, only=is_draft),
    doing("sendReferral", "referral", CASES, only=is_draft, token=token_of),
    doing("withdrawReferral", "referral", CASES, only=lambda row: row["overall"] == "waiting",
          fields=[{"name": "withdraw_reason", "values": ["unsafe"]}]),
    doing("nameOwnReference", "referral", powers.caseworker, named="referral", ownReference="A 1"),
    doing("describeReferral", "referral", CASES, reasons=["HOUSING"]),
    doing("setSafeContact", "referral", CASES, allowed=["TEXT"]),
    doing("setWishes", "referral", CASES, awareness="AWARE_AND_WILLING", basis="PUBLIC_TASK"),
    doing("nameSubject", "referral", CASES, role="CHILD"),
    doing("addSuspect", "referral", CASES, employment="NONE_KNOWN", fields=SECOND_SUSPECT,
          only=lambda row: row["pathway"] == "cps_charging"),
    doing("setSupporter", "referral", powers.caseworker_of_the_case, named="referral",
          answer="YES", askedOn=TODAY),
    doing("giveAuthority", "referral", powers.caseworker_of_the_case, named="referral",
          team=f"Team:{fixed('matrix-team', 'ldas')}",
          only=lambda row: row["pathway"] == "cps_charging"),
    doing("revokeAuthority", "support_authority", powers.caseworker_of_its_case),
    doing("assessRisk", "referral", CASES, tool="MERIT", toolVersion="3", score=74,
          assessedOn=TODAY),
    doing("referOutside", "referral", powers.caseworker_of_the_case, named="referral", body="GP",
          route="PHONE", referredOn=TODAY),
    doing("deleteOutsideReferral", "outside_referral", RECIPIENT),
    doing("addCaseAction", "referral", powers.caseworker_who_has_the_case, named="referral",
          code="SAFETY_PLAN", dueOn=SOON, team=lambda case: team(case.row["sender_agency_id"])),
    doing("changeCaseAction", "case_action", powers.caseworker_of_doer_or_adder, dueOn=SOON,
          only=is_open),
    doing("allocateCaseAction", "case_action", RECIPIENT, only=is_open),
    doing("finishCaseAction", "case_action", RECIPIENT, only=is_open),
    doing("dropCaseAction", "case_action", RECIPIENT, only=is_open, reason="NOT_NEEDED"),
    doing("reopenCaseAction", "case_action", RECIPIENT, only=lambda row: row["state"] == "done"),
    doing("setCover", "", powers.caseworker_of_wirral, firstOn=TODAY, lastOn=SOON,
          team=f"Team:{team_id('wirral', 'Family safety unit')}",
          member=f"Membership:{membership_id('wirral.idva')}",
          coveredBy=f"Membership:{membership_id('wirral.idvalead')}"),
    doing("endCover", "cover", RECIPIENT),
    doing("allocateReferral", "recipient", RECIPIENT, named="recipient"),
    doing("moveReferral", "recipient", powers.caseworker_of_a_party, named="recipient",
          move="accept"),
    doing("transferReferral", "recipient", RECIPIENT, named="recipient", only=is_worked_on,
          team=f"Team:{fixed('matrix-team', 'icb')}",
          fields=[{"name": "transfer_reason", "values": ["moved_area"]}]),
    doing("askToPassOn", "referral", powers.caseworker_who_was_given_it, named="referral",
          team=f"Team:{fixed('matrix-team', 'icb')}", only=lambda row: row["id"] == OF_A_CHARITY),
    doing("answerOnwardRequest", "onward_request", powers.caseworker_whose_case_it_is, answer="NO"),
    doing("correctReferral", "referral_event", powers.caseworker_who_recorded, named="event",
          reason="wrong_case", only=acknowledged_while_covered),
)  # fmt: skip
DISCLOSES, REVIEWS = powers.discloser, powers.reviewer_of_a_disclosure
EMERGENCIES: Sequence[Doing] = (
    doing("askForDisclosure", "", powers.caseworker, team=own_team, reason="MISSING",
          agency=someone_else),
    doing("setRequestAside", "disclosure_request", powers.answerer_of_a_request, named="request",
          reason="NO_EMERGENCY"),
    doing("discloseInEmergency", "referral", DISCLOSES, named="referral", reason="MISSING",
          team=f"Team:{fixed('matrix-team', 'icb')}"),
    doing("endEmergencyDisclosure", "emergency_disclosure", powers.ender_of_a_disclosure),
    doing("reviewEmergencyDisclosure", "emergency_disclosure", REVIEWS, finding="JUSTIFIED"),
    doing("liftDisclosureBar", "emergency_disclosure", REVIEWS),
)  # fmt: skip


MARACS: Sequence[Doing] = (
    doing("addMaracMeeting", "", powers.coordinator_of_marac, team=own_team, heldOn=SOON,
          area="E08000015"),
    doing("addMaracSeat", "", powers.coordinator_of_marac, maracTeam=own_team,
          team=f"Team:{team_id('marac', 'MARAC')}"),
    doing("endMaracSeat", "marac_seat", powers.coordinator_where_they_sit, endsOn=SOON,
          only=lambda row: row["id"] == fixed("marac-seat", "matrix")),
    replace(
        doing("linkRepeat", "recipient", powers.coordinator_who_has_it, named="recipient",
              earlier=f"Referral:{fixed('referral', 'spring')}", **of("recipient", "conference")),
        by=frozenset({Role.MARAC_COORDINATOR}),
    ),
    replace(
        doing("takeBackRepeat", "marac_repeat", powers.coordinator_who_has_it,
              reason="WRONG_CASE", **of("marac-repeat", "conference")),
        by=frozenset({Role.MARAC_COORDINATOR}),
    ),
    replace(
        doing("judgeNoRepeat", "marac_belief", powers.coordinator_who_has_it,
              reason="NOTHING_NEW", **of("marac-belief", "summer")),
        by=frozenset({Role.MARAC_COORDINATOR}),
    ),
    doing("answerResearch", "marac_research", RECIPIENT, known="KNOWN"),
)  # fmt: skip
