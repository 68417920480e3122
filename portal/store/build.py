"""A new database from the declarations, and the few rows that every database needs."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.store.context_keys import new_context_key


async def build(owner: AsyncConnection, statements: Iterable[str]) -> None:
    """Run the DDL on the driver: a file of functions holds several statements."""
    await owner.execute(text("SELECT 1"))  # begins the transaction that the driver then joins
    driver: Any = (await owner.get_raw_connection()).driver_connection
    for statement in statements:
        await driver.execute(statement)


async def furnish(owner: AsyncConnection, scopes: Mapping[str, Iterable[str]]) -> None:
    """The signing key, the two keys of no agency, and the table of roles as it is today."""
    if not (await owner.execute(text("SELECT count(*) FROM auth_secret.context_key"))).scalar_one():
        await new_context_key(owner)
    await owner.execute(
        text(
            "INSERT INTO capability (kind) VALUES ('public'), ('partnership')"
            " ON CONFLICT DO NOTHING"
        )
    )
    await owner.execute(text("DELETE FROM role_scope"))
    rows = [{"role": role, "scope": scope} for role, held in scopes.items() for scope in held]
    await owner.execute(text("INSERT INTO role_scope (role, scope) VALUES (:role, :scope)"), rows)
