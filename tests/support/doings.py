"""Every mutation: what it is done with, who may do it, and an input that can succeed. Those of
agreements and cases are beside it.
"""

import json
from collections.abc import Sequence
from typing import Any

from joserfc.jwk import ECKey
from support import powers
from support.doing import (
    NAMES,
    SOON,
    TODAY,
    Doing,
    doing,
    in_force,
    key,
    own_team,
    team,
    waits,
)
from support.doings_in_cases import AGREEMENTS, EMERGENCIES, MARACS, REFERRALS
from support.powers import Case

from auth.roles import Role
from portal.frameworks.reference import entry_id, theme_id
from portal.sample.figures import definition_id
from portal.sample.mail import MAIL_CODE
from portal.sample.partnership import AGENCIES, agency_id, fixed, membership_id, team_id

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


def answerable(case: Case) -> str:
    """A member of the caller's agency whose roles allow a program to read."""
    member = fixed("matrix", f"{NAMES[case.caller.agency_id]}/{Role.INITIATIVE_COORDINATOR}")
    return f"Membership:{member}"


def public_key(_: Case) -> str:
    """A key that nobody has."""
    return json.dumps(ECKey.generate_key("P-256").as_dict(private=False))


SAVERA, PARTS = f"Agency:{agency_id('savera')}", ["FUND"]


def of_the_lead(case: Case) -> str:
    """The team that the matrix gave to the agency that leads the initiative."""
    return team(case.lead)


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
          ownerTeam=own_team),
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
          ownerTeam=of_the_lead),
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
    doing("proposeMaracRule", "", FRAMER, area="E08000012", validFrom=SOON, routes=["REPEAT"],
          fewestIncidents=3, repeatMonths=12, repeatTrigger="CRIME", repeatAnchor="LAST_MEETING"),
    doing("confirmMaracRule", "marac_rule", FRAMER, only=waits),
    doing("declineMaracRule", "marac_rule", FRAMER, only=waits, reason="Not yet."),
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
DOINGS = (*INITIATIVE, *WORK, *FIGURES, *SHARED, *PROGRAMS, *PEOPLE, *MAIL, *AGREEMENTS, *REFERRALS,
          *EMERGENCIES, *MARACS)  # fmt: skip
