"""The person's part: a pushed request is opened, decided once, and answered to its client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import col

from auth.oauth import granting, knowing
from auth.oauth.answers import Said, consented, refused
from auth.oauth.consents import Consent
from auth.oauth.granted import Known
from auth.oauth.knowing import KnownClient
from auth.oauth.provider import REFUSED, Outcome, Provider
from auth.oauth.scopes import ABOUT_THE_PERSON, OPENID, words
from auth.oauth.wishes import Wishes, read_wishes
from auth.sessions.offers import Offer, on_offer
from auth.sessions.verbs import Current, NotOffered, SessionOver, stay
from auth.strength import Strength
from auth.tables import Agency

NEEDED = ("client_id", "request_uri")
_LONGEST = 256


@dataclass(frozen=True)
class Door:
    """One request by a person's browser; `db` is a session of portal_auth."""

    db: AsyncSession
    provider: Provider
    request_id: UUID


@dataclass(frozen=True)
class Refusal:
    """Nothing that could be answered to a client: the person is told, on a page."""

    message: str
    status: int = 400


@dataclass(frozen=True)
class Pending:
    """A request that waits for its person."""

    name: str
    name_hash: bytes
    client: KnownClient
    agency: str
    parameters: dict[str, str]
    wishes: Wishes
    pushed_at: datetime

    @property
    def asked(self) -> frozenset[str]:
        return words(self.parameters.get("scope")) or self.client.scopes

    @property
    def redirect_uri(self) -> str:
        return self.parameters["redirect_uri"]


class Step(StrEnum):
    """What the person must do next."""

    SIGN_IN = "sign_in"
    PROVE_AGAIN = "prove_again"
    DECIDE = "decide"


class Gone(Exception):
    """The request has been answered already, or its time is over."""


async def pending(at: Door, params: Sequence[tuple[str, str]]) -> Pending | Refusal:
    """The request that a browser comes with. Only the two names count, whatever stands beside
    them: the rest was pushed (RFC 9126 4), and what was not pushed was not asked."""
    found = await at.db.run_sync(_open, at.provider, params)
    if isinstance(found, Refusal):
        line = Outcome(REFUSED, found.message, at.request_id, kind="authorization")
        await at.db.run_sync(at.provider.record, line)
    return found


def next_step(asked: Pending, who: Current | None, now: datetime) -> Step | str:
    """The person's next step, or the error that the client hears instead."""
    wishes, silent = asked.wishes, "none" in asked.wishes.prompt
    if wishes.acr == ():
        return "unmet_authentication_requirements"
    if who is None:
        return "login_required" if silent else Step.SIGN_IN
    if wishes.subject not in {None, str(who.person_id)}:
        return "login_required"
    if not _fresh(asked, who, now) or not wishes.met_by(who.acr):
        return "login_required" if silent else Step.PROVE_AGAIN
    return Step.DECIDE


def strength_wanted(asked: Pending) -> Strength:
    """The weakest proof that will do."""
    return asked.wishes.acr[0] if asked.wishes.acr else Strength.SINGLE_FACTOR


async def offers(at: Door, asked: Pending, who: Current) -> list[Offer]:
    """The person's memberships in the program's own agency: nobody lends it another's work."""
    found = await on_offer(at.db, who.person_id, who.provider_id, at.provider.now())
    return [offer for offer in found if offer.agency_id == asked.client.agency_id]


async def would_get(at: Door, asked: Pending, membership_id: UUID) -> frozenset[str]:
    """What was asked for, as far as the program and the membership both may today."""
    now = at.provider.now()
    program = await at.db.run_sync(granting.allowed, asked.client.id, now)
    person = await at.db.run_sync(granting.allowed, membership_id, now)
    if program is None or person is None or program[0] != person[0]:
        return frozenset()
    both = asked.asked & program[1] & person[1]
    about = asked.asked & ABOUT_THE_PERSON
    return both | about if both or OPENID in about else frozenset()


async def approve(at: Door, asked: Pending, who: Current, membership_id: UUID) -> str:
    """The person says yes: the address to go on to, with a code. Raises Gone, NotOffered, and
    SessionOver for a session that has just been ended: nothing is given by it any more."""
    await stay(at.db, who.session_id, at.provider.now())
    if membership_id not in {offer.id for offer in await offers(at, asked, who)}:
        raise NotOffered
    scopes = await would_get(at, asked, membership_id)
    if not scopes:
        return await deny(at, asked, "invalid_scope")
    await _take(at, asked)
    known = Known(who.acr, who.amr, who.authenticated_at)
    said = Said(
        asked.name_hash,
        asked.parameters,
        known,
        membership_id,
        who.person_id,
        who.provider_id,
        scopes,
    )
    return await at.db.run_sync(consented, at.provider, at.request_id, said)


async def deny(at: Door, asked: Pending, error: str = "access_denied") -> str:
    """The person says no, or cannot say anything: the address to go on to, with the error."""
    await _take(at, asked)
    return await at.db.run_sync(refused, at.provider, at.request_id, asked.parameters, error)


async def silently(at: Door, asked: Pending, who: Current) -> str:
    """`prompt=none`: yes, if the person has said so before and still could; else the error."""
    mine = {offer.id for offer in await offers(at, asked, who)}
    if who.membership_id is None or who.membership_id not in mine:
        return await deny(at, asked, "account_selection_required")
    scopes = await would_get(at, asked, who.membership_id)
    if not scopes or not await _consented(at, asked, who, scopes):
        return await deny(at, asked, "consent_required")
    try:
        return await approve(at, asked, who, who.membership_id)
    except SessionOver:
        return await deny(at, asked, "login_required")


def _open(db: Session, provider: Provider, params: Sequence[tuple[str, str]]) -> Pending | Refusal:
    now = provider.now()
    given = [[value for name, value in params if name == wanted] for wanted in NEEDED]
    if any(len(values) != 1 for values in given):
        return Refusal("The program sent you here without a request that was pushed before.")
    (client_id,), (name,) = given
    client = _client(db, client_id, now)
    kept = granting.open_pushed(db, name[:_LONGEST], client.id, now) if client else None
    if client is None or kept is None:
        return Refusal("This request is not known, has expired, or was answered already.")
    if not client.check_redirect_uri(kept.parameters["redirect_uri"]):
        return Refusal("The program no longer has the address it wants you sent back to.")
    agency = db.execute(select(col(Agency.name)).where(col(Agency.id) == client.agency_id))
    return Pending(
        name,
        kept.name_hash,
        client,
        agency.scalar_one(),
        kept.parameters,
        read_wishes(kept.parameters),
        kept.pushed_at,
    )


def _client(db: Session, client_id: str, now: datetime) -> KnownClient | None:
    try:
        return knowing.named(db, UUID(client_id), now) if len(client_id) == 36 else None
    except ValueError:
        return None


def _fresh(asked: Pending, who: Current, now: datetime) -> bool:
    """Whoever proved who they are after the request was pushed is as fresh as can be."""
    if who.authenticated_at >= asked.pushed_at:
        return True
    max_age = asked.wishes.max_age
    young = max_age is None or now - who.authenticated_at <= timedelta(seconds=max_age)
    return young and "login" not in asked.wishes.prompt


async def _take(at: Door, asked: Pending) -> None:
    if not await at.db.run_sync(granting.take_pushed, asked.name_hash, at.provider.now()):
        raise Gone


async def _consented(at: Door, asked: Pending, who: Current, scopes: frozenset[str]) -> bool:
    given = select(col(Consent.id)).where(
        col(Consent.client_id) == asked.client.id,
        col(Consent.membership_id) == who.membership_id,
        col(Consent.provider_id).is_not_distinct_from(who.provider_id),
        col(Consent.scopes).contains(sorted(scopes)),
        col(Consent.ended_at).is_(None),
        col(Consent.expires_at) > at.provider.now(),
    )
    return (await at.db.execute(given.limit(1))).first() is not None
