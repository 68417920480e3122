"""Who it is here that a provider vouches for: their roles, their session, or nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.federation.answers import Proof, app_roles
from auth.federation.federation import Visitor
from auth.federation.refusals import Refused, Told
from auth.federation.tables import Identity, IdentityProvider
from auth.federation.under_way import Begun
from auth.notices import Notice, NoticeKind
from auth.people.invitations import NAME_LIMIT, InvitationOver, accept, look
from auth.roles import Role
from auth.sessions.offers import on_offer
from auth.sessions.tables import BrowserSession
from auth.sessions.verbs import begin, current, end, prove_again
from auth.strength import Strength


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider has vouched for comes back with a browser."""

    provider: IdentityProvider
    proof: Proof
    claims: dict[str, Any]
    """What the provider says of them, in the ID token or beside it."""
    begun: Begun
    visitor: Visitor
    now: datetime

    @property
    def roles(self) -> list[str] | None:
        """The directory's roles; None when they are not mapped."""
        claim = self.provider.roles_claim
        return None if claim is None else app_roles(self.claims, claim)

    @property
    def name(self) -> str:
        """What the agency calls them; empty when it does not say, or strangely."""
        said = self.claims.get("name")
        name = " ".join(said.split()) if isinstance(said, str) else ""
        return name if len(name) <= NAME_LIMIT and name.isprintable() else ""

    @property
    def strength(self) -> Strength:
        return self.proof.strength(self.provider, self.begun.at)


async def sign_in(db: AsyncSession, arrival: Arrival) -> str:
    """The cookie of a new session; whoever was signed in with this browser is so no more."""
    person_id = await _known(db, arrival)
    if arrival.begun.wish.invitation_hash is not None:
        person_id = await _invited(db, arrival, arrival.begun.wish.invitation_hash, person_id)
    if person_id is None:
        raise Refused(Told.NOBODY, "nobody here is known by this subject")
    await _map_roles(db, arrival, person_id)
    if not await on_offer(db, person_id, arrival.provider.id, arrival.now):
        raise Refused(Told.NOBODY, "no membership that this provider speaks for")
    if arrival.visitor.cookie is not None:
        await end(db, arrival.visitor.cookie, arrival.now)
    cookie = await begin(
        db,
        person_id=person_id,
        acr=arrival.strength,
        amr=arrival.proof.amr,
        device=arrival.visitor.device,
        now=arrival.now,
        provider_id=arrival.provider.id,
        provider_session=arrival.proof.provider_session,
    )
    _note(db, arrival, "partner_sign_in", person_id, f"signed in, {arrival.strength}")
    return cookie


async def step_up(db: AsyncSession, arrival: Arrival) -> str:
    """The session's new cookie, if the same person has just proved themselves as agreed."""
    cookie = arrival.visitor.cookie or ""
    held = await current(db, cookie, arrival.now)
    if held is None or held.session_id != arrival.begun.wish.session_id:
        raise Refused(Told.BEGIN_AGAIN, "the session that asked for a fresh proof is over")
    person_id = await _known(db, arrival)
    if held.provider_id != arrival.provider.id or held.person_id != person_id:
        raise Refused(Told.SOMEBODY_ELSE, "the fresh proof is by somebody else")
    if not arrival.strength.reaches(Strength.MULTI_FACTOR):
        raise Refused(Told.TOO_WEAK, "the fresh proof is not as strong as agreed")
    await _map_roles(db, arrival, person_id)
    renewed = await prove_again(
        db, cookie, acr=arrival.strength, amr=arrival.proof.amr, now=arrival.now
    )
    await db.execute(
        update(BrowserSession)
        .where(col(BrowserSession.id) == held.session_id)
        .values(provider_session=arrival.proof.provider_session)
    )
    _note(db, arrival, "partner_step_up", person_id, f"proved again, {arrival.strength}")
    return renewed


async def _invited(
    db: AsyncSession, arrival: Arrival, token_hash: bytes, known: UUID | None
) -> UUID | None:
    """Who it is after the invitation has been used. A link opened twice signs in who has joined."""
    offered = await look(db, token_hash, arrival.now)
    if offered is None:
        return known
    try:
        person_id, _ = await accept(
            db,
            token_hash,
            name=arrival.name or offered.for_whom,
            now=arrival.now,
            provider_id=arrival.provider.id,
            person_id=known,
            today=arrival.visitor.today,
            request_id=arrival.visitor.request_id,
        )
    except InvitationOver:
        return known
    if known is None or offered.again:  # who is let in again has no account left, not even this
        await _remember(db, arrival, person_id)
    return person_id


async def _remember(db: AsyncSession, arrival: Arrival, person_id: UUID) -> None:
    """From now on this subject is that person."""
    taken = (
        insert(Identity)
        .values(
            id=uuid4(),
            issuer=arrival.provider.issuer,
            subject=arrival.proof.subject,
            person_id=person_id,
            joined_at=arrival.now,
        )
        .on_conflict_do_nothing()
        .returning(col(Identity.id))
    )
    if (await db.execute(taken)).first() is None:
        raise Refused(Told.BEGIN_AGAIN, "this subject has joined at the same moment")


async def _known(db: AsyncSession, arrival: Arrival) -> UUID | None:
    """By issuer and subject alone."""
    found = select(col(Identity.person_id)).where(
        col(Identity.issuer) == arrival.provider.issuer,
        col(Identity.subject) == arrival.proof.subject,
    )
    return (await db.execute(found)).scalar_one_or_none()


async def _map_roles(db: AsyncSession, arrival: Arrival, person_id: UUID) -> None:
    """What the directory says of mapped roles holds from this sign-in on."""
    if arrival.roles is None:
        return
    changed = select(
        func.map_roles(arrival.provider.id, person_id, arrival.roles).table_valued(
            "membership_id", "role", "given"
        )
    )
    for membership_id, name, given in (await db.execute(changed)).all():
        role = Role(name)
        says = f"gave the role {role}" if given else f"took the role {role} away"
        note(
            db,
            "role_mapped",
            EventOutcome.DONE,
            f"the agency's directory {says}",
            arrival.visitor.request_id,
            agency_id=arrival.provider.agency_id,
            person_id=person_id,
            membership_id=membership_id,
            at=arrival.now,
        )
        words = role.replace("_", " ")
        told = f"You are now {words}" if given else f"You are no longer {words}"
        db.add(
            Notice(
                person_id=person_id,
                at=arrival.now,
                kind=NoticeKind.ROLE_CHANGED,
                says=f"{told}: your agency's directory says so.",
            )
        )


def _note(db: AsyncSession, arrival: Arrival, kind: str, person_id: UUID, reason: str) -> None:
    note(
        db,
        kind,
        EventOutcome.DONE,
        reason,
        arrival.visitor.request_id,
        agency_id=arrival.provider.agency_id,
        person_id=person_id,
        at=arrival.now,
    )
