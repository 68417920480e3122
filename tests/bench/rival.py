"""PostGraphile 5 as a rival: the same database, role, caller and transaction; equal rows."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import rows
from asked import Questions
from servers import Pairs, Request, Serving, serving
from serving import DAY, NOW, caller_of
from support.npm import NODE, installed

from portal.settings import Settings

HERE = Path(__file__).parent / "postgraphile"


@contextmanager
def its_server(environ: Mapping[str, str]) -> Iterator[Serving]:
    """The server; the first time, npm installs it."""
    folder = installed(HERE)
    script = shutil.copy(HERE / "server.mjs", folder)  # which finds the packages beside it
    told = {"BENCH": json.dumps(_told(environ)), "NODE_ENV": "production"}
    command = [str(NODE), script]
    with serving("postgraphile", {"GRAPHILE_ENV": "production", **told}, command) as started:
        yield started


def _told(environ: Mapping[str, str]) -> dict[str, Any]:
    address = urlsplit(environ["PORTAL_DATABASE_URL"])
    asked = {key: values[0] for key, values in parse_qs(address.query).items()}
    database = {"host": asked["host"], "port": int(asked["port"]), "user": asked["user"]}
    return {
        "database": {**database, "database": address.path.removeprefix("/")},
        "caller": str(caller_of(environ).principal),
        "now": NOW.isoformat(),
        "day": DAY.isoformat(),
        "poolSize": Settings.pool_size,
    }


def in_its_graphql(kind: str, asked: Questions) -> list[Request]:
    """The same questions in its schema's words."""
    document = (HERE / f"{kind}.graphql").read_text()
    given = [{key: value.split(":")[1] for key, value in each.items()} for each in asked[kind]]
    return [("/graphql", {"query": document, "variables": each}) for each in given]


def check_rows(ours: Serving, rival: Serving, mine: list[Request], theirs: list[Request]) -> None:
    """Ends the run if the two do not answer with the same rows."""
    for left, right in zip(mine, theirs, strict=True):
        if rows.ours(_objects(ours.ask(left))) != rows.theirs(_objects(rival.ask(right))):
            raise SystemExit(f"the portal and PostGraphile answer differently: {left[1]}")


def _objects(value: Any) -> Any:
    if isinstance(value, Pairs):
        return {key: _objects(each) for key, each in value}
    return [_objects(each) for each in value] if isinstance(value, list) else value
