"""Guessing is slowed for an account, an address and everybody, and never locked for good."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from auth.accounts.throttle import Try, forget_guesses, take_guess
from portal.store.engines import Engines

_numbers = count()


@pytest.fixture
def account() -> str:
    """A name that no other test guesses at."""
    return f"somebody.{next(_numbers)}"


@pytest.fixture
def noon() -> datetime:
    """Of a day that no other test has filled buckets on."""
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=next(_numbers))


@pytest.fixture
def sessions(engines: Engines) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engines.auth)


async def allowed(
    sessions: async_sessionmaker[AsyncSession],
    account: str,
    address: str,
    at: datetime,
    browser: str | None = None,
) -> bool:
    async with sessions.begin() as db:
        return not await take_guess(db, Try(account, address, browser), at)


def greedy(_: float) -> float:
    """Asks every second."""
    return 1


def patient(seed: int) -> Callable[[float], float]:
    """Comes and goes."""
    chance = Random(seed)  # noqa: S311 - repeatable on purpose
    return lambda _: chance.choice([1, 5, 30, 120, 400])


@pytest.mark.parametrize(
    "pace",
    [greedy, patient(1), patient(2), patient(3)],
    ids=["greedy", "patient-1", "patient-2", "patient-3"],
)
async def test_nobody_guesses_at_an_account_more_than_ten_times_in_five_minutes(
    sessions: async_sessionmaker[AsyncSession],
    account: str,
    noon: datetime,
    pace: Callable[[float], float],
) -> None:
    tried = [
        # From ever new addresses: the account is what is protected.
        (at, await allowed(sessions, account, f"198.51.{int(at) % 250}.1", noon + timedelta(0, at)))
        for at in _moments(pace, until=3600)
    ]
    made = [at for at, let_in in tried if let_in]
    most = max(sum(1 for other in made if at <= other < at + 300) for at in made)
    assert most <= 10
    assert made[-1] > 3000, "still let in from time to time: no lock"


def _moments(pace: Callable[[float], float], until: float) -> Iterator[float]:
    at = 0.0
    while at < until:
        yield at
        at += pace(at)


async def test_many_guesses_at_once_are_counted_one_by_one(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    tried = [allowed(sessions, account, f"203.0.113.{n}", noon) for n in range(60)]
    assert sum(await asyncio.gather(*tried)) == 3


async def test_an_address_that_must_wait_cannot_make_an_account_wait(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    for n in range(61):
        await allowed(sessions, f"{account}/{n}", "192.0.2.1", noon)
    assert not await allowed(sessions, account, "192.0.2.1", noon)
    assert [await allowed(sessions, account, "192.0.2.2", noon) for _ in range(3)] == [True] * 3


async def test_a_subscriber_of_ipv6_counts_as_one_address(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    for n in range(61):
        await allowed(sessions, f"{account}/{n}", f"2001:db8::{n:x}", noon)
    assert not await allowed(sessions, account, "2001:db8::ffff", noon)
    assert await allowed(sessions, account, "2001:db8:0:1::1", noon)


async def test_a_whole_network_of_ipv6_makes_nobody_else_wait(
    sessions: async_sessionmaker[AsyncSession], engines: Engines, account: str, noon: datetime
) -> None:
    """Of the 65,536 subscribers' addresses in a /48 it uses as many as it likes."""
    tried = [
        await allowed(sessions, f"{account}/{n}", f"2001:db8:1:{n:x}::1", noon) for n in range(700)
    ]
    assert sum(tried) == 180
    assert not await allowed(sessions, account, "2001:db8:1:ffff::1", noon)
    for n in range(30):
        assert await allowed(sessions, f"{account}.{n}", "2001:db8:2::1", noon), n


async def flood(engines: Engines, at: datetime) -> None:
    """As if so many had just guessed, from everywhere."""
    async with engines.owner.begin() as db:
        await db.execute(text("SELECT many_guess(:at) FROM generate_series(1, 5000)"), {"at": at})


async def test_while_many_guess_each_network_may_still_try_and_a_minute_later_all_is_well(
    sessions: async_sessionmaker[AsyncSession], engines: Engines, account: str, noon: datetime
) -> None:
    await flood(engines, noon)
    for network in ("192.0.2.1", "198.51.100.1", "2001:db8::1"):
        tried = [
            await allowed(sessions, f"{account}/{network}/{n}", network, noon) for n in range(5)
        ]
        assert tried == [True] * 3 + [False] * 2, network
    later = noon + timedelta(seconds=70)
    assert all([await allowed(sessions, f"{account}/{n}", "192.0.2.1", later) for n in range(20)])


async def test_a_try_that_was_not_looked_at_makes_the_account_wait_no_longer(
    sessions: async_sessionmaker[AsyncSession], engines: Engines, account: str, noon: datetime
) -> None:
    await flood(engines, noon)
    for n in range(3):
        assert await allowed(sessions, f"{account}/{n}", "192.0.2.1", noon)
    for _ in range(10):
        assert not await allowed(sessions, account, "192.0.2.1", noon)
    assert [await allowed(sessions, account, "192.0.2.2", noon) for _ in range(3)] == [True] * 3


async def test_nobody_keeps_people_out_of_an_account_in_a_browser_where_they_proved_it(
    sessions: async_sessionmaker[AsyncSession], engines: Engines, account: str, noon: datetime
) -> None:
    await flood(engines, noon)
    for n in range(300):
        await allowed(sessions, account, f"198.51.100.{n % 250}", noon + timedelta(seconds=n))
    later = noon + timedelta(seconds=300)
    assert not await allowed(sessions, account, "198.51.100.7", later)
    tried = [await allowed(sessions, account, "198.51.100.7", later, "her own") for _ in range(4)]
    assert tried == [True, True, True, False], "her own browser guesses no faster than anybody"
    assert not await allowed(sessions, account, "198.51.100.7", later)
    async with sessions.begin() as db:
        await forget_guesses(db, Try(account, "198.51.100.7", "her own"))
    assert await allowed(sessions, account, "198.51.100.7", later, "her own")
    assert not await allowed(sessions, account, "198.51.100.7", later), "the others go on waiting"


async def test_an_office_that_signs_in_fills_nothing(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    """Two hundred people behind one address, at nine o'clock."""
    for n in range(200):
        each = Try(f"{account}/{n}", "192.0.2.1")
        async with sessions.begin() as db:
            await take_guess(db, each, noon)
        async with sessions.begin() as db:
            await forget_guesses(db, each)
    assert await allowed(sessions, account, "192.0.2.1", noon)


async def test_a_right_answer_forgets_the_wrong_ones(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    for _ in range(4):
        await allowed(sessions, account, "192.0.2.9", noon)
    assert not await allowed(sessions, account, "192.0.2.9", noon)
    async with sessions.begin() as db:
        await forget_guesses(db, Try(account, "192.0.2.9"))
    assert await allowed(sessions, account, "192.0.2.9", noon)


async def test_neither_names_nor_addresses_are_kept(
    sessions: async_sessionmaker[AsyncSession], engines: Engines, account: str, noon: datetime
) -> None:
    await allowed(sessions, account, "192.0.2.77", noon)
    async with engines.owner.connect() as db:
        kept = (await db.execute(text("SELECT g::text FROM auth_secret.guess g"))).scalars().all()
        plain = text("SELECT encode(sha256('address|192.0.2.77'), 'hex')")
        unkeyed = (await db.execute(plain)).scalar_one()
    assert kept
    assert not any("192.0.2.77" in row or account in row or unkeyed in row for row in kept)


async def test_of_eight_who_sign_in_at_once_nobody_waits_for_having_come_first(
    sessions: async_sessionmaker[AsyncSession], account: str, noon: datetime
) -> None:
    """They are served in any order, so the one who came first may find the others counted."""
    late_first = [noon + timedelta(milliseconds=ms) for ms in range(8, 0, -1)]
    for place, at in enumerate(late_first):
        assert await allowed(sessions, f"{account}.{place}", "192.0.2.77", at)
