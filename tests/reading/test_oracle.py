"""Documents nobody wrote are answered twice, by one statement and by graphql-core, and equally."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type
from graphql.execution.values import VariableValues
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal
from support.documents import Made, Writer
from support.given import Known
from support.oracle import Answer, constants, oracle, read
from support.oracle_reads import Reader

from portal.context import Context
from portal.reading import declare
from portal.reading.plans import Plan
from portal.store.engines import Engines

DOCUMENTS = int(os.environ.get("PORTAL_ORACLE_DOCUMENTS", "2720"))
SEED = int(os.environ.get("PORTAL_ORACLE_SEED", "20261116"))
CALLERS = (
    "wirral.coordinator",
    "rasa.contributor",
    "cheshire.viewer",
    "pcc.auditor",
    "pcc.administrator",
    "marac.coordinator",
    "police.viewer",
)
TOO_MUCH = {"QUERY_TOO_COSTLY", "QUERY_TOO_LARGE"}
KEPT_CURSORS, HURRIED = 60, 40


@dataclass
class Tally:
    """What the documents of this run have asked for, and what came of them."""

    asked: set[str] = field(default_factory=set)
    codes: list[str | None] = field(default_factory=list)
    answers: int = 0
    filled: int = 0


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(scope="module")
async def known(filled: tuple[Engines, list[str]], made_up: Portal) -> Known:
    """What there is to ask for, hidden rows included."""
    ids, texts = {}, {}
    async with filled[0].owner.connect() as owner:
        core = made_up.schema._schema
        for kind in core.get_possible_types(core.type_map["Node"]):
            name, source = kind.name, declare.SOURCES[kind.name]
            key = source.table.c[source.key]
            ids[name] = list((await owner.execute(select(key).order_by(key))).scalars())
        for name, column in unique_columns(made_up):
            texts[name] = list((await owner.execute(select(column).order_by(column))).scalars())
    return Known(ids, texts)


def unique_columns(portal: Portal) -> Iterator[tuple[str, Any]]:
    """(`Type.argument`, column) for each root field that looks a row up by another column."""
    for each in portal.schema._schema.query_type.fields.values():
        read = declare.declared(each).get("read")
        if isinstance(read, declare.ById) and read.column != "id":
            kind = get_named_type(each.type).name
            yield f"{kind}.{read.column}", declare.SOURCES[kind].table.c[read.column]


def test_every_column_that_may_be_null_is_null_once_and_filled_once(
    filled: tuple[Engines, list[str]],
) -> None:
    assert filled[1] == []


@pytest.mark.parametrize("who", CALLERS)
async def test_both_readers_give_one_answer(
    who: str, made_up: Portal, known: Known, tally: Tally
) -> None:
    core = made_up.schema._schema
    known = replace(known, cursors={})  # a cursor may be good for one caller only
    for number in range(DOCUMENTS // len(CALLERS)):
        seed = f"{SEED}/{who}/{number}"
        writer = Writer(core, Random(seed), known)  # noqa: S311 - chance, not secrecy
        made = writer.write()
        tally.asked |= writer.asked
        for variables in made.variables if made.variables[0] else made.variables[:1]:
            one, other = await both(made_up, who, made.text, variables)
            fault = difference(made, one, other)
            assert fault is None, "\n".join(
                [
                    f"{fault} (seed {seed})",
                    made.text,
                    f"variables: {json.dumps(variables)}",
                    f"statement: {json.dumps(one[0])} {one[1]}",
                    f"oracle:    {json.dumps(other[0])} {other[1]}",
                ]
            )
            note(tally, one)
            if variables is made.variables[0]:
                keep_cursors(known, made, one)


async def both(portal: Portal, who: str, text: str, variables: Any) -> tuple[Answer, Answer]:
    """The answers of the statement and of the oracle, in one transaction and on one snapshot."""
    engine = portal.engine.execution_options(isolation_level="REPEATABLE READ")
    context = replace(Shared(**vars(portal.context(who))), engine=engine)
    async with context.acting() as session:
        context.session = session
        result = await portal.schema.execute(text, variables, context)
        one = None if result.data is None else json.loads(result.data.bytes), told(result.errors)
        reader = Reader(await session.connection(), constants(context))
        return one, await read(portal.schema, reader, text, variables)


def told(errors: Any) -> list[dict[str, Any]]:
    return [{"message": e.message, "code": (e.extensions or {}).get("code")} for e in errors or ()]


@dataclass
class Shared(Context):
    """A request that reads in a transaction that others use too."""

    session: AsyncSession | None = None

    async def read(self, plan: Plan, variables: VariableValues) -> bytes:
        """On its connection, after which it goes on whatever came of this."""
        connection = await (await self.session.connection()).get_raw_connection()
        driver = connection.driver_connection
        values = plan.arguments(variables, self.asked())
        given = self.opening.values(self.request_id, self.now)
        async with driver.transaction():
            row = await driver.fetchrow(plan.opened_by(self.opening.source), *values, *given)
        return row["answer"]


def difference(made: Made, one: Answer, other: Answer) -> str | None:
    """What is wrong, if anything: equal data in equal order, or a mistake that was made on purpose.

    The statement refuses a bad argument wherever it stands; the oracle meets it only where a row
    brings it there, and knows no cost.
    """
    data, errors = one
    codes = {error["code"] for error in errors}
    if not codes <= made.faults | TOO_MUCH:
        return f"unexpected errors: {errors}"
    if codes:
        return None if data is None else "data beside errors"
    if other[1]:
        return f"only the oracle refuses: {other[1]}"
    return None if json.dumps(data) == json.dumps(other[0]) else "the answers differ"


def note(tally: Tally, one: Answer) -> None:
    data, errors = one
    tally.codes += [error["code"] for error in errors]
    tally.answers += 1
    tally.filled += any(any_leaf(part) for part in (data or {}).values())


def keep_cursors(known: Known, made: Made, one: Answer) -> None:
    for listed, cursor in made.cursors(one[0]):
        kept = known.cursors.setdefault(listed, [])
        if cursor not in kept:
            kept.append(cursor)
            del kept[:-KEPT_CURSORS]


def any_leaf(value: Any) -> bool:
    """Whether something was read from a row, beyond counts and names of types."""
    if isinstance(value, dict):
        return any(any_leaf(part) for part in value.values())
    if isinstance(value, list):
        return any(any_leaf(part) for part in value)
    return value is not None


async def test_the_oracle_reads_the_same_when_the_database_cuts_its_pages(
    made_up: Portal, known: Known
) -> None:
    """As the benchmark lets it, to be fair."""
    for number in range(HURRIED):
        writer = Writer(made_up.schema._schema, Random(f"hurry/{number}"), known)  # noqa: S311
        made = writer.write()
        asked = (made.text, made.variables[0])
        slow = await oracle(made_up.schema, made_up.context("pcc.programme"), *asked)
        if "changes" not in made.text:  # their cursors move with the clock of the database
            context = made_up.context("pcc.programme")
            assert await oracle(made_up.schema, context, *asked, paged=True) == slow, asked


def _opens(field: Any) -> bool:
    """What is opened leaves a line each time: tests of its own ask for it."""
    return isinstance(declare.declared(field).get("read"), declare.Opened)


def test_the_documents_ask_for_everything(made_up: Portal, tally: Tally) -> None:
    """Vacuous agreement would prove nothing."""
    if DOCUMENTS < 1000:
        pytest.skip("too few documents to ask for everything")
    kinds = made_up.schema._schema.type_map
    opened = {f"Query.{name}" for name, each in kinds["Query"].fields.items() if _opens(each)}
    shut = {get_named_type(kinds["Query"].fields[name[6:]].type).name for name in opened}
    fields = {
        f"{name}.{each}"
        for name in ("Query", *declare.SOURCES)
        if isinstance(kind := kinds[name], GraphQLObjectType) and name not in shut
        for each in kind.fields
    } - opened
    missing = sorted(fields - tally.asked)
    assert len(missing) <= len(fields) // 50, missing
    assert not [name for name in missing if name.startswith("Query.")]
    assert tally.filled > tally.answers // 2
    assert sum(code in TOO_MUCH for code in tally.codes) < tally.answers // 20
    assert {"BAD_ID", "BAD_CURSOR", "BAD_USER_INPUT"} <= set(tally.codes)
