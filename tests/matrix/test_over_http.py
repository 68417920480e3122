"""Over HTTP, with tokens and proofs, programs see and may do what the same rules say."""

import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession
from support import accepting
from support.asking import the_schema
from support.doings import DOINGS
from support.powers import Case
from support.running import core
from support.sampling import RELATIONS, Cell, Sampler, may
from support.site import Program, listening
from support.twins import Sight
from support.world import World
from support.worlds import world_in

from auth.caller import Caller
from auth.oauth.clients import new_private_key
from auth.roles import Role, scopes_of
from portal.reading.declare import declared
from portal.sample.partnership import DAY, agency_id, fixed
from portal.store.server import Server

POWERS = {
    "wirral": Role.INITIATIVE_COORDINATOR,
    "savera": Role.CONTRIBUTOR,
    "police": Role.VIEWER,
    "cheshire": Role.INITIATIVE_COORDINATOR,
    "pcc": Role.PROGRAMME_LEAD,
}
"""The agencies that have a program here, and the role whose powers it has."""
IN_PERSON = {
    name
    for name, field in core(the_schema()).mutation_type.fields.items()
    if declared(field)["exposed"].fresh or declared(field)["exposed"].in_person
}
"""What asks for a person: no program can do it, whatever its scopes."""
NEVER = 1_000_000
"""No record has this version: whoever may change it is told so, and nothing changes."""
PAGE = """query($after: String) { initiatives(first: 100, after: $after) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""
BY_ID = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


@dataclass(frozen=True)
class Served:
    """The matrix's world behind HTTP."""

    url: str
    world: World
    keys: dict[str, ECKey]

    @contextmanager
    def program(self, agency: str) -> Iterator[Program]:
        with httpx2.Client() as http:
            yield Program(self.url, fixed("matrix-http", agency), self.keys[agency], http)

    def caller(self, agency: str) -> Caller:
        roles = frozenset({POWERS[agency]})
        own = fixed("matrix-http", agency)
        return Caller(own, "client", agency_id(agency), None, roles, scopes_of(roles))


@pytest.fixture(scope="module")
async def served(server: Server) -> AsyncIterator[Served]:
    keys = {agency: new_private_key() for agency in POWERS}
    async with world_in(server, "matrix_http") as (engines, world):
        async with AsyncSession(engines.owner) as db, db.begin():
            for agency, key in keys.items():
                await accepting.of_role(db, agency, POWERS[agency], key)
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://localhost:{door.getsockname()[1]}"
            with listening(replace(engines.settings, base_url=url, today=DAY), door):
                yield Served(url, world, keys)


@pytest.mark.parametrize("agency", POWERS)
def test_a_program_lists_finds_and_counts_what_its_agency_sees(served: Served, agency: str) -> None:
    should = {f"Initiative:{one}" for one in Sight(served.world, served.caller(agency)).initiatives}
    every = [f"Initiative:{one}" for one in served.world.initiatives]
    listed, after, found = set(), None, set()
    with served.program(agency) as program:
        more = True
        while more:
            page = program.query(PAGE, {"after": after})["data"]["initiatives"]
            listed |= {node["id"] for node in page["nodes"]}
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        for start in range(0, len(every), 100):
            nodes = program.query(BY_ID, {"ids": every[start : start + 100]})["data"]["nodes"]
            found |= {node["id"] for node in nodes if node}
    assert listed == found == should
    assert page["totalCount"] == len(should)


def cells(served: Served, agency: str) -> Iterator[Cell]:
    """Each line of the table, with records to which agencies stand in three ways."""
    sampler, caller = Sampler(served.world, Random(agency)), served.caller(agency)  # noqa: S311
    for doing in DOINGS:
        for relation in sampler.random.sample(RELATIONS, 3):
            cell = sampler.cell(doing, POWERS[agency], relation)
            yield replace(cell, case=Case(served.world, caller, cell.case.row))


@pytest.mark.parametrize("agency", POWERS)
def test_a_program_is_told_what_the_table_says(served: Served, agency: str) -> None:
    sight = Sight(served.world, served.caller(agency))
    ended: Counter[str] = Counter()
    with served.program(agency) as program:
        for cell in cells(served, agency):
            about, given = cell.doing.about, cell.doing.given(cell.case)
            seen = not about or sight.sees(about, cell.case.row)
            refused = "NotFound" if not seen else "" if may(cell) else "NotPermitted"
            if cell.doing.mutation in IN_PERSON:
                refused = "NotPermitted"
            if "expectedVersion" in given:
                given["expectedVersion"] = NEVER
            elif not refused:
                continue  # it would be done
            answer = program.do(cell.doing.mutation, "", **given)
            told = answer["__typename"]
            assert told == (refused or "Conflict"), (cell.doing.mutation, cell.relation, answer)
            ended[told] += 1
    assert min(ended["NotFound"], ended["NotPermitted"]) > 20, ended
