"""Whoever signs out everywhere ends their own consents, and nobody else's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from support.accepting import accepted

from auth.oauth.consents import CONSENT_LIFE, Consent
from auth.oauth.ending import end_consents, end_consents_of
from auth.oauth.tables import Client
from auth.sessions import verbs
from auth.strength import Strength
from portal.context import BySession, Context
from portal.sample.partnership import agency_id, fixed, membership_id
from portal.store.engines import Engines

ASHA, DANA = fixed("person", "Asha Penrose"), fixed("person", "Dana Okafor")
HOME, POLICE = membership_id("rasa.coordinator"), membership_id("police.coordinator")


async def let_in(engines: Engines, person: UUID, member: UUID, agency: str) -> UUID:
    """A program of the agency that acts for the person."""
    now = datetime.now(UTC)
    program = Client(
        agency_id=agency_id(agency),
        name="Dashboard",
        owner_membership_id=member,
        scopes=["initiatives:read"],
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    consent = Consent(
        client_id=program.id,
        membership_id=member,
        person_id=person,
        scopes=["initiatives:read"],
        given_at=now,
        expires_at=now + CONSENT_LIFE,
    )
    async with AsyncSession(engines.owner, expire_on_commit=False) as db, db.begin():
        db.add(program)
        await db.flush()
        db.add(accepted(program))
        db.add(consent)
    return consent.id


async def living(engines: Engines, consent: UUID) -> bool:
    async with AsyncSession(engines.owner) as db:
        found = await db.get(Consent, consent)
        assert found
        return found.ended_at is None


async def test_signing_out_everywhere_ends_the_persons_own_consents(engines: Engines) -> None:
    hers = await let_in(engines, ASHA, HOME, "rasa")
    another = await let_in(engines, DANA, POLICE, "police")
    async with async_sessionmaker(engines.auth).begin() as db:
        await verbs.end_all(db, ASHA, datetime.now(UTC))
    assert (await living(engines, hers), await living(engines, another)) == (False, True)


async def test_a_pages_request_ends_the_persons_own_consents_and_can_end_no_other(
    engines: Engines,
) -> None:
    hers = await let_in(engines, ASHA, HOME, "rasa")
    another = await let_in(engines, DANA, POLICE, "police")
    now = datetime.now(UTC)
    async with async_sessionmaker(engines.auth).begin() as db:
        cookie = await verbs.begin(
            db,
            person_id=ASHA,
            acr=Strength.PHISHING_RESISTANT,
            amr=["hwk"],
            device="Firefox",
            now=now,
        )
    context = Context(engines.runtime, BySession(verbs.hash_of(cookie)), uuid4(), now)
    async with context.acting() as db:
        assert await end_consents_of(db, DANA, now) == 0
        assert await end_consents(db, now) >= 1  # whichever they are: the row rules say whose
    assert (await living(engines, hers), await living(engines, another)) == (False, True)
