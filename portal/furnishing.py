"""The rows that every database of the portal holds before anybody uses it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.areas import furnish_areas
from auth.people.furnish import furnish_roles
from auth.roles import SCOPES
from portal.agreements.gateways import furnish_gateways
from portal.frameworks.reference import furnish_frameworks
from portal.store.build import furnish


async def furnish_portal(owner: AsyncConnection) -> None:
    """The signing key, nobody's keys, the roles, areas, frameworks and gateways; safe to repeat."""
    await furnish(owner, {role.value: scopes for role, scopes in SCOPES.items()})
    await furnish_roles(owner)
    await furnish_areas(owner)
    await furnish_frameworks(owner)
    await furnish_gateways(owner)
