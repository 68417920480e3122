"""Cases between agencies for the matrix of sharing: each part, each state of the agreement, what it
covers, and what became of the case; and whose each is today, as the domain's papers say.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from support import casework
from support.casework import RUN_OFF, Sent
from support.databases import empty_database
from support.world import World, gather, people

from auth.roles import Role
from auth.tables import Team, TeamMember
from portal import database
from portal.agreements.categories import DataCategory, Purpose
from portal.agreements.tables import (
    Agreement,
    AgreementAdvice,
    AgreementEvent,
    AgreementParty,
    AgreementVersion,
)
from portal.charging import tables as charging
from portal.charging.support_tables import SupportAuthority
from portal.furnishing import furnish_portal
from portal.referrals import details, research_tables, tables
from portal.referrals.emergencies.tables import EmergencyDisclosure
from portal.referrals.follow import tables as follow_tables
from portal.referrals.parties import Party
from portal.sample import agreements
from portal.sample.agreements import RESTS, Deal
from portal.sample.initiatives import IMPORTED
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, agency_id, fixed
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.rules import table_of
from portal.store.server import Server

YESTERDAY, YEAR = DAY - timedelta(days=1), timedelta(days=365)
ALL = frozenset(category.value for category in DataCategory)
SOME = frozenset({"safe_contact", "needs", "risk", "criminal_justice", "reasons"})
SAID = ["needs", "reasons", "risk", "wishes"]
"""What each case says something of."""
CHAINS = (("rasa", None, "savera"), ("police", None, "cps"), ("tww", "wirral", "icb"))
"""From whom, by whose MARAC if any, to whom: between the last two the agreement stands."""
SHARED = {
    "in_force", "due_review", "on_its_last_day",
}  # fmt: skip
STATES = (
    *sorted(SHARED), "running_off", "expired", "suspended", "withdrawn", "being_signed",
    "receiver_suspended", "receiver_left", "sender_suspended", "sender_left", "none",
)  # fmt: skip
LIVES = ("open", "narrow", "lost", "not_given")
"""Given, given to a team that is narrower than its agency, taken back, not given yet."""
FURTHER = ("passed", "emergency", "emergency_over", "emergency_ended")
"""Passed on to another team; disclosed in an emergency that lasts, is over, was ended early."""
TRIED = {
    "in_force": FURTHER[:1], "running_off": FURTHER[:1], "expired": FURTHER[:1],
    "suspended": FURTHER, "none": FURTHER[2:],
}  # fmt: skip
"""With which states of the agreement these are tried: what lasts costs a reader keys."""
ANYBODY = frozenset(role.value for role in Role)
CASEWORKERS = frozenset({Role.CASEWORKER.value, Role.TEAM_LEAD.value})
TERMS = ((ALL, ANYBODY, LIVES), (SOME, ANYBODY, ("open",)), (ALL, CASEWORKERS, ("open",)))
"""What an agreement covers, whom it permits to use it, and which lives are tried with that."""
PARTS = ("sender", "coordinator", "receiver", "none")


@dataclass(frozen=True)
class Shared(Sent):
    """A case of this matrix; `receiver` is whom the agreement is about."""

    state: str = "none"
    covers: frozenset[str] = ALL
    life: str = "open"
    host: str | None = None
    permits: frozenset[str] = ANYBODY

    @property
    def key(self) -> str:
        return f"sharing/{self.deal}/{self.sender}/{self.life}"

    @property
    def matter(self) -> bool:
        return False

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        return (("send", "sender"), ("acknowledge", "receiver"))

    @property
    def hosting(self) -> str:
        """The agreement between the sender and the MARAC's own agency, which stands."""
        return f"{self.sender}-{self.host}"

    @property
    def addressed(self) -> str:
        """Whom the sender sent it to."""
        return self.host or self.receiver

    @property
    def team_id(self) -> UUID:
        return _team(self.addressed, narrow=self.life == "narrow" and not self.host)

    def of_its_host(self) -> "Shared":
        """As if the MARAC's own agency were whom the agreement is about."""
        deal = {"receiver": self.addressed, "deal": self.hosting, "host": None}
        return replace(self, **deal, state="in_force", covers=ALL, permits=ANYBODY)

    def part_of(self, agency: UUID) -> str:
        """What an agency is in this case."""
        if agency == agency_id(self.sender):
            return "sender"
        if self.host and agency == agency_id(self.host):
            return "coordinator"
        return "receiver" if agency == agency_id(self.receiver) else "none"

    def parties(self, state: str | None = None) -> list[Party]:
        """Who has it today, if its agreement stands so."""
        state = state or self.state
        found = [Party(agency_id(self.sender))]
        if self.host:
            found.append(Party(agency_id(self.host), passed=self.life == "passed"))
        if self.life == "emergency":
            found.append(Party(agency_id(self.receiver), _team(self.receiver)))
        covered = self.covers if state in SHARED else frozenset[str]()
        if state == "running_off":
            covered = self.covers & RUN_OFF
        if covered and self.life in {"open", "narrow", "passed"}:
            team = _team(self.receiver, narrow=True) if self.life == "narrow" else None
            passed, agency = self.life == "passed", agency_id(self.receiver)
            found.append(Party(agency, team, covered, self.permits, passed))
        return found


def _team(agency: str, *, narrow: bool = False) -> UUID:
    return fixed("sharing-team" if narrow else "matrix-team", agency)


def listed() -> Iterator[Shared]:
    """Every case: each life where all is covered, an open one where some is, or for some."""
    for (sender, host, receiver), state in product(CHAINS, STATES):
        for covers, permits, lives in TERMS:
            deal = f"{sender}-{receiver}-{state}-{len(covers)}-{len(permits)}"
            for life in lives:
                lost, given = life == "lost", life != "not_given"
                yield Shared(
                    sender, receiver, given, lost, deal, state, covers, life, host, permits
                )


def further() -> Iterator[Shared]:
    """Cases that were passed on, also by a MARAC that had asked another agency, or disclosed in an
    emergency: under the same agreements.
    """
    for case in listed():
        if (case.life, case.covers, case.permits) != ("open", ALL, ANYBODY):
            continue
        tried = TRIED.get(case.state, ())
        for life in tried if case.host is None else set(tried) & {"passed"}:
            yield replace(case, life=life, given=life == "passed")


def _deal(case: Shared) -> Deal:
    """The agreement between the two of them."""
    giver = case.host or case.sender
    ends = {"on_its_last_day": DAY, "running_off": YESTERDAY, "expired": YESTERDAY}
    due = {"due_review": DAY, **ends}
    return Deal(
        case.deal or "", case.deal or "", giver,
        agreements._both(giver, case.receiver),
        (Purpose.VICTIM_SUPPORT,), ("cda_115", "common_law_policing", "legitimate_interests"),
        date(2026, 1, 1), ends.get(case.state, DAY + YEAR), due.get(case.state, DAY + YEAR),
        tuple(DataCategory(category) for category in sorted(case.covers)),
        run_off=30 if case.state == "running_off" else None,
        unsigned=(case.receiver,) if case.state == "being_signed" else (),
        suspended="It has to be." if case.state == "suspended" else None,
        resting={"receiver_suspended": case.receiver, "sender_suspended": giver}.get(case.state),
    )  # fmt: skip


def _agreement(case: Shared) -> Iterator[SQLModel]:
    left = {"receiver_left": case.receiver, "sender_left": case.host or case.sender}
    gone = left.get(case.state)
    for row in agreements._rows(_deal(case)):
        if isinstance(row, AgreementEvent | AgreementAdvice):
            continue
        if isinstance(row, Agreement) and case.state == "withdrawn":
            row.withdrawn_at = RESTS
        if isinstance(row, AgreementVersion):
            row.permitted_roles = sorted(case.permits)
        if isinstance(row, AgreementParty) and gone and row.agency_id == agency_id(gone):
            row.left_at = RESTS
        yield row


async def agreed(owner: AsyncConnection) -> None:
    """Write an agreement for each chain, state and cover."""
    whole = {case.deal: case for case in listed() if case.state != "none"}
    whole |= {case.hosting: case.of_its_host() for case in listed() if case.host}
    rows: dict[type, list[dict[str, Any]]] = {}
    for case in whole.values():
        for row in _agreement(case):
            columns = table_of(type(row)).columns.keys()
            rows.setdefault(type(row), []).append({name: getattr(row, name) for name in columns})
    for model, made in rows.items():
        await owner.execute(insert(table_of(model)), made)


async def narrow_teams(owner: AsyncConnection, world: World) -> None:
    """Each receiver has a team that is narrower than itself, with its caseworker in it."""
    for agency in sorted({receiver for _, _, receiver in CHAINS}):
        team, member = _team(agency, narrow=True), fixed("matrix", f"{agency}/{Role.CASEWORKER}")
        home = {"id": team, "agency_id": agency_id(agency), "name": "Narrow", "narrow": True}
        await owner.execute(insert(table_of(Team)), [home])
        place = {"membership_id": member, "agency_id": agency_id(agency), "leads": False}
        await owner.execute(insert(table_of(TeamMember)), [place | {"team_id": team}])
        caller = world.callers[member]
        world.callers[member] = replace(caller, team_ids=caller.team_ids | {team})


async def cases(owner: AsyncConnection) -> None:
    """Write every case with a row of each kind of object."""
    every = [*listed(), *further()]
    rows: dict[type[Any], list[dict[str, Any]]] = {
        tables.Referral: [
            casework._referral(5_000 + n, case) | {"categories": SAID}
            for n, case in enumerate(every)
        ],
        tables.Recipient: [_recipient(case) for case in every],
        tables.ReferralEvent: [row for case in every for row in casework._events(case)],
        tables.EventCodes: [casework._codes(case) for case in every],
        tables.RunningClock: [casework._clock(case) for case in every],
        EmergencyDisclosure: [
            _disclosure(case) for case in every if case.life.startswith("emergency")
        ],
        research_tables.MaracResearch: [_research(case) for case in every if case.host],
        details.CaseAction: [
            casework._action(case) | {"agency_id": agency_id(case.addressed)} for case in every
        ],
    }
    for model in casework._full_view(every[0]):
        rows[model] = [_of(case, model, casework._full_view(case)[model]) for case in every]
    for model in (charging.Hearing, charging.PlanItem, charging.VictimSupport, SupportAuthority):
        rows[model] = [_of(case, model, casework._of_matter(case)[model]) for case in every]
    for model, made in rows.items():
        await owner.execute(insert(table_of(model)), made)


def _of(case: Shared, model: type[Any], said: dict[str, Any]) -> dict[str, Any]:
    table = table_of(model)
    row = case.row(table.name) | said
    if "event_id" in row:
        row["event_id"] = fixed("matrix-event", f"{case.key}/send")
    return {name: value for name, value in row.items() if name in table.columns}


def _recipient(case: Shared) -> dict[str, Any]:
    """Of a MARAC's case the MARAC, which has it under an agreement that stands."""
    row = casework._recipient(case) | {"agency_id": agency_id(case.addressed)}
    row["agreement_id"] = None if case.state == "none" else row["agreement_id"]
    row["passed_at"] = IMPORTED if case.life == "passed" else None
    if case.host:
        given = {"given_at": IMPORTED, "lost_at": None, "is_open": True}
        row |= given | {"agreement_id": fixed("agreement", case.hosting)}
    return row


def _disclosure(case: Shared) -> dict[str, Any]:
    starts = IMPORTED if case.life == "emergency_over" else casework.TOLD
    return case.row("disclosure") | {
        "from_agency_id": agency_id(case.sender), "to_agency_id": agency_id(case.receiver),
        "to_team_id": _team(case.receiver), "reason": "threat_to_life",
        "made_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        "starts_at": starts, "ends_at": starts + timedelta(hours=24),
        "closed_at": casework.TOLD if case.life == "emergency_ended" else None,
        "review_due_at": starts + timedelta(days=7),
    }  # fmt: skip


def _research(case: Shared) -> dict[str, Any]:
    narrow = case.life == "narrow"
    return case.row("research") | {
        "recipient_id": fixed("matrix-recipient", case.key),
        "from_agency_id": agency_id(case.addressed), "agency_id": agency_id(case.receiver),
        "team_id": _team(case.receiver, narrow=narrow), "created_at": IMPORTED,
        "agreement_id": None if case.state == "none" else fixed("agreement", case.deal or ""),
        "given_at": IMPORTED if case.given else None, "lost_at": IMPORTED if case.lost else None,
    }  # fmt: skip


SUMMARY = (
    tables.Referral, tables.Recipient, tables.ReferralEvent, tables.RunningClock,
    details.CaseAction, follow_tables.FollowOn,
)  # fmt: skip
"""What whoever has a case sees, whatever the agreement covers."""


@asynccontextmanager
async def shared_in(server: Server, name: str) -> AsyncIterator[tuple[Engines, World]]:
    """Every role in every agency, and these cases; nothing of initiatives but the sample's own."""
    world = World()
    async with empty_database(server, name) as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
            await people(owner, world)
            await narrow_teams(owner, world)
            await agreed(owner)
            await cases(owner)
            await gather(owner, world)
            world.parties = {case.id: case.parties() for case in (*listed(), *further())}
        yield engines, world
