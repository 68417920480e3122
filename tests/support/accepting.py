"""Programs whose owner has said yes, for tests that are about something else."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from auth.oauth.clients import NewClient, add_client
from auth.oauth.tables import Client, ClientAcceptance, ClientKey


def accepted(client: Client, thumbprints: Collection[str] = ()) -> ClientAcceptance:
    """The row that accept_client would write; only the tables' owner can insert it."""
    return ClientAcceptance(
        id=client.id,
        owner_membership_id=client.owner_membership_id,
        accepted_at=client.created_at,
        scopes=client.scopes,
        grants=client.grants,
        redirect_uris=client.redirect_uris,
        jwks_uri=client.jwks_uri,
        thumbprints=list(thumbprints),
    )


async def let_in(db: AsyncSession, new: NewClient, *, now: datetime) -> UUID:
    """Added by an administrator, and accepted by its owner."""
    client_id = await add_client(db, new, now=now)
    await accept_all(db, client_id)
    return client_id


async def accept_all(db: AsyncSession, client_id: UUID) -> None:
    """As it is now, with every key."""
    client = await db.get_one(Client, client_id)
    of_it = select(ClientKey.thumbprint).where(col(ClientKey.client_id) == client.id)
    await db.merge(accepted(client, (await db.execute(of_it)).scalars().all()))
    await db.flush()
