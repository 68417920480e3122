"""A door to knock at, and people with accounts."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker
from support.knocking import ORIGIN, Door
from support.software_passkey import SoftwarePasskey

from auth.accounts.passkeys import Place
from auth.accounts.passwords import Hasher
from auth.accounts.proofs import Doorkeeper
from auth.keys.ring import KeyRing
from portal.store.engines import Engines


@pytest.fixture(scope="session")
def keeper(engines: Engines, keyring: KeyRing) -> Doorkeeper:
    return Doorkeeper(async_sessionmaker(engines.auth), Place(ORIGIN), keyring, Hasher())


@pytest.fixture
async def door(keeper: Doorkeeper, engines: Engines) -> Door:
    async with engines.owner.begin() as db:
        await db.execute(text("DELETE FROM credential"))
        await db.execute(text("DELETE FROM auth_secret.guess"))
        await db.execute(text("DELETE FROM auth_event"))
    return Door(keeper, engines)


@pytest.fixture
def device() -> SoftwarePasskey:
    return SoftwarePasskey(ORIGIN)
