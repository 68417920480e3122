"""What a login role may do that it must not, as the database itself says."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_POWERS = text("""
    SELECT says FROM pg_roles r, LATERAL (VALUES
        ('is a superuser', rolsuper),
        ('passes by row-level security (BYPASSRLS)', rolbypassrls),
        ('owns tables, whose row rules it could change',
         EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)),
        ('reaches the credentials (schema auth_secret)',
         has_schema_privilege(to_regnamespace('auth_secret'), 'USAGE')),
        ('may act as anybody (function open_command_caller)',
         has_function_privilege(
             to_regprocedure('open_command_caller(uuid,uuid,timestamptz)'), 'EXECUTE'))
    ) power (says, held)
    WHERE rolname = current_user AND held AND says <> ALL (:may)
""")

OWNS = "owns tables, whose row rules it could change"
REACHES = "reaches the credentials (schema auth_secret)"
ACTS = "may act as anybody (function open_command_caller)"
MAY: dict[str, tuple[str, ...]] = {
    "PORTAL_DATABASE_URL": (),
    "PORTAL_AUTH_DATABASE_URL": (REACHES,),
    "PORTAL_COMMAND_DATABASE_URL": (ACTS,),
    "PORTAL_OWNER_DATABASE_URL": (OWNS, REACHES, ACTS),
}
"""What the role of each setting needs."""

_TO_SETTLE = text("SELECT 1 - extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())")


async def powers(engine: AsyncEngine, setting: str) -> list[str]:
    """What the role that this engine signs in as may do beyond its task."""
    async with engine.connect() as connection:
        found = await connection.execute(_POWERS, {"may": list(MAY[setting])})
        return list(found.scalars())


async def seconds_to_settle(engine: AsyncEngine) -> float:
    """How long the server still refuses proofs made now; negative when it does not.

    A proof is dated by the second, and one that may be older than the server is refused.
    """
    async with engine.connect() as connection:
        return float((await connection.execute(_TO_SETTLE)).scalar_one())
