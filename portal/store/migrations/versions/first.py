"""Every table, function and row rule of the first release, in an empty database."""

from alembic import op

from portal.store.migrations.migrate import run_sql

revision = "first_84137ebd83c5"
down_revision = None


def upgrade() -> None:
    """Adds only."""
    run_sql(op.get_bind(), "first.sql")
