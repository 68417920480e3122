"""What the authorization server reads and writes: clients, their keys, what was used once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, any_, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from auth.oauth.tables import Client, ClientAcceptance, ClientKey, SeenAssertion, SeenProof

_CLOCKS_APART = timedelta(minutes=5)  # between this server's clock and the database's


_NOTE_USE = text("""
    INSERT INTO client_use (client_id, thumbprint, used_at)
    SELECT CAST(:client AS uuid), CAST(:key AS text), CAST(:now AS timestamptz)
    WHERE NOT EXISTS (
        SELECT FROM client_use u WHERE u.client_id = :client AND u.thumbprint = :key
          AND u.used_at > CAST(:now AS timestamptz) - interval '1 hour')
    ON CONFLICT (client_id, thumbprint) DO UPDATE SET used_at = excluded.used_at
""")


@dataclass(frozen=True)
class Found:
    """What a client may do today: as its administrators say, and as its owner accepted it. One that
    nobody knows, or that rests, has no keys and no scopes.
    """

    jwks: tuple[dict[str, str], ...] = ()
    scopes: frozenset[str] = frozenset()
    redirect_uris: tuple[str, ...] = ()
    grants: frozenset[str] = frozenset()
    jwks_uri: str | None = None
    name: str = ""
    agency_id: UUID | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at is not None and now < self.expires_at


def find_client(db: Session, client_id: UUID, now: datetime) -> Found:
    """The client and the keys it may sign with now, in one statement."""
    accepted = ClientAcceptance
    usable = and_(
        col(ClientKey.client_id) == col(Client.id),
        or_(col(ClientKey.retired_at).is_(None), col(ClientKey.retired_at) > now),
        col(ClientKey.thumbprint) == any_(col(accepted.thumbprints)),
    )
    rows: Sequence[Any] = db.execute(
        select(
            Client.__table__,  # type: ignore[attr-defined]  # as any table
            col(ClientKey.jwk),
            col(accepted.scopes).label("accepted_scopes"),
            col(accepted.grants).label("accepted_grants"),
            col(accepted.redirect_uris).label("accepted_addresses"),
            col(accepted.jwks_uri).label("accepted_jwks_uri"),
        )
        .join(accepted, col(accepted.id) == col(Client.id))
        .join(ClientKey, usable, isouter=True)
        .where(col(Client.id) == client_id)
    ).all()
    if not rows:
        return Found()
    client = rows[0]
    return Found(
        jwks=tuple(row.jwk for row in rows if row.jwk),
        scopes=frozenset(client.scopes) & frozenset(client.accepted_scopes),
        redirect_uris=tuple(a for a in client.redirect_uris if a in client.accepted_addresses),
        grants=frozenset(client.grants) & frozenset(client.accepted_grants),
        # Another address waits while the accepted one is used; none at all is at once none.
        jwks_uri=client.jwks_uri and client.accepted_jwks_uri,
        name=client.name,
        agency_id=client.agency_id,
        expires_at=client.expires_at,
        ended_at=client.ended_at,
    )


def note_use(db: Session, client_id: UUID, thumbprint: str, now: datetime) -> None:
    """When the client last proved itself with this key: written once an hour at most."""
    db.execute(_NOTE_USE, {"client": client_id, "key": thumbprint, "now": now})


def take_proof(db: Session, proof: bytes, now: datetime) -> bool:
    """Whether this proof was unused until now; of any number at once, one hears yes."""
    return _take(db, SeenProof, proof=proof, seen_at=now)


def take_assertion(db: Session, number: bytes, client_id: UUID, now: datetime) -> bool:
    """Whether this assertion was unused until now; of any number at once, one hears yes."""
    return _take(db, SeenAssertion, assertion=number, client_id=client_id, seen_at=now)


def _take(db: Session, table: type[SQLModel], **values: object) -> bool:
    # RETURNING a constant asks for no right to read the table.
    taken = insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return db.execute(taken).first() is not None
