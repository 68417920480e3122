"""MARAC lists as people keep them, brought in by the command; and what a database then holds."""

import asyncio
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
from support.commands import run

from portal.sheets.conferences import LIST

WHO, COORDINATOR = "tww.caseworker", "marac.coordinator"
HEADS = [column.header for column in LIST.columns]
READ = ("--disclosure-read",)


def case(number: int, **more: Any) -> dict[str, Any]:
    return {
        "Reference": f"TWW 26/{number}", "Area": "E08000015",
        "Accused works for a partner": "none known", "Route": "visible high risk",
        "Consent": "given", "Aware": "yes", "Wishes": "aware and willing",
        "Basis": "public task", "Reasons": "domestic abuse", "Safe ways": "text; call",
        "Tool": "merit", "Tool version": "3", "Score": "74", "Assessed on": "2026-11-14",
        **{name.replace("_", " "): value for name, value in more.items()},
    }  # fmt: skip


def listed(path: Path, *cases: Mapping[str, Any], heads: list[str] | None = None) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, heads or HEADS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(cases)
    return path


def imports(environ: Mapping[str, str], file: Path, *more: str, who: str = WHO) -> tuple[int, str]:
    ran = run("import", "marac", str(file), "--as", who, *more, environ=environ)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exc_info
    return ran.exit_code, ran.output


def everything_in(environ: Mapping[str, str]) -> str:
    """Every text that any table holds."""
    return asyncio.run(_everything(environ))


async def _everything(environ: Mapping[str, str]) -> str:
    connection = await asyncpg.connect(environ["PORTAL_OWNER_DATABASE_URL"].replace("+asyncpg", ""))
    try:
        found = await connection.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name"
            " FROM information_schema.tables"
            " WHERE table_schema IN ('public', 'auth_secret') AND table_type = 'BASE TABLE'"
        )
        texts = []
        for row in found:
            held = await connection.fetch(f"SELECT t::text AS row FROM {row['name']} t")  # noqa: S608
            texts += [one["row"] for one in held]
        return "\n".join(texts)
    finally:
        await connection.close()


def count(environ: Mapping[str, str], of: str = "TWW 26/%") -> int:
    """How many cases have such a number of somebody's own."""
    return asyncio.run(_count(environ, of))


async def _count(environ: Mapping[str, str], of: str) -> int:
    connection = await asyncpg.connect(environ["PORTAL_OWNER_DATABASE_URL"].replace("+asyncpg", ""))
    try:
        found = "SELECT count(*) FROM local_reference WHERE value LIKE $1"
        return int(await connection.fetchval(found, of))
    finally:
        await connection.close()
