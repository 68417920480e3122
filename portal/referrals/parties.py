"""The row rules of cases in Python, the matrix's oracle: who has a case, and how much of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope


@dataclass(frozen=True)
class Party:
    """An agency that has a case today: `team_id` where only that team does, `categories` where an
    agreement covers some only, `roles` where it says who may use it. Who `passed` it on to another
    team keeps the summary.
    """

    agency_id: UUID
    team_id: UUID | None = None
    categories: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    passed: bool = False

    def permits(self, caller: Caller) -> bool:
        """Whether the agreement lets somebody in such a role use it."""
        return self.roles is None or bool(self.roles & caller.roles)


def has(caller: Caller, parties: Iterable[Party]) -> list[Party]:
    """The ways in which the caller has the case."""
    return [
        party
        for party in parties
        if party.agency_id == caller.agency_id
        and (party.team_id is None or party.team_id in caller.team_ids)
    ]


def sees_summary(caller: Caller, parties: Iterable[Party]) -> bool:
    """Whether the caller sees that there is a case, from whom, to whom and how it stands."""
    answers = caller.can(Scope.AGREEMENTS_DRAFT)
    permitted = any(answers or party.permits(caller) for party in has(caller, parties))
    return caller.can(Scope.REFERRALS_SUMMARY) and permitted


def sees_full(caller: Caller, parties: Iterable[Party], category: str) -> bool:
    """Whether the caller sees what the case says in this data category."""
    return caller.can(Scope.REFERRALS_READ) and any(
        party.permits(caller) and (party.categories is None or category in party.categories)
        for party in has(caller, parties)
        if not party.passed
    )
