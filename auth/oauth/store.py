"""What the authorization server reads and writes: clients, their keys, what was used once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from auth.oauth.assertions import LONGEST_LIFE
from auth.oauth.jose import SKEW
from auth.oauth.proofs import OLDEST
from auth.oauth.tables import AccessToken, Client, ClientKey, SeenAssertion, SeenProof

_CLOCKS_APART = timedelta(minutes=5)  # between this server's clock and the database's


@dataclass(frozen=True)
class Found:
    """What is stored of a client; an unknown one has no keys and no scopes."""

    jwks: tuple[dict[str, str], ...] = ()
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    ended_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at is not None and now < self.expires_at


def find_client(db: Session, client_id: UUID, now: datetime) -> Found:
    """The client and the keys it may sign with now, in one statement."""
    usable = or_(col(ClientKey.retired_at).is_(None), col(ClientKey.retired_at) > now)
    rows = db.execute(
        select(col(Client.scopes), col(Client.expires_at), col(Client.ended_at), col(ClientKey.jwk))
        .join(ClientKey, and_(col(ClientKey.client_id) == col(Client.id), usable), isouter=True)
        .where(col(Client.id) == client_id)
    ).all()
    if not rows:
        return Found()
    scopes, expires_at, ended_at, _ = rows[0]
    return Found(tuple(row.jwk for row in rows if row.jwk), frozenset(scopes), expires_at, ended_at)


def take_proof(db: Session, proof: bytes, now: datetime) -> bool:
    """Whether this proof was unused until now; of any number at once, one hears yes."""
    return _take(db, SeenProof, proof=proof, seen_at=now)


def take_assertion(db: Session, number: bytes, client_id: UUID, now: datetime) -> bool:
    """Whether this assertion was unused until now; of any number at once, one hears yes."""
    return _take(db, SeenAssertion, assertion=number, client_id=client_id, seen_at=now)


async def forget_spent(db: AsyncSession, now: datetime) -> int:
    """Drop the marks of what its own dates refuse by now, and the tokens that have ended."""
    spent = (
        delete(SeenProof).where(col(SeenProof.seen_at) < now - OLDEST - SKEW - _CLOCKS_APART),
        delete(SeenAssertion).where(
            col(SeenAssertion.seen_at) < now - LONGEST_LIFE - 2 * SKEW - _CLOCKS_APART
        ),
        delete(AccessToken).where(col(AccessToken.expires_at) < now - _CLOCKS_APART),
    )
    gone = 0
    for statement in spent:
        result = await db.execute(statement)
        gone += result.rowcount if isinstance(result, CursorResult) else 0
    return gone


def _take(db: Session, table: type[SQLModel], **values: object) -> bool:
    # RETURNING a constant asks for no right to read the table.
    taken = insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return db.execute(taken).first() is not None
