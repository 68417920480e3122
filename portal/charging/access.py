"""Who sees hearings, action plans and support: the parties of the case whose agreement covers that
data category. Nobody opens a full view for them, since a queue is worked by them.
"""

from collections.abc import Iterable

from auth.caller import Caller
from auth.roles import Scope
from portal.charging import tables
from portal.referrals.access import SUMMARY, WORKS, Party, full, has, of_case
from portal.referrals.tables import OfReferral
from portal.store.rules import RowRule

CATEGORIES: dict[type[OfReferral], str] = {
    tables.Hearing: "criminal_justice",
    tables.PlanItem: "actions",
    tables.VictimSupport: "wishes",
}


def _kept(model: type[OfReferral]) -> RowRule:
    category = CATEGORIES[model]
    writes = f"{SUMMARY} AND {WORKS}"
    return of_case(
        model,
        f"Whoever sees the referral by an agreement that covers the category {category.upper()}.",
        full(category),
        add=writes,
        change=writes,
        remove=writes,
    )


RULES: tuple[RowRule, ...] = tuple(_kept(model) for model in CATEGORIES)
DEFINERS: dict[str, str] = {}


def sees_listed(caller: Caller, parties: Iterable[Party], category: str) -> bool:
    """Whether the caller sees hearings, action plans or support: the row rules in Python."""
    return caller.can(Scope.REFERRALS_SUMMARY) and any(
        party.categories is None or category in party.categories for party in has(caller, parties)
    )
