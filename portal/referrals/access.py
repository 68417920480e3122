"""Who sees which part of a case, and who may do what with it.

Two views, two rules. The summary (what, from whom, to whom, how it stands) is for whoever holds one
of the row's summary keys; what only a full view shows lies in tables of its own, each of one data
category, for whoever holds a full key whose agreement covers that category.
"""

from collections.abc import Iterable
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.agreements.categories import DataCategory
from portal.errors import NotAllowed
from portal.proposals.access import KEEPERS, changed_by_two, comes_with
from portal.referrals import details, tables
from portal.referrals.allocation_tables import Allocation
from portal.referrals.engine.pathway import Part
from portal.referrals.follow import tables as follow_tables
from portal.referrals.scales import tables as scales
from portal.referrals.tables import Recipient, Referral, ReferralEvent
from portal.store.rules import (
    GIVEN,
    HELD,
    RowRule,
    Way,
    by_power,
    counted,
    mine,
    recorded,
    table_of,
)

SUMMARY = f"{HELD} AND {GIVEN}"
WORKS = "(SELECT caller_can('referrals:work'))"
OWN = "(SELECT caller_agency())"
BY_CALLER = f"by_id = (SELECT caller_principal()) AND by_agency_id = {OWN}"


def full(category: str) -> str:
    """The condition on a row of this data category."""
    return f"coalesce((acl && (SELECT caller_keys('{category}')))::int, 0) > 0 AND {GIVEN}"


def of_its_category(table: str) -> str:
    """The condition on a row that names its own category: one list of keys for each, asked once."""
    held = " ".join(
        f"WHEN '{c.value}' THEN {table}.acl && (SELECT caller_keys('{c.value}'))"
        for c in DataCategory
    )
    return f"coalesce(CASE category {held} END, false) AND {GIVEN}"


def sent_by_caller(table: str) -> str:
    """The condition on a row of `table`: its case is one that the caller's agency sends."""
    return f"{OWN} = (SELECT r.sender_agency_id FROM referral r WHERE r.id = {table}.referral_id)"  # noqa: S608 - our own names


def _keys(name: str, view: str) -> str:
    return (
        f"CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON {name}"
        f" FOR EACH ROW EXECUTE FUNCTION referral_child_keys('{view}')"
    )


def of_case(  # noqa: PLR0913 - a rule has this many sides
    model: type[tables.OfReferral],
    says: str,
    see: str,
    *,
    view: str = "summary",
    add: str | None = None,
    change: str | None = None,
    remove: str | None = None,
    check: str | None = None,
    more: tuple[str, ...] = (),
    why: tuple[Way, ...] = (),
) -> RowRule:
    """A row that hangs on a referral; a trigger copies the keys of the view it belongs to."""
    table = table_of(model)
    return RowRule(
        table,
        says,
        see,
        add=add,
        change=change,
        check=check,
        remove=remove,
        triggers=(_keys(table.name, view), counted(model), *more),
        why=why,
    )


def of_full_view(
    model: type[tables.OfReferral],
    category: str,
    *,
    change: bool = False,
    remove: bool = False,
) -> RowRule:
    """A row of one data category: its sender writes it, and who has a full view reads it."""
    table = table_of(model).name
    see = full(category)
    writes = f"{see} AND {WORKS} AND {sent_by_caller(table)}"
    says = f"Parties with a full view whose agreement covers the category {category.upper()}."
    return of_case(
        model,
        says,
        see,
        view="full",
        add=writes,
        change=writes if change else None,
        remove=writes if remove else None,
    )


CATEGORIES: dict[type[tables.OfReferral], str] = {
    details.Subject: "identity_link",
    details.SafeContact: "safe_contact",
    details.Need: "needs",
    details.Wishes: "wishes",
    details.RiskAssessment: "risk",
    details.Flag: "flags",
    details.ProtectiveOrder: "orders",
    details.ReferralReason: "reasons",
}
"""The data category of each table of the full view."""

_PARTY = f"(agency_id = {OWN} OR {sent_by_caller('recipient')})"
# A team that passes a case on makes the other's place, and takes it back where its own goes on.
_PASSES = "from_id IS NOT NULL AND passes_from_caller(from_id)"
_SENDS = f"sender_agency_id = {OWN} AND {WORKS}"
_DOES = f"{OWN} = (SELECT a.agency_id FROM case_action a WHERE a.id = action_id)"  # noqa: S608 - our own names
_GIVEN = (
    "CREATE TRIGGER zz_given AFTER INSERT OR UPDATE OF allocated_to_id ON case_action"
    " FOR EACH ROW EXECUTE FUNCTION case_action_given()"
)

RULES: tuple[RowRule, ...] = (
    RowRule(
        table_of(Referral),
        "A draft: its sender. Then each recipient while it is given to it, under an agreement in"
        " force, in a role that it permits; a narrow team's cases its members only.",
        SUMMARY,
        add=_SENDS,
        change=f"{SUMMARY} AND {_SENDS}",
        check=_SENDS,
        remove=f"{SUMMARY} AND {_SENDS} AND overall = 'draft'",
        triggers=(
            "CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON referral"
            " FOR EACH ROW EXECUTE FUNCTION set_referral_keys()",
            counted(Referral),
            recorded(Referral, case=True),
        ),
    ),
    of_case(
        Recipient,
        "Whoever sees the referral.",
        SUMMARY,
        add=f"{SUMMARY} AND {WORKS} AND ({sent_by_caller('recipient')} OR {_PASSES})",
        change=f"{SUMMARY} AND {WORKS} AND ({_PARTY} OR {_PASSES} OR passes_to_caller(id))",
        remove=f"{SUMMARY} AND {WORKS} AND {sent_by_caller('recipient')} AND given_at IS NULL",
        more=(
            recorded(Recipient, case=True),
            "CREATE TRIGGER zz_allocation AFTER UPDATE OF allocated_to_id ON recipient"
            " FOR EACH ROW WHEN (OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id)"
            " EXECUTE FUNCTION keep_allocation()",
        ),
    ),
    of_case(Allocation, "The team's agency, while it sees it.", f"agency_id = {OWN} AND {SUMMARY}"),
    of_case(
        tables.ReferralEvent,
        "Whoever sees the referral.",
        SUMMARY,
        add=f"{SUMMARY} AND {WORKS} AND {BY_CALLER}",
    ),
    of_case(
        tables.EventCodes,
        "Parties with a full view whose agreement covers the category of these fields.",
        of_its_category("event_codes"),
        view="full",
        add=f"{of_its_category('event_codes')} AND {WORKS}",
    ),
    of_case(
        tables.RunningClock,
        "Whoever sees the referral.",
        SUMMARY,
        add=f"{SUMMARY} AND {WORKS}",
        change=f"{SUMMARY} AND {WORKS}",
        remove=f"{SUMMARY} AND {WORKS}",
    ),
    of_case(
        tables.LocalReference,
        "The agency whose reference it is, while it sees the referral.",
        f"agency_id = {OWN} AND {SUMMARY}",
        add=f"agency_id = {OWN} AND {SUMMARY} AND {WORKS}",
        change=f"agency_id = {OWN} AND {SUMMARY} AND {WORKS}",
    ),
    *(
        of_full_view(model, category, change=False, remove=True)
        for model, category in CATEGORIES.items()
    ),
    of_case(
        details.CaseAction,
        "Whoever sees the referral: that something is to be done, by which team, until when.",
        SUMMARY,
        add=f"{SUMMARY} AND {WORKS} AND added_by_agency_id = {OWN}",
        change=f"{SUMMARY} AND {WORKS} AND {OWN} IN (agency_id, added_by_agency_id)",
        more=(_GIVEN,),
    ),
    of_case(
        details.CaseActionCodes,
        "Parties with a full view whose agreement covers the category ACTIONS.",
        full("actions"),
        view="full",
        add=f"{full('actions')} AND {WORKS}",
        change=f"{full('actions')} AND {WORKS} AND {_DOES}",
    ),
    of_case(
        follow_tables.FollowOn,
        "Whoever sees the referral that it was to follow from.",
        SUMMARY,
        add=f"{SUMMARY} AND {WORKS} AND {sent_by_caller('follow_on')}",
    ),
    changed_by_two(
        follow_tables.PathwayTeam, "Every signed-in caller; two people change it.", who=KEEPERS
    ),
    changed_by_two(scales.RiskScale, "Every signed-in caller; two people change one.", who=KEEPERS),
    comes_with(
        scales.RiskThreshold, scales.RiskScale, "Every signed-in caller; it comes with its scale."
    ),
    RowRule(
        table_of(tables.Consultation),
        "The agency whose record was opened; whoever opened it; auditors.",
        f"owner_agency_id = {OWN} AND (SELECT caller_can('referrals:summary'))"
        " OR principal_id = (SELECT caller_principal()) OR (SELECT caller_can('audit:read'))",
        why=(
            by_power("referrals:summary", f"owner_agency_id = {OWN}"),
            mine("principal_id = (SELECT caller_principal())"),
            by_power("audit:read"),
        ),
    ),
)


def triggers(rules: Iterable[RowRule]) -> tuple[str, ...]:
    """What spreads a case's keys to everything that hangs on one, in any room."""
    tied = {"referral_id", "acl"}
    children = (rule.name for rule in rules if tied <= set(rule.table.columns.keys()))
    spread = ", ".join(f"'{name}'" for name in children)
    return (*_TRIGGERS, _SPREAD.format(children=spread))


_SPREAD = (
    "CREATE TRIGGER y_spread AFTER UPDATE ON referral FOR EACH ROW"
    " WHEN (OLD.acl IS DISTINCT FROM NEW.acl OR OLD.full_acl IS DISTINCT FROM NEW.full_acl"
    " OR OLD.routes IS DISTINCT FROM NEW.routes)"
    " EXECUTE FUNCTION spread_referral_keys({children})"
)
_TRIGGERS = (
    "CREATE TRIGGER y_whole AFTER INSERT OR UPDATE OR DELETE ON recipient"
    " FOR EACH ROW EXECUTE FUNCTION recipient_changed()",
    "CREATE TRIGGER y_narrow AFTER INSERT OR UPDATE OF narrow ON team"
    " FOR EACH ROW EXECUTE FUNCTION narrow_team_cases()",
)

DEFINERS: dict[str, str] = {
    "keep_allocation()": "",
    "case_capability(text,uuid,uuid,uuid,text,uuid)": "",
    "case_route(uuid,uuid,uuid,text)": "",
    "ways_closed(uuid,timestamptz,uuid,uuid,uuid)": "",
    "case_keys(uuid,uuid[],text[],timestamptz,text[])": "",
    "referral_keys(uuid,uuid,uuid,text)": "",
    "set_referral_keys()": "",
    "referral_child_keys()": "",
    "recipient_changed()": "",
    "disclosure_changed()": "",
    "narrow_team_cases()": "",
    "spread_referral_keys()": "",
    "hold_referral(uuid)": "portal_runtime",
    "steering_codes(uuid,text[])": "portal_runtime",
    "urgent_keys(int[])": "",
    "caller_urgent()": "portal_runtime",
    "consult(uuid,text)": "portal_runtime",
    "consult_listed(uuid)": "portal_runtime",
    "case_totals(text,int)": "portal_runtime",
    "charging_totals(int)": "portal_runtime",
    "sees_cases(uuid,date)": "",
    "caller_counts_all()": "",
    "referral_audience(uuid)": "portal_runtime",
    "agreement_change(uuid)": "",
    "keys_lost(uuid,uuid,text,text[])": "",
    "ways_lost(uuid,uuid)": "",
    "agency_case_keys(uuid,text,uuid)": "",
    "agency_roles(uuid)": "",
    "keys_some_lose(uuid,uuid)": "",
    "own_keys_some_lose(uuid)": "portal_runtime",
    "keys_after(uuid)": "portal_runtime",
    "ways_shut_by(uuid)": "portal_runtime",
    "own_keys_after(text,uuid)": "portal_runtime",
    "agreement_stops(uuid)": "portal_runtime",
    "succeed_cases(uuid,uuid)": "",
    "passes_from_caller(uuid)": "portal_runtime",
    "passes_to_caller(uuid)": "portal_runtime",
}
CALLABLE: tuple[str, ...] = (
    "audience_mark(uuid)",
    "high_risk(uuid)",
    "given_to_caller(int[],int[])",
)


def may_refer(caller: Caller) -> None:
    """Begin a referral for one's own agency."""
    if not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases can make a referral.",
            rule="referral.caseworkers_refer",
            granted_by="your agency's administrators, two of them",
        )


def may_keep_cases(*, demonstration: bool) -> None:
    """Make referrals at all: until personal details can be sealed, of invented people only."""
    if not demonstration:
        raise NotAllowed(
            "This portal keeps no cases yet: they wait until personal details can be sealed.",
            rule="referral.demonstration_only",
            granted_by="nobody, until then",
        )


def sends(caller: Caller, referral: Referral) -> bool:
    """Whether the caller works on cases for the agency that makes this referral."""
    return referral.sender_agency_id == caller.agency_id and caller.can(Scope.REFERRALS_WORK)


def receives(caller: Caller, recipient: Recipient) -> bool:
    """Whether the caller works on cases for this recipient."""
    return recipient.agency_id == caller.agency_id and caller.can(Scope.REFERRALS_WORK)


def may_send(caller: Caller, referral: Referral) -> None:
    """Change a draft, say to whom it goes, send it, withdraw it."""
    if not sends(caller, referral):
        raise NotAllowed(
            "Only those who work on cases at the agency that makes this referral can do this.",
            rule="referral.sender_decides",
            granted_by="the agency that made the referral",
        )


def may_answer(caller: Caller, recipient: Recipient) -> None:
    """Answer a referral and work on it for the team it was sent to."""
    if not receives(caller, recipient):
        raise NotAllowed(
            "Only those who work on cases at the agency it was sent to can do this.",
            rule="referral.recipient_answers",
            granted_by="the agency that the referral was sent to",
        )


def may_correct(caller: Caller, event: ReferralEvent) -> None:
    """Say that one's own agency recorded something in error; of a coordinator's move, as one."""
    if event.by_agency_id != caller.agency_id or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only the agency that recorded it can say that it was recorded in error.",
            rule="referral.recorder_corrects",
            granted_by="the agency that recorded it",
        )
    if event.part == Part.COORDINATOR and not caller.can(Scope.MARAC_COORDINATE):
        raise NotAllowed(
            "A coordinator recorded it, and only one can say that it was recorded in error.",
            rule="referral.recorder_corrects",
            granted_by="the administrators of the MARAC's agency, two of them",
        )


def may_allocate(caller: Caller, agency: UUID) -> None:
    """Say who in a team keeps a case: for that team's own agency."""
    allowed = caller.can(Scope.REFERRALS_ALLOCATE) or caller.can(Scope.REFERRALS_WORK)
    if caller.agency_id != agency or not allowed:
        raise NotAllowed(
            "Only the agency of the team it was sent to can say who in it works on the case.",
            rule="referral.own_team_allocates",
            granted_by="the agency that the referral was sent to",
        )
