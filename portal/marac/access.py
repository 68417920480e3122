"""Who prepares a MARAC's meetings, who sees their lists, and who answers for an agency."""

from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.marac import tables
from portal.marac.rules import tables as rule_tables
from portal.proposals.access import KEEPERS, changed_by_two
from portal.referrals import research_tables
from portal.referrals.access import OWN, SUMMARY, WORKS, of_case, sent_by_caller
from portal.store.rules import RowRule, everyone, ours, table_of, tracked

COORDINATES = "(SELECT caller_can('marac:coordinate'))"
_THEIRS = f"agency_id = {OWN} AND {COORDINATES}"
_SITS = (
    f"agency_id = {OWN} OR EXISTS (SELECT FROM marac_seat s"
    f" WHERE s.marac_team_id = marac_meeting.team_id AND s.agency_id = {OWN})"
)
_HOST = "(SELECT t.agency_id FROM team t WHERE t.id = marac_seat.marac_team_id)"
_HAS_IT = (
    "(SELECT r.agency_id FROM recipient r WHERE r.id = marac_research.recipient_id"
    " AND r.referral_id = marac_research.referral_id AND r.given_at IS NOT NULL)"
)
_HAS_PLACE = _HAS_IT.replace("marac_research", "marac_repeat")
_PASSED_ON_BY = "(SELECT r.from_agency_id FROM recipient r WHERE r.id = marac_belief.recipient_id)"
_LINKS = f"agency_id = {OWN} AND {COORDINATES} AND {SUMMARY}"
_HOSTS = f"{COORDINATES} AND {OWN} = {_HOST}"
_ASKS = f"from_agency_id = {OWN} AND {SUMMARY} AND {COORDINATES} AND {OWN} = {_HAS_IT}"

RULES: tuple[RowRule, ...] = (
    RowRule(
        table_of(tables.MaracMeeting),
        "The MARAC's own agency, and those that sit at it.",
        _SITS,
        why=(ours(_SITS),),
        add=_THEIRS,
        change=_THEIRS,
        triggers=tracked(tables.MaracMeeting),
    ),
    of_case(
        tables.MaracListing,
        "Whoever sees the referral.",
        SUMMARY,
        add=f"{_THEIRS} AND {SUMMARY}",
        change=f"{_THEIRS} AND {SUMMARY}",
        remove=f"{_THEIRS} AND {SUMMARY}",
    ),
    of_case(
        tables.MaracRepeat,
        "The MARAC's own coordinators, while they see the later case.",
        _LINKS,
        add=f"{_LINKS} AND {OWN} = {_HAS_PLACE}",
        change=_LINKS,
    ),
    of_case(
        tables.MaracBelief,
        "The MARAC's own coordinators, while they see the case. Who sends it there writes it.",
        _LINKS,
        add=f"{SUMMARY} AND ({WORKS} AND {sent_by_caller('marac_belief')}"
        f" OR {COORDINATES} AND {OWN} IN (agency_id, {_PASSED_ON_BY}))",
        change=_LINKS,
    ),
    changed_by_two(
        rule_tables.MaracRule, "Every signed-in caller; two people change one.", who=KEEPERS
    ),
    everyone(
        research_tables.MaracSeat,
        "Every signed-in caller.",
        add=_HOSTS,
        change=_HOSTS,
        triggers=tracked(research_tables.MaracSeat),
    ),
    of_case(
        research_tables.MaracResearch,
        "The MARAC that asks, and the agency that is asked, about its own answer.",
        f"(from_agency_id = {OWN} OR agency_id = {OWN}) AND {SUMMARY}",
        add=_ASKS,
        change=f"(from_agency_id = {OWN} AND {COORDINATES} OR agency_id = {OWN} AND {WORKS})"
        f" AND {SUMMARY}",
    ),
)
TRIGGERS = (
    "CREATE TRIGGER y_keys AFTER INSERT OR UPDATE OF given_at, lost_at ON marac_research"
    " FOR EACH ROW EXECUTE FUNCTION disclosure_changed()",
)
DEFINERS: dict[str, str] = {}


def may_coordinate(caller: Caller, agency: UUID) -> None:
    """Plan meetings, say who sits there: for the MARAC of one's own agency."""
    if caller.agency_id != agency or not caller.can(Scope.MARAC_COORDINATE):
        raise NotAllowed(
            "Only a coordinator of this MARAC can do this.",
            rule="marac.coordinator_prepares",
            granted_by="the administrators of the MARAC's agency, two of them",
        )


def may_answer(caller: Caller, agency: UUID) -> None:
    """Say whether one's own agency knows the people of a case."""
    if caller.agency_id != agency or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at the agency that was asked can answer for it.",
            rule="marac.own_agency_answers",
            granted_by="the agency that was asked",
        )


def sees_repeat(caller: Caller, marac: UUID) -> bool:
    """Whether the caller sees what a MARAC linked, or has still to judge, of cases that they see:
    the rule in Python.
    """
    return caller.agency_id == marac and caller.can(Scope.MARAC_COORDINATE)


def sits(caller: Caller, meeting_agency: UUID, seats: frozenset[UUID]) -> bool:
    """Whether the caller sees a meeting: the row rule in Python."""
    return caller.agency_id == meeting_agency or caller.agency_id in seats
