"""How the table of mutations is written: one row for each, and what many rows use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from support.powers import Case, Power

from auth.roles import Role
from portal.proposals.tables import ProposalState
from portal.sample.partnership import AGENCIES, DAY, agency_id, fixed

NAMES = {agency_id(key): key for key in AGENCIES}
TODAY, SOON = DAY.isoformat(), "2026-12-01"
VERSIONED = {
    "allocateReferral",
    "handOverWork",
    "moveReferral",
    "succeedAgency",
    "transferReferral",
}
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
    by: frozenset[Role] = frozenset()
    """Whose roles are tried most, where they are not those that change most."""


def type_of(table: str) -> str:
    """The API's name of a table's records."""
    return "".join(part.capitalize() for part in table.split("_"))


def team(agency: UUID) -> str:
    """The team that the matrix gave to an agency."""
    return f"Team:{fixed('matrix-team', NAMES[agency])}"


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


def waits(row: dict[str, Any]) -> bool:
    """Reference data that a second person has still to confirm."""
    return row["state"] == ProposalState.PROPOSED


def in_force(row: dict[str, Any]) -> bool:
    """Reference data that is confirmed."""
    return row["state"] == ProposalState.CONFIRMED


def own_team(case: Case) -> str:
    """The team that the matrix gave to the caller's agency."""
    return team(case.caller.agency_id)
