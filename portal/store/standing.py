"""What a login role may do that it must not, as the database itself says."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.logins import BY_SETTING, Power

_HELD = {
    Power.SUPERUSER: "rolsuper",
    Power.BYPASS: "rolbypassrls",
    Power.OWNS: "EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)",
    Power.REACHES: "has_schema_privilege(to_regnamespace('auth_secret'), 'USAGE')",
    Power.ACTS: """has_function_privilege(
        to_regprocedure('open_command_caller(uuid,uuid,timestamptz)'), 'EXECUTE')""",
}
_LISTED = ", ".join(f"('{power}', {held})" for power, held in _HELD.items())
_POWERS = text(f"""
    SELECT says FROM pg_roles r, LATERAL (VALUES {_LISTED}) power (says, held)
    WHERE rolname = current_user AND held AND says <> ALL (:may)
""")  # noqa: S608 - our own words

_TO_SETTLE = text("SELECT 1 - extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())")


async def powers(engine: AsyncEngine, setting: str) -> list[str]:
    """What the role that this engine signs in as may do beyond its task."""
    async with engine.connect() as connection:
        found = await connection.execute(_POWERS, {"may": list(BY_SETTING[setting].may)})
        return list(found.scalars())


async def seconds_to_settle(engine: AsyncEngine) -> float:
    """How long the server still refuses proofs made now; negative when it does not.

    A proof is dated by the second, and one that may be older than the server is refused.
    """
    async with engine.connect() as connection:
        return float((await connection.execute(_TO_SETTLE)).scalar_one())
