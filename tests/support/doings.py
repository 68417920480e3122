"""Every mutation: what it is done with, who may do it, and an input that can succeed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import ECKey
from support import powers
from support.agreeing import terms
from support.casework import team_of_draft, token_of
from support.charging import registration, said
from support.powers import Case, Power

from auth.roles import Role
from portal.frameworks.reference import entry_id, theme_id
from portal.proposals.tables import ProposalState
from portal.sample.figures import definition_id
from portal.sample.mail import MAIL_CODE
from portal.sample.partnership import AGENCIES, DAY, agency_id, fixed, membership_id, team_id

NAMES = {agency_id(key): key for key in AGENCIES}
TODAY, SOON = DAY.isoformat(), "2026-12-01"
LEAD, TAKES_PART = powers.coordinator_of_the_lead, powers.contributor_of_whom_takes_part
OWNER_OR_LEAD, KEEPER = powers.owner_or_lead, powers.keeper_of_frameworks
FRAMER = powers.proposer_of_frameworks
WORKERS = {
    "wirral": "wirral.coordinator",
    "police": "police.contributor",
    "rasa": "rasa.contributor",
}
FIGURE = {"periodFrom": "2026-10-01", "periodTo": "2026-10-31", "value": "7"}
WORDS = {
    "name": "Lamps that work", "unit": "lamps", "direction": "HIGHER_IS_BETTER", "kind": "OUTPUT",
    "frequency": "MONTHLY",
}  # fmt: skip
VERSIONED = {"allocateReferral", "handOverWork", "moveReferral", "succeedAgency"}
"""They name the record whose version they expect otherwise than `id`."""
Given = dict[str, Any]
Value = Any | Callable[[Case], Any]


@dataclass(frozen=True)
class Doing:
    """A mutation as somebody would use it; one may stand in the table more than once."""

    mutation: str
    about: str
    """The table of the record it is done with; "" for none."""
    power: Power
    given: Callable[[Case], Given]
    only: Callable[[dict[str, Any]], bool] | None = None
    """Which records, where not all will do."""


def type_of(table: str) -> str:
    """The API's name of a table's records."""
    return "".join(part.capitalize() for part in table.split("_"))


def team(agency: UUID) -> str:
    """The team that the matrix gave to an agency."""
    return f"Team:{fixed('matrix-team', NAMES[agency])}"


def colleague(case: Case) -> str:
    """Somebody else of the agency of the membership in question."""
    key = f"{NAMES[case.row['agency_id']]}/"
    both = (fixed("matrix", key + Role.VIEWER), fixed("matrix", key + Role.AUDITOR))
    return f"Membership:{next(one for one in both if one != case.row['id'])}"


def viewer(case: Case) -> str:
    """The matrix's viewer of the agency whose record it is."""
    key = f"{NAMES[case.row['agency_id']]}/{Role.VIEWER}"
    return f"Membership:{fixed('matrix', key)}"


def worker(case: Case) -> str | None:
    """A member of the team that owns the action."""
    return f"Membership:{membership_id(WORKERS[NAMES[case.row['owner_agency_id']]])}"


def doing(
    mutation: str,
    about: str,
    power: Power,
    *,
    named: str = "id",
    only: Callable[[dict[str, Any]], bool] | None = None,
    **more: Value,
) -> Doing:
    """A row of the table; `named` is the input's field for the record; `id` brings a version."""

    def given(case: Case) -> Given:
        asked = {k: v(case) if callable(v) else v for k, v in more.items()}
        if about:
            asked[named] = f"{type_of(about)}:{case.row['id']}"
            if (named == "id" or mutation in VERSIONED) and "version" in case.row:
                asked["expectedVersion"] = case.row["version"]
        return asked

    return Doing(mutation, about, power, given, only)


def key(_: Case) -> str:
    """A name that nothing has."""
    return f"m{uuid4().hex[:20]}"


def answerable(case: Case) -> str:
    """A member of the caller's agency whose roles allow a program to read."""
    member = fixed("matrix", f"{NAMES[case.caller.agency_id]}/{Role.INITIATIVE_COORDINATOR}")
    return f"Membership:{member}"


def waits(row: dict[str, Any]) -> bool:
    """Reference data that a second person has still to confirm."""
    return row["state"] == ProposalState.PROPOSED


def in_force(row: dict[str, Any]) -> bool:
    """Reference data that is confirmed."""
    return row["state"] == ProposalState.CONFIRMED


def public_key(_: Case) -> str:
    """A key that nobody has."""
    return json.dumps(ECKey.generate_key("P-256").as_dict(private=False))


SAVERA, PARTS = f"Agency:{agency_id('savera')}", ["FUND"]
OF_THE_LEAD, OWN_TEAM = (lambda c: team(c.lead)), (lambda c: team(c.caller.agency_id))
INITIATIVE: Sequence[Doing] = (
    doing("logInitiative", "", powers.coordinator, title="New", startsOn=TODAY, endsOn=SOON),
    doing("changeInitiative", "initiative", LEAD, title="Another title", areas=["E08000011"]),
    doing("shareInitiative", "initiative", LEAD, visibility="PARTNERSHIP"),
    doing("deleteInitiative", "initiative", LEAD),
    doing("moveInitiative", "initiative", LEAD, to="PAUSED"),
    doing("rateInitiative", "initiative", LEAD, rating="RED", reason="Late."),
    doing("handOverLead", "initiative", LEAD, agency=SAVERA),
    doing("setThemes", "initiative", LEAD, themes=[f"Theme:{theme_id('online')}"]),
    doing(
        "setFrameworkEntries", "initiative", LEAD,
        entries=[f"FrameworkEntry:{entry_id('four_ps', 'PURSUE')}"],
    ),
    doing("invitePartner", "initiative", LEAD, named="initiative", parts=PARTS,
          agency=f"Agency:{agency_id('icb')}"),
    doing("offerContribution", "initiative", powers.contributor, named="initiative", parts=PARTS),
    doing("acceptInvitation", "partner", powers.coordinator_of_the_partner),
    doing("declineInvitation", "partner", powers.coordinator_of_the_partner),
    doing("leaveInitiative", "partner", powers.leaver, reason="No money."),
    doing("acceptOffer", "partner", LEAD),
    doing("declineOffer", "partner", LEAD, reason="Not now."),
    doing("changePartnerParts", "partner", LEAD, parts=PARTS),
    doing("removePartner", "partner", LEAD, reason="It is over."),
)  # fmt: skip
WORK: Sequence[Doing] = (
    doing("addAction", "initiative", TAKES_PART, named="initiative", title="Do", dueOn=SOON,
          ownerTeam=OWN_TEAM),
    doing("addAction", "initiative", LEAD, named="initiative", title="Do", dueOn=SOON,
          ownerTeam=f"Team:{fixed('matrix-team', 'icb')}"),
    doing("changeAction", "action", OWNER_OR_LEAD, title="Do it"),
    doing("allocateAction", "action", powers.contributor_of_the_owner, allocatedTo=worker),
    doing("reassignAction", "action", OWNER_OR_LEAD,
          ownerTeam=lambda c: team(c.row["owner_agency_id"])),
    doing("reassignAction", "action", LEAD, ownerTeam=f"Team:{fixed('matrix-team', 'savera')}"),
    doing("startAction", "action", OWNER_OR_LEAD),
    doing("finishAction", "action", OWNER_OR_LEAD, note="Done."),
    doing("dropAction", "action", OWNER_OR_LEAD, reason="Not needed."),
    doing("reopenAction", "action", OWNER_OR_LEAD, reason="Needed after all."),
    doing("handOverWork", "membership", powers.contributor_of_its_agency, named="fromMember",
          toMember=colleague),
    doing("addMilestone", "initiative", LEAD, named="initiative", title="Lit", dueOn=SOON),
    doing("changeMilestone", "milestone", LEAD, title="All lit"),
    doing("reachMilestone", "milestone", LEAD),
    doing("unreachMilestone", "milestone", LEAD),
    doing("addRisk", "initiative", LEAD, named="initiative", title="Storm", likelihood=2, impact=3,
          ownerTeam=OF_THE_LEAD),
    doing("changeRisk", "risk", LEAD, impact=5),
    doing("closeRisk", "risk", LEAD, reason="Over."),
    doing("reopenRisk", "risk", LEAD),
    doing("addEvidence", "initiative", LEAD, named="initiative", title="Survey",
          url="https://example.org/new"),
    doing("changeEvidence", "evidence_item", LEAD, title="Survey, again"),
    doing("withdrawEvidence", "evidence_item", LEAD, reason="Wrong."),
    doing("addComment", "initiative", powers.contributor, named="initiative", text="Well done.",
          audience="AGENCY"),
    doing("withdrawComment", "comment", powers.contributor_of_its_agency),
    doing("recordConsultation", "initiative", TAKES_PART, named="initiative", heldOn=TODAY,
          group="Students", heard="More lamps."),
    doing("changeConsultation", "survivor_consultation", powers.recorder_or_lead,
          changed="More lamps."),
)  # fmt: skip
FIGURES: Sequence[Doing] = (
    doing("addFundingLine", "initiative", LEAD, named="initiative", source="A fund", amount="10",
          financialYear=2026, grantReference=key),
    doing("changeFundingLine", "funding_line", LEAD, amount="11", grantReference=key),
    doing("recordSpend", "funding_line", LEAD, spent="5"),
    doing("deleteFundingLine", "funding_line", LEAD),
    doing("defineMeasure", "", powers.definer, key=key, words=WORDS),
    doing("reviseMeasureDefinition", "measure_definition", powers.reviser,
          words=WORDS, only=in_force),
    doing("retireMeasureDefinition", "measure_definition", powers.keeper_of_the_definition,
          only=in_force),
    doing("confirmMeasureDefinition", "measure_definition", powers.second_to_define, only=waits),
    doing("declineMeasureDefinition", "measure_definition", powers.second_to_define, only=waits,
          reason="Too vague."),
    doing("addMeasure", "initiative", LEAD, named="initiative",
          definition=f"MeasureDefinition:{definition_id('conduct-cases')}"),
    doing("changeMeasure", "measure", LEAD, target={"value": "9", "on": "2027-03-31"}),
    doing("retireMeasure", "measure", LEAD),
    doing("recordObservation", "measure", TAKES_PART, named="measure", figure=FIGURE),
    doing("correctObservation", "observation", powers.corrector, figure=FIGURE),
)  # fmt: skip
SHARED: Sequence[Doing] = (
    doing("addTheme", "", KEEPER, name=key),
    doing("retireTheme", "theme", KEEPER),
    doing("updatePlanAction", "plan_action", KEEPER, rating="GREEN", text="It goes on."),
    doing("handOverPlanAction", "plan_action", KEEPER, agency=SAVERA),
    doing("proposeFrameworkVersion", "framework", FRAMER, named="framework", label=key,
          validFrom=SOON, entries=[{"code": "1", "title": "Safer ways"}]),
    doing("confirmFrameworkVersion", "framework_version", FRAMER, only=waits),
    doing("declineFrameworkVersion", "framework_version", FRAMER, only=waits, reason="Not yet."),
    doing("proposeRiskScale", "", FRAMER, tool="DASH", highest=24, validFrom=SOON,
          grades=[{"grade": "standard", "atLeast": 0}]),
    doing("confirmRiskScale", "risk_scale", FRAMER, only=waits),
    doing("declineRiskScale", "risk_scale", FRAMER, only=waits, reason="Not yet."),
    doing("proposePathwayTeam", "", FRAMER, pathway="isva", area="E08000012", validFrom=SOON,
          team=f"Team:{team_id('rasa', 'ISVA service')}"),
    doing("confirmPathwayTeam", "pathway_team", FRAMER, only=waits),
    doing("declinePathwayTeam", "pathway_team", FRAMER, only=waits, reason="Not yet."),
    doing("proposeBankHoliday", "", FRAMER, day="2027-07-01", name="A day off", validFrom=SOON),
    doing("confirmBankHoliday", "bank_holiday", FRAMER, only=waits),
    doing("declineBankHoliday", "bank_holiday", FRAMER, only=waits, reason="Not yet."),
    doing("proposeSchoolYear", "", FRAMER, area="E08000012", schoolYear=2028, validFrom=SOON,
          terms=[{"name": "Autumn", "firstOn": "2028-09-01", "lastOn": "2028-12-20"}]),
    doing("confirmSchoolYear", "school_year", FRAMER, only=waits),
    doing("declineSchoolYear", "school_year", FRAMER, only=waits, reason="Not yet."),
    doing("assessOurselves", "framework_entry", powers.coordinator, named="entry",
          level="STARTED", text="Training has begun.", assessedOn=TODAY,
          only=lambda row: row["code"].isalpha()),
    doing("succeedAgency", "agency", powers.manager_of_the_partnership, named="agency",
          by=f"Agency:{agency_id('icb')}", fromDay=TODAY),
)  # fmt: skip
PROGRAM, ITS_KEYS = powers.administrator_of_its_agency, powers.administrator
PROGRAMS: Sequence[Doing] = (
    doing("addClient", "", powers.administrator, name="A program", scopes=["initiatives:read"],
          owner=answerable, key=public_key),
    doing("changeClient", "client", PROGRAM, name="Another name"),
    doing("renewClient", "client", PROGRAM),
    doing("endClient", "client", PROGRAM),
    doing("acceptClient", "client", powers.owner_of_the_program),
    doing("refuseClient", "client", powers.owner_of_the_program, reason="Not mine.",
          altogether=True),
    doing("addClientKey", "client", PROGRAM, named="client", key=public_key),
    doing("retireClientKey", "client_key", ITS_KEYS, named="clientKey", evenTheLast=True),
)  # fmt: skip
PEOPLE_OF, ADMINISTERED = powers.administrator_of_a_colleague, powers.administrator_of_its_agency
VIEWERS = {fixed("matrix", f"{agency}/{Role.VIEWER}") for agency in AGENCIES}
LEFT_WITH_ONE = {fixed("matrix", f"{a}/{Role.AGENCY_ADMINISTRATOR}") for a in ("lcrca", "vrp")}
COLLEAGUE: dict[str, Any] = {"named": "membership", "only": lambda row: row["id"] in VIEWERS}
PEOPLE: Sequence[Doing] = (
    doing("endSession", "browser_session", powers.oneself),
    doing("endConsent", "consent", powers.oneself),
    doing("endOtherSessions", "", powers.anybody),
    doing("markNoticeRead", "notice", powers.oneself),
    doing("invite", "", powers.administrator, forWhom="Eve", role="VIEWER"),
    doing("inviteAgain", "membership", PEOPLE_OF, **COLLEAGUE, forWhom="A viewer"),
    doing("confirmInvitation", "invitation", powers.second_administrator),
    doing("withdrawInvitation", "invitation", ADMINISTERED),
    doing("grantRole", "membership", PEOPLE_OF, **COLLEAGUE, role="CONTRIBUTOR"),
    doing("askForRole", "membership", powers.manager_of_the_partnership, named="membership",
          role="PARTNERSHIP_ADMINISTRATOR", only=lambda row: row["id"] in LEFT_WITH_ONE),
    doing("confirmRoleRequest", "role_request", powers.second_administrator,
          only=lambda row: row["role"] == Role.CASEWORKER),
    doing("declineRoleRequest", "role_request", powers.second_administrator, reason="Not now.",
          only=lambda row: row["role"] == Role.CASEWORKER),
    doing("takeBackRoleRequest", "role_request", powers.who_asked,
          only=lambda row: row["role"] == Role.AGENCY_ADMINISTRATOR),
    doing("withdrawRole", "membership", PEOPLE_OF, **COLLEAGUE, role="VIEWER"),
    doing("setGrantableRoles", "agency", powers.manager_of_the_partnership, named="agency",
          roles=["VIEWER"]),
    doing("recordStanding", "membership", PEOPLE_OF, **COLLEAGUE, trainingUntil="2027-01-01"),
    doing("addTeam", "", powers.administrator, name=key),
    doing("changeTeam", "team", ADMINISTERED, name=key),
    doing("endTeam", "team", ADMINISTERED, only=lambda row: row["name"] != "Matrix",
          workTo=lambda c: team(c.row["agency_id"])),
    doing("putInTeam", "team", ADMINISTERED, named="team", membership=viewer,
          only=lambda row: row["name"] != "Matrix"),
    doing("takeOutOfTeam", "team", ADMINISTERED, named="team", membership=viewer,
          only=lambda row: row["name"] == "Matrix"),
    doing("setTeamLead", "team", ADMINISTERED, named="team", membership=viewer, leads=True,
          only=lambda row: row["name"] == "Matrix"),
    doing("signOutMember", "membership", PEOPLE_OF, **COLLEAGUE),
    doing("endMemberSession", "browser_session", powers.administrator_of_who_acts,
          named="session"),
    doing("endMembership", "membership", PEOPLE_OF, **COLLEAGUE),
)  # fmt: skip
MAIL: Sequence[Doing] = (
    doing("setMail", "", powers.anybody, mode="DAILY", address="new@example.org"),
    doing("confirmMail", "", powers.anybody, code=MAIL_CODE),
)
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


SECOND_SUSPECT = said(registration(2))
REFERRALS: Sequence[Doing] = (
    doing("startReferral", "", powers.caseworker, pathway="request_for_support",
          senderTeam=OWN_TEAM, accused="NONE_KNOWN"),
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
          team=f"Team:{fixed('matrix-team', 'ldas')}"),
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
    doing("correctReferral", "referral_event", powers.caseworker_who_recorded, named="event",
          reason="wrong_case", only=acknowledged_while_covered),
)  # fmt: skip
DISCLOSES, REVIEWS = powers.discloser, powers.reviewer_of_a_disclosure
EMERGENCIES: Sequence[Doing] = (
    doing("askForDisclosure", "", powers.caseworker, team=OWN_TEAM, reason="MISSING",
          agency=someone_else),
    doing("setRequestAside", "disclosure_request", powers.answerer_of_a_request, named="request",
          reason="NO_EMERGENCY"),
    doing("discloseInEmergency", "referral", DISCLOSES, named="referral", reason="MISSING",
          team=f"Team:{fixed('matrix-team', 'icb')}"),
    doing("endEmergencyDisclosure", "emergency_disclosure", powers.ender_of_a_disclosure),
    doing("reviewEmergencyDisclosure", "emergency_disclosure", REVIEWS, finding="JUSTIFIED"),
    doing("liftDisclosureBar", "emergency_disclosure", REVIEWS),
)  # fmt: skip
DOINGS = (*INITIATIVE, *WORK, *FIGURES, *SHARED, *PROGRAMS, *PEOPLE, *MAIL, *AGREEMENTS, *REFERRALS,
          *EMERGENCIES)  # fmt: skip
