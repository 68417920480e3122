"""Writes the first migration from the declarations, while nothing is released: `poe migration`."""

import re
import sys
from collections.abc import Iterable
from hashlib import sha256

from portal.database import statements
from portal.store.migrations.migrate import HERE, scripts

SQL = HERE / "versions" / "first.sql"
STEP = SQL.with_suffix(".py")

_VERSION_TABLE = (
    "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner ON alembic_version FOR ALL TO portal_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY see ON alembic_version FOR SELECT TO portal_runtime USING (true)",
    "GRANT SELECT ON alembic_version TO portal_runtime",
)
"""Alembic makes this table before the first migration; /readyz reads it."""


def sql_text(parts: Iterable[str]) -> str:
    """Statements and files of functions as one script."""
    ended = (part.strip().rstrip(";") + ";\n" for part in parts)
    head = "-- Written by `poe migration` from the declarations; later ones by hand.\n"
    return head + "\n" + "\n".join(ended)


def written() -> str:
    """The first migration as it should be today."""
    return sql_text([*_VERSION_TABLE, *statements()])


def revision_of(sql: str) -> str:
    """Named after its content, so that a database made from an earlier draft is not
    taken for this one.
    """
    return f"first_{sha256(sql.encode()).hexdigest()[:12]}"


def main() -> None:
    """Write the SQL and put its name into the migration."""
    if len(list(scripts().walk_revisions())) > 1:
        sys.exit("Later migrations stand on the first one: write a new one by hand beside them.")
    sql = written()
    SQL.write_text(sql)
    step = re.sub(r'(?m)^revision = ".*"$', f'revision = "{revision_of(sql)}"', STEP.read_text())
    STEP.write_text(step)
    sys.stdout.write(f"Wrote {revision_of(sql)} to {SQL} and {STEP.name}.\n")


if __name__ == "__main__":
    main()
