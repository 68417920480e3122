"""Of totals put side by side, or held against what one sees, no count below five is left."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from support.asking import Portal
from support.referring import sent
from support.staffing import Staff, hire, staff

from auth.kinds import AgencyKind
from auth.roles import Role
from portal.sample.partnership import DAY
from portal.store.engines import Engines

PROGRAMME, SMALL = "pcc.programme", 5
LATER = DAY + timedelta(weeks=12)
Counts = tuple[int, ...]
Shown = tuple[tuple[tuple[str, int | None], ...], int | None]
SHOWN = text(
    "SELECT t.place, s.key, s.cases, s.whole FROM json_array_elements(CAST(:tables AS json))"
    " WITH ORDINALITY AS t (counts, place), without_small(CAST(:keys AS text[]),"
    " ARRAY(SELECT n::int FROM json_array_elements_text(t.counts) n)) s"
)


def tables(cells: int, most: int) -> Iterator[Counts]:
    """Every table of so many cells in which somebody is, and that makes no more than this."""
    if not cells:
        yield ()
        return
    for first in range(1, most - cells + 2):
        for others in tables(cells - 1, most - first):
            yield (first, *others)


async def published(owner: AsyncConnection, every: list[Counts]) -> dict[Counts, Shown]:
    keys = [f"k{at}" for at in range(len(every[0]))]
    given = {"tables": json.dumps(every), "keys": keys}
    cells: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    wholes: dict[int, int | None] = {}
    for place, key, cases, whole in await owner.execute(SHOWN, given):
        if whole:
            wholes[place] = cases
        else:
            cells[place].append((key, cases))
    return {
        counts: (tuple(sorted(cells[place])), wholes[place])
        for place, counts in enumerate(every, start=1)
    }


def sums(counts: Counts, shown: Shown) -> dict[tuple[int, ...], int]:
    """How many are in each of the hidden cells, and in any of them together."""
    hidden = [int(key[1:]) for key, cases in shown[0] if cases is None]
    return {
        some: sum(counts[at] for at in some)
        for size in range(1, len(hidden) + 1)
        for some in combinations(hidden, size)
    }


@pytest.mark.parametrize(("cells", "most"), [(1, 12), (2, 24), (3, 20), (4, 16), (5, 13), (6, 12)])
async def test_who_knows_the_rule_and_sees_a_table_works_out_no_small_count(
    cases: Engines, cells: int, most: int
) -> None:
    """Every table is published; who reads one thinks of all that would have looked the same."""
    alike: dict[Shown, list[Counts]] = defaultdict(list)
    async with cases.owner.connect() as owner:
        for counts, shown in (await published(owner, list(tables(cells, most)))).items():
            alike[shown].append(counts)
    for shown, possible in alike.items():
        for some, count in sums(possible[0], shown).items():
            could_be = {sums(counts, shown)[some] for counts in possible}
            assert len(could_be) > 1 or count >= SMALL, (shown, some, possible)
        for counts in possible:
            told = dict(shown[0])
            assert all(told[f"k{at}"] in {None, n} for at, n in enumerate(counts) if told)
            assert all(n >= SMALL for n in told.values() if n is not None)
            assert shown[1] == (sum(counts) if sum(counts) >= SMALL else None)
            if min(counts) >= SMALL:
                assert None not in told.values()


def totals_of(schema: GraphQLObjectType) -> dict[str, Any]:
    """Every field that counts people: those whose answer has a line for the whole."""
    found = {}
    for name, field in schema.fields.items():
        kind = get_named_type(field.type)
        if isinstance(kind, GraphQLObjectType) and "whole" in kind.fields:
            found[name] = field
    return found


def test_totals_are_of_whole_years_by_one_thing_and_take_no_filter(portal: Portal) -> None:
    """Two questions that differ in one person cannot be asked: years share nobody."""
    query = portal.schema._schema.query_type
    assert query is not None
    found = totals_of(query)
    assert set(found) >= {"caseTotals", "chargingTotals"}
    for name, field in found.items():
        others = {key: given.type for key, given in field.args.items() if key != "year"}
        assert "year" in field.args, name
        assert all(isinstance(get_named_type(kind), GraphQLEnumType) for kind in others.values())


CASES = "query { caseTotals(by: PATHWAY, year: 2026) { whole key cases } }"
CHARGES = "query { chargingTotals(year: 2026) { whole suspects } }"
TOLD = text("SELECT person_id FROM notice WHERE kind = 'cases_late' AND at >= :since")
LOOK = text("SELECT tell_late_totals(:at)")
LEAVE = text("DELETE FROM membership_role WHERE membership_id = ANY (CAST(:members AS uuid[]))")


@pytest.fixture
async def office(cases: Engines) -> AsyncIterator[Staff]:
    """Commissioners' people: one counts, one looks after agreements too, one has another post."""
    made = await staff(
        cases,
        AgencyKind.PCC,
        counts=(Role.PROGRAMME_LEAD,),
        both=(Role.PROGRAMME_LEAD, Role.AGENCY_SPOC),
        elsewhere=(Role.PROGRAMME_LEAD,),
    )
    charity = await staff(cases)
    post = await hire(cases, charity, "post", (Role.CASEWORKER,), person=made.people["elsewhere"])
    yield made
    async with cases.owner.begin() as owner:
        await owner.execute(LEAVE, {"members": [*made.members.values(), post]})


async def test_who_sees_cases_is_told_no_totals_from_which_to_take_them_away(
    portal: Portal, office: Staff
) -> None:
    for _ in range(SMALL):
        await sent(portal)
    all_of_them = await portal.ask(PROGRAMME, CASES)
    assert all_of_them["caseTotals"][0]["cases"] >= SMALL
    assert await portal.ask(office["counts"], CASES) == all_of_them
    of_none = [{"whole": True, "key": None, "cases": 0}]  # a new agency's person sees no case
    assert (await portal.ask(office["both"], CASES))["caseTotals"] == of_none
    assert (await portal.ask(office["both"], CHARGES))["chargingTotals"][0]["suspects"] == 0
    for document in (CASES, CHARGES):
        assert [*(await portal.ask(office["elsewhere"], document)).values()] == [[]]


async def test_nor_how_many_are_late(portal: Portal, cases: Engines, office: Staff) -> None:
    for _ in range(SMALL):
        await sent(portal)
    begun, at = datetime.now(UTC), datetime.combine(LATER, time(12), UTC)
    async with cases.owner.connect() as owner:
        await owner.execute(LOOK, {"at": at})
        told = set((await owner.execute(TOLD, {"since": begun})).scalars())
        await owner.rollback()
    assert told & set(office.people.values()) == {office.people["counts"]}
