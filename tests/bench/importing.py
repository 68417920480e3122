"""A spreadsheet of 10,000 rows: read, checked and written, against COPY of what it wrote."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import asyncpg
from seeded import environ
from sqlalchemy import text

from portal import database
from portal.context import ByCommand, Context
from portal.furnishing import furnish_portal
from portal.measures.tables import MeasureDefinition
from portal.sample.partnership import DAY, load_partnership, membership_id
from portal.sample.seeding import seed
from portal.settings import Settings
from portal.sheets.importing import run_import
from portal.sheets.plan import Options
from portal.sheets.reading import read_book
from portal.sheets.workbook import write_workbook
from portal.sheets.writing import IN_ORDER
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.rules import table_of
from portal.store.server import Server

INITIATIVES, MEASURES = 1_000, 500
"""With 1,500 partners, 1,000 sums, 4,000 actions and 2,000 figures these are 10,000 rows."""
WHO = "wirral.coordinator"
NOW = datetime.combine(DAY, time(9), UTC)
TABLES = [table_of(model).name for model in IN_ORDER]
PARTNERS = ("RASA Merseyside", "Merseytravel", "Savera UK")


def ratios(server: Server, rounds: int) -> list[float]:
    """Import time over COPY time, in turns on emptied tables."""
    return asyncio.run(_ratios(server, rounds))


async def _ratios(server: Server, rounds: int) -> list[float]:
    name = f"importing_{uuid4().hex[:8]}"
    await asyncio.to_thread(bootstrap, server.dsn, name)
    engines = Engines(Settings.from_env(environ(server, name)))
    superuser = await asyncpg.connect(server.dsn(SUPERUSER, name))
    try:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "many.xlsx"
            await _prepare(engines, file)
            return [await _turn(engines, superuser, file) for _ in range(rounds)]
    finally:
        await engines.dispose()
        await superuser.close()
        above = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
        await above.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await above.close()


async def _prepare(engines: Engines, file: Path) -> None:
    async with engines.owner.begin() as owner:
        await build(owner, database.statements())
        await furnish_portal(owner)
        await load_partnership(owner)
        await seed(owner, 1)
        keys = await owner.execute(text(f"SELECT key FROM {table_of(MeasureDefinition).name}"))  # noqa: S608
        write_workbook(file, _rows(keys.scalars().first() or ""), ("Help", ()))


async def _turn(engines: Engines, superuser: asyncpg.Connection, file: Path) -> float:
    await _empty(superuser)
    begun = perf_counter()
    context = Context(engines.command, ByCommand(membership_id(WHO)), uuid4(), NOW)
    report = await run_import(context, read_book(file), Options())
    ours = perf_counter() - begun
    assert not report.faults, report.faults[:3]
    written = {table: await _copied_out(superuser, table) for table in TABLES}
    await _empty(superuser)
    begun = perf_counter()
    async with superuser.transaction():
        for table, rows in written.items():
            await superuser.copy_to_table(table, source=BytesIO(rows), format="binary")
    return ours / (perf_counter() - begun)


async def _copied_out(superuser: asyncpg.Connection, table: str) -> bytes:
    out = BytesIO()
    await superuser.copy_from_table(table, output=out, format="binary")
    return out.getvalue()


async def _empty(superuser: asyncpg.Connection) -> None:
    await superuser.execute(f"TRUNCATE {', '.join(TABLES)}, change, history CASCADE; CHECKPOINT")


def _rows(measure: str) -> dict[str, Iterator[Sequence[object]]]:
    """By sheet, in the order of its columns."""
    numbers = range(INITIATIVES)
    return {
        "Initiatives": (
            (f"i{n}", f"Safer stop {n}", "Lamps and patrols. " * 12, None, "Community safety", None,
             "Wirral", None, "Transport", None, "live", "partnership", None, date(2026, 1, 5),
             date(2027, 1, 5))
            for n in numbers
        ),
        "Partners": (
            (f"i{n}", PARTNERS[at], "deliver; support")
            for n in numbers for at in range(1 + n % 2)
        ),
        "Funding": ((f"i{n}", "Safer Streets", f"G{n}", "2026/27", 1000 + n, 20) for n in numbers),
        "Actions": (
            (f"i{n}", f"Fit lamp {at}", "As agreed.", None, "Community safety",
             date(2026, 12, 1) + timedelta(days=at))
            for n in numbers for at in range(4)
        ),
        "Measures": (
            (f"i{n}", measure, 10, date(2026, 1, 1), 50, date(2027, 1, 1))
            for n in range(MEASURES)
        ),
        "Observations": (
            (f"i{n}", measure, date(2026, 1 + at, 1), date(2026, 1 + at, 28), 10 + at)
            for n in range(MEASURES) for at in range(4)
        ),
    }  # fmt: skip


def ratio(server: Server, rounds: int) -> float:
    """The median of the turns."""
    return median(ratios(server, rounds))
