"""A portal, a partner's provider that answers as it is told, and a browser between them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.partner import CLIENT_ID, Partner, partner_listening
from support.visiting import HIDDEN

from auth.events import AuthEvent
from auth.federation.tables import (
    Identity,
    IdentityProvider,
    PartnerSignIn,
    ProofOfUs,
    ProviderSecret,
    RoleMapping,
)
from auth.keys.ring import KeyRing
from auth.roles import Role
from auth.sessions.tables import BrowserSession
from auth.tables import Membership
from portal.app import create_app
from portal.sample.partnership import agency_id, membership_id
from portal.settings import Settings
from portal.store.engines import Engines

BASE = "https://portal.test"
SUBJECT = "248289761001"


@pytest.fixture(scope="session")
def partner() -> Iterator[Partner]:
    """Listening."""
    with partner_listening() as listening:
        yield listening


@dataclass
class Doors:
    """The portal's address and its databases behind its back."""

    app: Any
    engines: Engines
    partner: Partner
    Session = BrowserSession

    @asynccontextmanager
    async def browser(self) -> AsyncIterator["Browser"]:
        """A browser of its own, with nothing in it."""
        inside = httpx2.ASGITransport(app=self.app)
        async with (
            httpx2.AsyncClient(
                transport=inside, base_url=BASE, headers={"accept": "text/html"}
            ) as portal,
            httpx2.AsyncClient() as outside,
        ):
            yield Browser(portal, outside)

    @asynccontextmanager
    async def agreed(
        self,
        name: str,
        agency: str = "wirral",
        knows: str | None = "wirral.coordinator",
        roles: dict[str, Role] | None = None,
        **terms: Any,
    ) -> AsyncIterator[UUID]:
        """The agency's people sign in at this provider, which knows one of them; then no more."""
        now = datetime.now(UTC)
        provider = IdentityProvider(
            agency_id=agency_id(agency),
            issuer=self.partner.issuer(name),
            client_id=CLIENT_ID,
            **{
                "proof": ProofOfUs.PRIVATE_KEY_JWT,
                "algorithms": ["ES256"],
                "mfa_acr": ["urn:two"],
                "phr_acr": ["urn:passkey"],
                "started_at": now - timedelta(days=1),
                **terms,
            },
        )
        async with self.owner() as db:
            db.add(provider)
            await db.flush()
            for app_role, role in (roles or {}).items():
                db.add(RoleMapping(provider_id=provider.id, app_role=app_role, role=role))
            if knows:
                db.add(
                    Identity(
                        issuer=provider.issuer,
                        subject=SUBJECT,
                        person_id=await person_of(db, knows),
                        joined_at=now,
                    )
                )
        try:
            yield provider.id
        finally:
            await self._forget(provider)

    async def _forget(self, provider: IdentityProvider) -> None:
        async with self.owner() as db:
            await db.execute(delete(Identity).where(col(Identity.issuer) == provider.issuer))
            for table in (PartnerSignIn, RoleMapping, ProviderSecret):
                await db.execute(delete(table).where(col(table.provider_id) == provider.id))
            await db.execute(
                delete(IdentityProvider).where(col(IdentityProvider.id) == provider.id)
            )

    @asynccontextmanager
    async def known(self, name: str, who: str, subject: str) -> AsyncIterator[None]:
        """The provider knows a further person."""
        async with self.owner() as db:
            db.add(
                Identity(
                    issuer=self.partner.issuer(name),
                    subject=subject,
                    person_id=await person_of(db, who),
                    joined_at=datetime.now(UTC),
                )
            )
        yield

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[AsyncSession]:
        """The database's owner, to prepare and to look."""
        async with AsyncSession(self.engines.owner, expire_on_commit=False) as db, db.begin():
            yield db

    async def event(self, answer: httpx2.Response) -> AuthEvent:
        """What the audit says of this request."""
        async with self.owner() as db:
            found = select(AuthEvent).where(
                col(AuthEvent.request_id) == UUID(answer.headers["x-request-id"])
            )
            return (await db.execute(found)).scalars().one()

    async def session(self, who: str) -> BrowserSession:
        """The person's latest session."""
        async with self.owner() as db:
            found = (
                select(BrowserSession)
                .where(col(BrowserSession.person_id) == await person_of(db, who))
                .order_by(col(BrowserSession.started_at).desc())
                .limit(1)
            )
            return (await db.execute(found)).scalars().one()


@dataclass
class Browser:
    """Follows links between the portal and the partner, as a browser would."""

    portal: httpx2.AsyncClient
    outside: httpx2.AsyncClient

    async def sign_in(self, provider: UUID, **wish: str) -> httpx2.Response:
        """From the link to the page that follows, or to the refusal."""
        return await self.arrive(await self.return_address(provider, **wish))

    async def return_address(self, provider: UUID, **wish: str) -> str:
        """Where the partner sends the browser back to, after the person signed in there."""
        left = await self.portal.get(f"/sign-in/with/{provider}", params=wish)
        assert left.status_code == 303, left.text
        there = await self.outside.get(left.headers["location"])
        assert there.status_code == 302, there.text
        return there.headers["location"]

    async def arrive(self, address: str) -> httpx2.Response:
        """Back at the portal."""
        assert address.startswith(BASE)
        return await self.portal.get(address)

    async def join(self, provider: UUID, invitation: str) -> httpx2.Response:
        """With an invitation: from the link to the answer to the yes, or to the refusal."""
        came = await self.sign_in(provider, invitation=invitation)
        return await self.say_yes() if came.status_code == 303 else came

    async def say_yes(self) -> httpx2.Response:
        """On the page that names what it is to."""
        page = await self.portal.get("/join/arrived")
        if page.status_code != 200:
            return page
        return await self.portal.post(
            "/join/arrived",
            data=dict(HIDDEN.findall(page.text)),
            headers={"sec-fetch-site": "same-origin"},
        )

    @property
    def signed_in(self) -> str | None:
        """The session's cookie."""
        return self.portal.cookies.get("__Host-session")


async def person_of(db: AsyncSession, who: str) -> UUID:
    """The person behind a sample membership."""
    membership = await db.get(Membership, membership_id(who))
    assert membership is not None
    return membership.person_id


@pytest.fixture(scope="session")
async def doors(
    settings: Settings, engines: Engines, keyring: KeyRing, partner: Partner
) -> AsyncIterator[Doors]:
    """The whole portal, in this process."""
    here = replace(settings, base_url=BASE)
    own = Engines(here)
    yield Doors(create_app(here, own, keyring), engines, partner)
    await own.dispose()


@pytest.fixture
def name() -> str:
    """A new provider's."""
    return uuid4().hex[:12]
