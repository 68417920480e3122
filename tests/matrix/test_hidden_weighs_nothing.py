"""Hidden cases weigh nothing: with them gone, no list, count, order, filter or page is another."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid4

from graphql import GraphQLEnumType, get_named_type
from sqlalchemy import Table, text
from support.asking import the_schema
from support.casework import URN
from support.running import core
from support.twins import UNTWINNED, Row, Sight
from support.world import World
from support.worlds import world_in

from auth.roles import Role
from portal.context import ByCommand, Context
from portal.database import RULES
from portal.sample.partnership import DAY, fixed
from portal.store.engines import Engines
from portal.store.server import Server

SCHEMA = the_schema()
NINE = datetime.combine(DAY, time(9), UTC)
INSIDERS = (f"police/{Role.CASEWORKER}", f"uol/{Role.CASEWORKER}")
"""Who asks, one after the other: the cases that the first does not see are gone for the second."""
LISTS = (
    "referrals", "queue", "hearings", "planItems", "victimSupport", "supportAuthorities",
    "supportedMatters", "followOns", "emergencyDisclosures", "disclosureRequests",
    "maracMeetings", "maracListings", "maracResearch", "maracRepeats", "outsideReferrals",
    "caseActions", "covers", "agreements",
)  # fmt: skip
PAGE = "totalCount nodes { id } edges { cursor } pageInfo { hasNextPage endCursor }"
LATE = "{ lateByAgency { agency { id } late longestSince } }"
NUMBERS = 3
"""How many values of each kind a filter is tried with."""


def fields() -> dict[str, Any]:
    """Each list and what it can be asked."""
    return {name: core(SCHEMA).query_type.fields[name] for name in LISTS}


def worth(kind: Any, gone: list[Row]) -> Iterator[Any]:
    """Values for a filter of this kind, those of hidden cases among them."""
    name = kind.name
    if isinstance(kind, GraphQLEnumType):
        yield from kind.values
    elif name == "Boolean":
        yield from ("true", "false")
    elif name == "ID":
        for row in gone[:NUMBERS]:
            yield f'"Referral:{row["id"]}"'
            yield f'"Agency:{row["sender_agency_id"]}"'
            yield f'"Team:{row["sender_team_id"]}"'
            yield f'"Membership:{row["created_by_id"]}"'
    elif name == "String":
        words = ["A 12", URN, "acknowledged", "acknowledge", "receiver", "request_for_support"]
        yield from (f'"{word}"' for word in (*words, *(r["reference"] for r in gone[:NUMBERS])))
    elif name == "UUID":
        yield from (f'"{fixed("matrix-person", "tww/wirral/True/False/wirral-marac")}"',)
    elif name in {"Date", "DateTime"}:
        yield f'"{DAY}"' if name == "Date" else f'"{NINE.isoformat()}"'
    else:
        yield "30"


def documents(gone: list[Row]) -> Iterator[str]:
    """Each list in each order, whole and its first row, and narrowed by each filter."""
    yield LATE
    for name, field in fields().items():
        for order in get_named_type(field.args["orderBy"].type).values:
            yield f"{{ {name}(first: 100, orderBy: {order}) {{ {PAGE} }} }}"
            yield f"{{ {name}(first: 1, orderBy: {order}) {{ {PAGE} }} }}"
        if "filter" not in field.args:
            continue
        for argument, given in get_named_type(field.args["filter"].type).fields.items():
            for value in worth(get_named_type(given.type), gone):
                wanted = f"[{value}]" if "[" in str(given.type) else value
                yield f"{{ {name}(filter: {{{argument}: {wanted}}}) {{ {PAGE} }} }}"


async def told(engines: Engines, who: UUID, document: str) -> str:
    """The answer, or what is said against the question, to the letter."""
    context = Context(engines.command, ByCommand(who), uuid4(), NINE)
    result = await SCHEMA.execute(document, context_value=context)
    raw: Any = result.data
    said = [(e.message, e.extensions) for e in result.errors or ()]
    return json.dumps([raw and raw.bytes.decode(), said, list(context.withheld)], default=str)


def hanging() -> list[Table]:
    """What hangs on a case, what refers to another first."""
    tables = [r.table for r in RULES.values() if "referral_id" in r.table.columns]
    order = [t.name for t in tables[0].metadata.sorted_tables]
    return sorted(tables, key=lambda table: -order.index(table.name))


def unseen(world: World, sight: Sight, left: set[UUID]) -> list[Row]:
    """Cases of which this caller sees nothing at all."""
    known = {
        row["referral_id"]
        for table in hanging()
        if table.name not in UNTWINNED and table.name in world.rows
        for row in world.rows[table.name]
        if sight.sees(table.name, row)
    }
    known |= sight.rows("referral")
    return [r for r in world.rows["referral"] if r["id"] in left and r["id"] not in known]


async def forget(engines: Engines, gone: list[UUID]) -> None:
    """As if these cases had never been."""
    async with engines.owner.begin() as owner:
        for table in hanging():
            await owner.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        await owner.execute(text("ALTER TABLE referral DISABLE TRIGGER USER"))
        for table in hanging():
            where = text(f"DELETE FROM {table.name} WHERE referral_id = ANY (:gone)")  # noqa: S608 - our own tables
            await owner.execute(where, {"gone": gone})
        await owner.execute(text("DELETE FROM referral WHERE id = ANY (:gone)"), {"gone": gone})
        for table in hanging():
            await owner.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
        await owner.execute(text("ALTER TABLE referral ENABLE TRIGGER USER"))


async def test_nothing_is_another_answer_when_hidden_cases_are_gone(server: Server) -> None:
    asked, counts = 0, []
    async with world_in(server, "weightless") as (engines, world):
        left = {row["id"] for row in world.rows["referral"]}
        for key in INSIDERS:
            who = fixed("matrix", key)
            gone = unseen(world, Sight(world, world.callers[who]), left)
            wanted = list(documents(gone))
            before = [await told(engines, who, each) for each in wanted]
            await forget(engines, [row["id"] for row in gone])
            left -= {row["id"] for row in gone}
            for document, answer in zip(wanted, before, strict=True):
                assert await told(engines, who, document) == answer, (key, document)
            answered = [each for each in before if json.loads(each)[0]]
            assert len(answered) > len(wanted) / 2, key
            asked, counts = asked + len(wanted), [*counts, len(gone)]
    sys.stdout.write(f"\n{asked:,} questions, without {counts} hidden cases the same answers\n")
    assert min(counts) > 0
