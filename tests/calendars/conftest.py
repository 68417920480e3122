"""The sample's school terms, beside its people."""

import pytest

from portal.sample.load import add_all
from portal.sample.terms import terms
from portal.store.engines import Engines


@pytest.fixture(scope="session")
async def schools(engines: Engines) -> None:
    """As `portal demo` has them."""
    async with engines.owner.begin() as owner:
        await add_all(owner, terms())
