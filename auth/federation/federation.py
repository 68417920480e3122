"""What signing in at partners' providers needs, and what it leaves behind when refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from auth.events import EventOutcome, note
from auth.federation.directory import Described, Directory
from auth.federation.outbound import Unanswered
from auth.federation.providers import find
from auth.federation.refusals import Refused, Told
from auth.federation.tables import IdentityProvider
from auth.keys.ring import KeyRing
from auth.oauth.provider import utc_now

BACK = "/sign-in/back/"


@dataclass(frozen=True)
class Visitor:
    """Who comes with a request: a browser, perhaps a session."""

    browser: str
    """The value of a cookie that only this browser has."""
    request_id: UUID
    cookie: str | None = None
    device: str = "an unknown browser"
    today: date | None = None
    """The portal's day, where a demonstration has fixed it."""


@dataclass(frozen=True)
class Federation:
    """One for each process. `sessions` are those of the role portal_auth; their rows outlive a
    commit, since nothing waits for a provider with a connection in hand.
    """

    base_url: str
    sessions: async_sessionmaker[AsyncSession]
    keyring: KeyRing
    directory: Directory
    now: Callable[[], datetime] = utc_now

    def redirect_uri(self, provider_id: UUID) -> str:
        """One for each provider, so that none can pass its answers off as another's."""
        return f"{self.base_url.rstrip('/')}{BACK}{provider_id}"

    @asynccontextmanager
    async def with_provider(
        self, provider_id: UUID, kind: str, request_id: UUID
    ) -> AsyncIterator[IdentityProvider]:
        """A living provider; a refusal inside leaves a line of `kind` in the audit."""
        provider = None
        try:
            provider = await self._living(provider_id)
            yield provider
        except Refused as refused:
            agency_id = provider.agency_id if provider else None
            async with self.sessions.begin() as db:
                note(
                    db,
                    kind,
                    EventOutcome.REFUSED,
                    refused.reason,
                    request_id,
                    agency_id=agency_id,
                    at=self.now(),
                )
            raise

    async def describe(self, provider: IdentityProvider) -> Described:
        """Its addresses."""
        try:
            return await self.directory.describe(provider.issuer)
        except Unanswered as error:
            raise Refused(Told.UNREACHABLE, f"discovery: {error}") from error

    async def _living(self, provider_id: UUID) -> IdentityProvider:
        async with self.sessions.begin() as db:
            provider = await find(db, provider_id)
        if provider is None:
            raise Refused(Told.NO_SUCH_PROVIDER, "no such identity provider, or it has ended")
        return provider
