"""Lints the row rules of a freshly migrated database with pgrls: `poe policies`."""

import asyncio
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER
from portal.store.cluster import checkout
from portal.store.engines import Engines
from portal.store.migrations.migrate import migrate
from portal.store.server import Server, running

EXCEPTIONS = checkout() / "deploy" / "pgrls.toml"
NAMES = """
    SELECT concat_ws('.', schemaname, tablename, policyname) FROM pg_policies
    UNION SELECT concat_ws('.', relnamespace::regnamespace, relname, tgname)
    FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal
    UNION SELECT schemaname || '.' || tablename FROM pg_tables
"""


def main() -> int:
    """0 when there is nothing to say."""
    with running(name="policies", durable=False, fresh=True) as server:
        names = asyncio.run(_migrated(server))
        config = tomllib.loads(EXCEPTIONS.read_text())
        unused = list(write_out(config["lint"]["rules"], names))
        for rule, entry in unused:
            sys.stdout.write(
                f"{EXCEPTIONS}: {rule} excepts {entry}, which is not there: remove it.\n"
            )
        found = _lint(config, server.dsn(SUPERUSER))
    return found or bool(unused)


async def _migrated(server: Server) -> list[str]:
    async def nothing(_: AsyncConnection) -> None:
        """Rules need no rows."""

    engines = Engines(Settings.from_env(server.environ()))
    await migrate(engines.owner, nothing)
    await engines.dispose()
    connection = await asyncpg.connect(server.dsn(SUPERUSER))
    found = [name for (name,) in await connection.fetch(NAMES)]
    await connection.close()
    return found


def write_out(rules: dict[str, Any], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Put names where the patterns are; what fits nothing is returned."""
    for rule, options in rules.items():
        fitting = {
            entry: [name for name in names if fnmatchcase(name, entry)]
            for entry in options["allowlist"]
        }
        options["allowlist"] = sorted({name for found in fitting.values() for name in found})
        yield from ((rule, entry) for entry, found in fitting.items() if not found)


def _lint(config: dict[str, Any], dsn: str) -> int:
    lint = config["lint"]
    lines = ["[database]", f"schemas = {json.dumps(config['database']['schemas'])}"]
    lines += ["[lint]", f"disable = {json.dumps(lint['disable'])}"]
    for rule, options in lint["rules"].items():
        lines += [f"[lint.rules.{rule}]", f"allowlist = {json.dumps(options['allowlist'])}"]
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "pgrls.toml"
        written.write_text("\n".join(lines))
        lint_it = ["lint", "--config", str(written), "--database-url", dsn]
        ran = subprocess.run([sys.executable, "-m", "pgrls", *lint_it], check=False)  # noqa: S603 - our own words
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
