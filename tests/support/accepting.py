"""Programs whose owner has said yes, for tests that are about something else."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from auth.oauth.clients import NewClient, add_client
from auth.oauth.tables import Client, ClientAcceptance, ClientKey
from auth.roles import Role, scopes_of
from portal.sample.partnership import agency_id, fixed


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


async def of_role(db: AsyncSession, agency: str, role: Role, key: ECKey) -> None:
    """A program of a matrix agency with the powers of one role, for which its holder answers."""
    now, scopes = datetime.now(UTC), scopes_of(frozenset({role}))
    jwk = {name: str(part) for name, part in key.as_dict(private=False).items()}
    owner, own = fixed("matrix", f"{agency}/{role}"), fixed("matrix-http", agency)
    until = now + timedelta(days=9)
    new = NewClient(agency_id(agency), "HTTP", owner, scopes, until, jwk, own)
    await let_in(db, new, now=now)


async def accept_all(db: AsyncSession, client_id: UUID) -> None:
    """As it is now, with every key."""
    client = await db.get_one(Client, client_id)
    of_it = select(ClientKey.thumbprint).where(col(ClientKey.client_id) == client.id)
    await db.merge(accepted(client, (await db.execute(of_it)).scalars().all()))
    await db.flush()
