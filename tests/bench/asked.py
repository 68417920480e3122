"""What is asked of each server: the same questions, about many initiatives and teams."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import asyncpg
from servers import Request, Serving
from serving import CALLER, NOW

from portal.context import opening

HERE = Path(__file__).parent
KINDS = ("board", "detail", "team")
DOCUMENTS = {file.stem: file.read_text() for file in (HERE / "documents").glob("*.graphql")}
Questions = Mapping[str, list[dict]]
"""The variables of each kind of question."""

SOME_INITIATIVES = "SELECT id FROM initiative ORDER BY md5(id::text) LIMIT 50"
BUSY_TEAMS = (
    "SELECT owner_team_id FROM action WHERE state IN ('open', 'in_progress')"
    " GROUP BY 1 ORDER BY count(*) DESC LIMIT 20"
)


async def questions(database_url: str) -> Questions:
    """About what the caller sees."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.fetchrow(opening(CALLER), *CALLER.values(uuid4(), NOW))
            initiatives = [row[0] for row in await connection.fetch(SOME_INITIATIVES)]
            teams = [row[0] for row in await connection.fetch(BUSY_TEAMS)]
    finally:
        await connection.close()
    return {
        "board": [{}],
        "detail": [{"id": f"Initiative:{each}"} for each in initiatives],
        "team": [{"team": f"Team:{each}"} for each in teams],
    }


def in_graphql(kind: str, asked: Questions) -> list[Request]:
    """For the portal and the oracle."""
    return [("/graphql", {"query": DOCUMENTS[kind], "variables": given}) for given in asked[kind]]


def by_name(kind: str, asked: Questions) -> list[Request]:
    """For the hand-written statements."""
    return [("/", {"name": kind, "variables": given}) for given in asked[kind]]


def check_equal(ours: Serving, rival: Serving, mine: list[Request], theirs: list[Request]) -> None:
    """Ends the run if the answers differ, be it in the order of keys."""
    for left, right in zip(mine, theirs, strict=True):
        if ours.ask(left) != rival.ask(right):
            raise SystemExit(f"{ours.name} and {rival.name} answer differently: {left[1]}")
