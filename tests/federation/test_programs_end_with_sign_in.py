"""A provider signs somebody out, and what they let programs do by its word ends as well."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.accepting import accepted
from support.partner import CLIENT_ID, Partner, signed

from auth.federation.answers import LOGOUT_EVENT
from auth.oauth import granting
from auth.oauth.consents import CONSENT_LIFE, Consent
from auth.oauth.granted import Known
from auth.oauth.tables import Client
from auth.strength import Strength
from portal.sample.partnership import PEOPLE, agency_id, fixed, membership_id

WHO = "wirral.coordinator"
ANOTHER = "wirral.contributor"


def _person(who: str) -> UUID:
    return fixed("person", PEOPLE[who][1])


@dataclass
class Program:
    """Of Wirral; it keeps a refresh token of each consent."""

    doors: Any
    client_id: UUID

    async def may(self, who: str, provider: UUID | None) -> str:
        """Somebody says yes; the refresh token."""
        now, token = datetime.now(UTC), uuid4().hex
        async with self.doors.owner() as db:
            consent = Consent(
                client_id=self.client_id,
                membership_id=membership_id(who),
                person_id=_person(who),
                provider_id=provider,
                scopes=["initiatives:read"],
                given_at=now,
                expires_at=now + CONSENT_LIFE,
            )
            db.add(consent)
            await db.flush()
            known = Known(Strength.MULTI_FACTOR, (), now)
            await db.run_sync(granting.keep_refresh, token, consent.id, known, now)
        return token

    async def refreshes(self, token: str) -> bool:
        """As the token endpoint asks: a living consent of somebody who is vouched for."""
        async with self.doors.owner() as db:
            found = await db.run_sync(granting.find_refresh, token)
            now = datetime.now(UTC)
            return await db.run_sync(granting.holder, found.consent_id, now) is not None

    async def ended(self, token: str) -> bool:
        """Whether the consent was ended, whoever vouches."""
        async with self.doors.owner() as db:
            found = await db.run_sync(granting.find_refresh, token)
            consent = await db.get(Consent, found.consent_id)
            return consent.ended_at is not None


@pytest.fixture
async def program(doors) -> Program:
    now = datetime.now(UTC)
    client = Client(
        agency_id=agency_id("wirral"),
        name="Dashboard",
        owner_membership_id=membership_id(WHO),
        scopes=["initiatives:read"],
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    async with doors.owner() as db:
        db.add(client)
        await db.flush()
        db.add(accepted(client))
    return Program(doors, client.id)


async def log_out(browser, partner: Partner, name: str, provider: UUID, **named: str) -> None:
    key, now = partner.providers[name].key, int(time.time())
    claims = {
        "iss": partner.issuer(name),
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": uuid4().hex,
        "events": {LOGOUT_EVENT: {}},
    }
    token = signed(
        {"alg": "ES256", "kid": key.kid, "typ": "logout+jwt"}, claims | named, key, "ES256"
    )
    body = {"logout_token": token}
    answer = await browser.portal.post(f"/sign-in/logout/{provider}", data=body)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "named",
    [{"sub": "248289761001"}, {"sid": "one"}, {"sub": "somebody-else"}, {"sid": "another"}],
    ids=str,
)
async def test_a_refresh_token_stops_with_a_logout_by_person_or_session(
    doors, partner: Partner, name, program: Program, named
):
    partner.add(name, person={"sid": "one"})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        token = await program.may(WHO, provider)
        assert await program.refreshes(token)
        await log_out(browser, partner, name, provider, **named)
        names_them = named in ({"sub": "248289761001"}, {"sid": "one"})
        assert await program.refreshes(token) is not names_them


async def test_it_stops_too_when_the_portals_session_was_over_before(
    doors, partner: Partner, name, program: Program
):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        token = await program.may(WHO, provider)
        async with doors.owner() as db:
            session = await doors.session(WHO)
            session.ended_at = datetime.now(UTC)
            await db.merge(session)
        await log_out(browser, partner, name, provider, sub="248289761001")
        assert not await program.refreshes(token)


async def test_consents_of_others_and_by_another_way_in_stay(
    doors, partner: Partner, name, program: Program
):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        others, own_account = await program.may(ANOTHER, provider), await program.may(WHO, None)
        await log_out(browser, partner, name, provider, sub="248289761001")
        assert await program.refreshes(others)
        assert not await program.ended(own_account)
