"""The table of roles as the database reads it beside the scopes."""

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.roles import ROLES, excluded_by, invitable
from auth.tables import RoleTrait
from portal.store.rules import table_of


async def furnish_roles(owner: AsyncConnection) -> None:
    """As auth/roles.py has it today; safe to repeat."""
    table = table_of(RoleTrait)
    await owner.execute(delete(table))
    rows = [
        {
            "role": role.value,
            "cases": trait.cases,
            "second_person": trait.second_person,
            "invitable": invitable(role),
            "kinds": sorted(trait.kinds),
            "excludes": sorted(excluded_by(role)),
        }
        for role, trait in ROLES.items()
    ]
    await owner.execute(insert(table), rows)
