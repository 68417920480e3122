"""graphql/examples/: the answer to each operation, for one telling person of the sample.

An operation's file begins with comments: what it is for, then `# example as PERSON` and, if it
takes variables, `# with {...}` on one line or several. `# example as PERSON on DATE` is asked on a
later day than the sample's own, when more has become late.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import text

from portal.context import ByCommand, Rehearsal
from portal.database import RULES, statements
from portal.edge.documents import Document
from portal.edge.library import Library
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, membership_id
from portal.settings import Settings
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import running

_AS = re.compile(r"^# example as (\S+)(?: on (\d{4}-\d{2}-\d{2}))?$", re.MULTILINE)
_WITH = re.compile(r"^# with (\{.*?\n(?!#))", re.MULTILINE | re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFERENCE = re.compile(r"\b(?:VG|RF)-[0-9A-Z]{6}\b")
_LINK = re.compile(r"(/join\?invitation=)[\w-]{43}")
_CURSOR = re.compile(r'("(?:cursor|endCursor|startCursor|changesCursor)": )"[^"]*"')


@dataclass(frozen=True)
class Example:
    """Who asks, with which variables, and on which day."""

    person: str
    variables: dict[str, Any]
    day: date = DAY


def example_of(document: Document) -> Example:
    """What the comments at the head of an operation say."""
    person, variables = _AS.search(document.text), _WITH.search(document.text)
    if person is None:
        raise ValueError(f"{document.name}: say `# example as PERSON` at the head of the file")
    plain = re.sub(r"\n#", "\n", variables[1]) if variables else "{}"
    return Example(person[1], json.loads(plain), date.fromisoformat(person[2] or str(DAY)))


def examples(schema: strawberry.Schema, library: Library, folder: Path) -> dict[Path, str]:
    """Each operation's answer on a sample of its own; starts and stops a throw-away server."""
    documents = list(library.trusted)
    with running(name="contract", durable=False, fresh=True) as server:
        settings = Settings.from_env(server.environ())
        answered = asyncio.run(_answers(schema, documents, settings))
    return {folder / "examples" / f"{name}.json": told for name, told in answered.items()}


@asynccontextmanager
async def _sample(settings: Settings) -> AsyncIterator[Engines]:
    engines = Engines(settings)
    async with engines.owner.begin() as owner:
        await build(owner, statements())
        await furnish_portal(owner)
        await load_sample(owner)
    try:
        yield engines
    finally:
        await engines.dispose()


async def _answers(
    schema: strawberry.Schema, documents: list[Document], settings: Settings
) -> dict[str, str]:
    async with _sample(settings) as engines:
        tell = await teller(engines)
        return {d.name: tell(await answer(schema, engines, d)) for d in documents}


async def answer(schema: strawberry.Schema, engines: Engines, document: Document) -> dict[str, Any]:
    """The answer to one operation as its example asks it; a mutation's change is taken back."""
    example = example_of(document)
    now = datetime.combine(example.day, time(9), UTC)
    opening = ByCommand(membership_id(example.person))
    context = Rehearsal(engines.command, opening, UUID(int=0), now, demonstration=True)
    result = await schema.execute(
        document.text, variable_values=example.variables, context_value=context
    )
    if result.errors:
        raise ValueError(f"{document.name}: {result.errors[0].message}")
    raw: Any = result.data
    return {"data": json.loads(raw.bytes)}


async def teller(engines: Engines) -> Callable[[dict[str, Any]], str]:
    """Writes an answer alike at every run: new ids are numbered, cursors and links hidden."""
    known: set[str] = set()
    async with engines.owner.connect() as owner:
        for name, rule in RULES.items():
            if "id" in rule.table.columns:
                rows = await owner.execute(text(f"SELECT id::text FROM {name}"))  # noqa: S608 - declared
                known.update(rows.scalars())
        both = "SELECT reference FROM initiative UNION ALL SELECT reference FROM referral"
        rows = await owner.execute(text(both))
        known.update(rows.scalars())

    def tell(answered: dict[str, Any]) -> str:
        told = json.dumps(answered, indent=2, ensure_ascii=False) + "\n"
        for shape, number in (
            (_UUID, "00000000-0000-4000-8000-{:012d}"),
            (_REFERENCE, "{kind}-{:06d}"),
        ):
            numbers = count(1)
            new = dict.fromkeys(found for found in shape.findall(told) if found not in known)
            for found in new:
                told = told.replace(found, number.format(next(numbers), kind=found[:2]))
        return _CURSOR.sub(r'\1"…"', _LINK.sub(r"\1…", told))

    return tell
