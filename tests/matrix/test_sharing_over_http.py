"""Over HTTP, with tokens and proofs, programs see and do of cases what the same rules say."""

import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from support import accepting
from support.sharing import CHAINS, STATES, listed
from support.site import Program, listening
from support.world import World

from auth.caller import Caller
from auth.oauth.clients import new_private_key
from auth.roles import Role, Scope, scopes_of
from portal.referrals.parties import has, sees_summary
from portal.sample.partnership import DAY, agency_id, fixed
from portal.store.engines import Engines

AGENCIES = sorted({agency for chain in CHAINS for agency in chain if agency} | {"uol"})
BY_ID = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PAGE = """query($after: String) { referrals(first: 100, after: $after) { totalCount
    nodes { id } pageInfo { hasNextPage endCursor } } }"""
FILE = "query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { handling } }"
NEVER = 1_000_000
"""No record has this version: whoever may change it is told so, and nothing changes."""


@dataclass(frozen=True)
class Served:
    """The cases behind HTTP, and a program with a caseworker's powers for each agency."""

    url: str
    world: World
    keys: dict[str, ECKey]

    @contextmanager
    def program(self, agency: str) -> Iterator[Program]:
        with httpx2.Client() as http:
            yield Program(self.url, fixed("matrix-http", agency), self.keys[agency], http)

    def caller(self, agency: str) -> Caller:
        """It is in no team, and so has nothing of a narrow one."""
        roles = frozenset({Role.CASEWORKER})
        own = fixed("matrix-http", agency)
        return Caller(own, "client", agency_id(agency), None, roles, scopes_of(roles))


@pytest.fixture(scope="module")
async def served(shared: tuple[Engines, World]) -> AsyncIterator[Served]:
    engines, world = shared
    keys = {agency: new_private_key() for agency in AGENCIES}
    async with AsyncSession(engines.owner) as db, db.begin():
        for agency, key in keys.items():
            await accepting.of_role(db, agency, Role.CASEWORKER, key)
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://localhost:{door.getsockname()[1]}"
        with listening(replace(engines.settings, base_url=url, today=DAY), door):
            yield Served(url, world, keys)


@pytest.mark.parametrize("agency", AGENCIES)
def test_a_program_is_told_of_cases_what_its_agencys_part_gives(
    served: Served, agency: str
) -> None:
    caller = served.caller(agency)
    every = {f"Referral:{case.id}": case for case in listed()}
    should = {name for name, case in every.items() if sees_summary(caller, case.parties())}
    told: set[str] = set()
    found: set[str] = set()
    counts, after, more = set(), None, True
    with served.program(agency) as program:
        while more:
            page = program.query(PAGE, {"after": after})["data"]["referrals"]  # type: ignore[index]
            told |= {node["id"] for node in page["nodes"]}
            counts.add(page["totalCount"])
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        for start in range(0, len(every), 100):
            ids = list(every)[start : start + 100]
            nodes = program.query(BY_ID, {"ids": ids})["data"]["nodes"]  # type: ignore[index]
            found |= {node["id"] for node in nodes if node}
    assert told & every.keys() == found == should
    assert counts == {len(told)}


@pytest.mark.parametrize("agency", AGENCIES)
async def test_what_a_program_was_shown_is_written_down_as_shown_to_it(
    served: Served, shared: tuple[Engines, World], agency: str
) -> None:
    caller = served.caller(agency)
    some = {(c.sender, c.state): c for c in listed() if c.life == "open"}
    seen = [c for c in some.values() if has(caller, c.parties())]
    with served.program(agency) as program:
        for case in seen:
            program.query(FILE, {"id": f"Referral:{case.id}"})
    noted = text("SELECT DISTINCT referral_id, person_id FROM consultation WHERE client_id = :own")
    async with shared[0].owner.connect() as owner:
        rows = (await owner.execute(noted, {"own": caller.principal_id})).all()
    assert {case.id for case in seen} == {row.referral_id for row in rows}
    assert {row.person_id for row in rows} <= {None}


@pytest.mark.parametrize("agency", AGENCIES)
def test_a_program_opens_and_changes_what_its_agencys_part_lets_it(
    served: Served, agency: str
) -> None:
    caller, ended = served.caller(agency), Counter[str]()
    some = {(c.sender, c.state): c for c in listed() if c.life == "open"}
    with served.program(agency) as program:
        for case in some.values():
            parties, given = case.parties(), {"id": f"Referral:{case.id}"}
            shown = program.query(FILE, {**given})["data"]["referralFile"]  # type: ignore[index]
            opens = caller.can(Scope.REFERRALS_READ) and bool(has(caller, parties))
            assert (shown is not None) == opens, (case.state, agency)
            change = {**given, "expectedVersion": NEVER, "allowed": ["TEXT"]}
            answer = program.do("setSafeContact", "", **change)
            should = "NotFound" if not sees_summary(caller, parties) else "NotPermitted"
            if caller.agency_id == agency_id(case.sender):
                should = "Conflict"
            assert answer["__typename"] == should, (case.state, agency, answer)
            ended[should] += 1
    assert sum(ended.values()) == len(STATES) * len(CHAINS)
