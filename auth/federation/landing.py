"""Who it is here that a provider vouches for: their roles, their session, or nobody."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.federation.answers import Proof, app_roles
from auth.federation.arrivals import Arrived
from auth.federation.federation import Visitor
from auth.federation.refusals import Refused, Told
from auth.federation.tables import Identity, IdentityProvider, RoleMapping
from auth.federation.under_way import Begun
from auth.notices import Notice, NoticeKind
from auth.people.invitations import NAME_LIMIT, Offered, accept, look
from auth.roles import Role
from auth.sessions.offers import on_offer
from auth.sessions.tables import BrowserSession
from auth.sessions.verbs import begin, current, end, prove_again
from auth.strength import Strength


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider has vouched for comes with a browser."""

    provider: IdentityProvider
    who: Arrived
    visitor: Visitor
    now: datetime


def arrived(
    provider: IdentityProvider,
    proof: Proof,
    claims: dict[str, Any],
    begun: Begun,
    now: datetime,
) -> Arrived:
    """What an answer that was believed comes to; `claims` are the ID token's and what is said
    beside it."""
    claim = provider.roles_claim
    return Arrived(
        provider.id,
        proof.subject,
        _name(claims),
        None if claim is None else app_roles(claims, claim),
        proof.strength(provider, begun.at),
        proof.amr,
        proof.provider_session,
        now,
        begun.wish.invitation_hash,
    )


async def sign_in(db: AsyncSession, arrival: Arrival) -> str | Arrived:
    """The cookie of a new session; or, of somebody who is nobody here yet and has been invited,
    who they are: a link lets nobody join who has not said yes to what it offers.
    """
    person_id = await _known(db, arrival)
    if person_id is not None and await _enters(db, arrival, person_id):
        return await _begin(db, arrival, person_id)
    if await _invited(db, arrival) is not None:
        return await _waiting(db, arrival)
    reason = "nobody here is known by this subject"
    if person_id is not None:
        reason = "no membership that this provider speaks for"
    raise Refused(Told.NOBODY, reason)


async def join(db: AsyncSession, arrival: Arrival) -> str:
    """They have said yes: the cookie of a new session. InvitationOver when it was used meanwhile;
    the caller commits that, too."""
    offered, known = await _invited(db, arrival), await _known(db, arrival)
    person_id, _ = await accept(
        db,
        arrival.who.invitation_hash or b"",
        name=arrival.who.name or (offered.for_whom if offered else ""),
        now=arrival.now,
        provider_id=arrival.provider.id,
        person_id=known,
        today=arrival.visitor.today,
        request_id=arrival.visitor.request_id,
    )
    if known is None or (offered and offered.again):  # no way in is left of before, not even this
        await _remember(db, arrival, person_id)
    if not await _enters(db, arrival, person_id):
        raise Refused(Told.NOBODY, "no membership that this provider speaks for")
    return await _begin(db, arrival, person_id)


async def step_up(db: AsyncSession, arrival: Arrival, session_id: UUID) -> str:
    """The session's new cookie, if the same person has just proved themselves as agreed."""
    cookie = arrival.visitor.cookie or ""
    held = await current(db, cookie, arrival.now)
    if held is None or held.session_id != session_id:
        raise Refused(Told.BEGIN_AGAIN, "the session that asked for a fresh proof is over")
    person_id = await _known(db, arrival)
    if held.provider_id != arrival.provider.id or held.person_id != person_id:
        raise Refused(Told.SOMEBODY_ELSE, "the fresh proof is by somebody else")
    if not arrival.who.acr.reaches(Strength.MULTI_FACTOR):
        raise Refused(Told.TOO_WEAK, "the fresh proof is not as strong as agreed")
    await _map_roles(db, arrival, person_id)
    renewed = await prove_again(
        db, cookie, acr=arrival.who.acr, amr=arrival.who.amr, now=arrival.now
    )
    await db.execute(
        update(BrowserSession)
        .where(col(BrowserSession.id) == held.session_id)
        .values(provider_session=arrival.who.provider_session)
    )
    _note(db, arrival, "partner_step_up", person_id, f"proved again, {arrival.who.acr}")
    return renewed


async def _enters(db: AsyncSession, arrival: Arrival, person_id: UUID) -> bool:
    """Whether there is a membership to act as, once the directory's roles are those of today."""
    await _map_roles(db, arrival, person_id)
    return bool(await on_offer(db, person_id, arrival.provider.id, arrival.now))


async def _begin(db: AsyncSession, arrival: Arrival, person_id: UUID) -> str:
    """Whoever was signed in with this browser is so no more. The proof is as old as it is."""
    if arrival.visitor.cookie is not None:
        await end(db, arrival.visitor.cookie, arrival.now)
    cookie = await begin(
        db,
        person_id=person_id,
        acr=arrival.who.acr,
        amr=arrival.who.amr,
        device=arrival.visitor.device,
        now=arrival.who.at,
        provider_id=arrival.provider.id,
        provider_session=arrival.who.provider_session,
    )
    _note(db, arrival, "partner_sign_in", person_id, f"signed in, {arrival.who.acr}")
    return cookie


async def _invited(db: AsyncSession, arrival: Arrival) -> Offered | None:
    """The living invitation they came with, if this provider speaks for its agency."""
    hashed = arrival.who.invitation_hash
    offered = await look(db, hashed, arrival.now) if hashed else None
    if offered is None:
        return None
    vouches = select(func.sign_in_vouches(arrival.provider.id, offered.agency_id))
    return offered if await db.scalar(vouches) else None


async def _waiting(db: AsyncSession, arrival: Arrival) -> Arrived:
    """With those of the directory's roles that mean something here."""
    who = arrival.who
    if who.roles is not None:
        mapped = select(col(RoleMapping.app_role)).where(
            col(RoleMapping.provider_id) == arrival.provider.id,
            col(RoleMapping.app_role).in_(who.roles),
        )
        who = replace(who, roles=sorted(set((await db.execute(mapped)).scalars())))
    _note(db, arrival, "partner_sign_in", None, "has still to say yes to an invitation")
    return who


async def _remember(db: AsyncSession, arrival: Arrival, person_id: UUID) -> None:
    """From now on this subject is that person."""
    taken = (
        insert(Identity)
        .values(
            id=uuid4(),
            issuer=arrival.provider.issuer,
            subject=arrival.who.subject,
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
        col(Identity.subject) == arrival.who.subject,
    )
    return (await db.execute(found)).scalar_one_or_none()


async def _map_roles(db: AsyncSession, arrival: Arrival, person_id: UUID) -> None:
    """What the directory says of mapped roles holds from this sign-in on."""
    if arrival.who.roles is None:
        return
    changed = select(
        func.map_roles(arrival.provider.id, person_id, list(arrival.who.roles)).table_valued(
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


def _note(
    db: AsyncSession, arrival: Arrival, kind: str, person_id: UUID | None, reason: str
) -> None:
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


def _name(claims: dict[str, Any]) -> str:
    said = claims.get("name")
    name = " ".join(said.split()) if isinstance(said, str) else ""
    return name if len(name) <= NAME_LIMIT and name.isprintable() else ""
