"""Who sees hearings and action plans: the parties of the case whose agreement covers that data
category. Nobody opens a full view for them, since a queue is worked by them. What a victim said of
her support is part of the full view: who is shown it leaves a consultation row.

Whom a victim lets see her matter is no party: rows of its own say what she has been told.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.charging import support_tables, tables
from portal.referrals.access import SUMMARY, WORKS, full, of_case
from portal.referrals.parties import Party, has
from portal.referrals.tables import OfReferral
from portal.store.rules import HELD, RowRule, counted, table_of

CATEGORIES: dict[type[OfReferral], str] = {
    tables.Hearing: "criminal_justice",
    tables.PlanItem: "actions",
}
OPENED: dict[type[OfReferral], str] = {
    tables.VictimSupport: "wishes",
    support_tables.SupportAuthority: "wishes",
}
_WRITES = f"{SUMMARY} AND {WORKS}"


def _worked_by(model: type[OfReferral], category: str) -> RowRule:
    return of_case(
        model,
        f"Whoever sees the referral by an agreement that covers the category {category.upper()}.",
        full(category),
        add=_WRITES,
        change=_WRITES,
        remove=_WRITES,
    )


def _hers(model: type[OfReferral], category: str) -> RowRule:
    writes, given = f"{full(category)} AND {WORKS}", model is support_tables.SupportAuthority
    by_caller = " AND given_by_id = (SELECT caller_principal()) AND revoked_on IS NULL"
    return of_case(
        model,
        f"Parties with a full view whose agreement covers the category {category.upper()}.",
        full(category),
        view="full",
        add=writes + (by_caller if given else ""),
        change=writes + (" AND revoked_on IS NULL" if given else ""),
        check=writes,
        remove=None if given else writes,
        more=_REVOKED if given else (),
    )


_REVOKED = (
    "CREATE TRIGGER z_revoked AFTER UPDATE ON support_authority FOR EACH ROW"
    " WHEN (NEW.revoked_on IS NOT NULL) EXECUTE FUNCTION support_revoked()",
)
_LASTS = (
    "from_on <= (SELECT caller_today()) AND coalesce(until_on >= (SELECT caller_today()), true)"
)
RULES: tuple[RowRule, ...] = (
    *(_worked_by(model, category) for model, category in CATEGORIES.items()),
    *(_hers(model, category) for model, category in OPENED.items()),
    RowRule(
        table_of(support_tables.SupportedMatter),
        "The team that a victim lets see it, from her first day until her last, or until she takes"
        " it back; of a narrow team its members only.",
        f"{HELD} AND {_LASTS}",
        triggers=(
            "CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON supported_matter"
            " FOR EACH ROW EXECUTE FUNCTION supported_matter_keys()",
            counted(support_tables.SupportedMatter),
            "CREATE TRIGGER y_narrow_support AFTER UPDATE OF narrow ON team"
            " FOR EACH ROW EXECUTE FUNCTION narrow_team_support()",
        ),
    ),
)
DEFINERS: dict[str, str] = {
    "remind_of_plan_items(timestamptz)": "portal_worker",
    "supported_matter_keys()": "",
    "tell_supporters(uuid,text)": "",
    "show_supporters(uuid,text,text,date[])": "portal_runtime",
    "support_revoked()": "",
    "narrow_team_support()": "",
}


def sees_listed(caller: Caller, parties: Iterable[Party], category: str) -> bool:
    """Whether the caller sees hearings and action plans: the row rules in Python."""
    answers = caller.can(Scope.AGREEMENTS_DRAFT)
    return caller.can(Scope.REFERRALS_SUMMARY) and any(
        (answers or party.permits(caller))
        and (party.categories is None or category in party.categories)
        for party in has(caller, parties)
    )


def sees_supported(
    caller: Caller, agency: UUID, from_on: date, until_on: date | None, today: date
) -> bool:
    """Whether the caller sees what a victim has been told, of a team that is not narrow."""
    lasts = from_on <= today and (until_on is None or today <= until_on)
    return lasts and caller.agency_id == agency and caller.can(Scope.REFERRALS_SUMMARY)
