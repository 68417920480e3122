"""Browser sessions: a cookie works until it is replaced, idle, too old or ended, and for its own
person's memberships only.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from auth.sessions import verbs
from auth.sessions.verbs import NotOffered, SessionOver, hash_of
from auth.strength import Strength
from portal.changes.keeping import tidy
from portal.context import BySession, Context
from portal.sample.partnership import fixed, membership_id
from portal.store.engines import Engines
from portal.store.states import sqlstate

ASHA = fixed("person", "Asha Penrose")
"""One membership, at RASA."""
NOOR = fixed("person", "Noor Pemberton")
"""Wirral Council and its MARAC."""
HOME = membership_id("rasa.coordinator")


def now() -> datetime:
    return datetime.now(UTC)


async def signed_in(engines: Engines, person: UUID = ASHA, at: datetime | None = None) -> str:
    async with async_sessionmaker(engines.auth).begin() as db:
        return await verbs.begin(
            db,
            person_id=person,
            acr=Strength.PHISHING_RESISTANT,
            amr=["hwk", "user"],
            device="Firefox on Linux",
            now=at or now(),
        )


async def asked(engines: Engines, cookie: str) -> UUID:
    """Who a page's request with this cookie is."""
    context = Context(engines.runtime, BySession(hash_of(cookie)), uuid4(), now())
    async with context.acting():
        return context.caller.principal_id


async def refused(engines: Engines, cookie: str) -> str:
    """The database's word on a page's request with this cookie."""
    with pytest.raises(DBAPIError) as said:
        await asked(engines, cookie)
    return str(sqlstate(said.value))


async def owner(engines: Engines, sql: str, **given: object) -> None:
    async with engines.owner.begin() as db:
        await db.execute(text(sql), given)


async def test_whoever_has_one_membership_acts_as_that_from_the_start(engines: Engines) -> None:
    cookie = await signed_in(engines)
    assert await asked(engines, cookie) == HOME
    async with engines.owner.connect() as db:
        came = (
            "SELECT last_signed_in_at > now() - interval '1 minute' FROM membership WHERE id = :id"
        )
        assert (await db.execute(text(came), {"id": HOME})).scalar_one()
        told = "SELECT says FROM notice WHERE person_id = :id AND kind = 'new_sign_in'"
        assert (
            "Firefox on Linux" in (await db.execute(text(told), {"id": ASHA})).scalars().all()[-1]
        )


async def test_whoever_has_two_memberships_acts_as_nobody_until_they_choose(
    engines: Engines,
) -> None:
    cookie = await signed_in(engines, NOOR)
    assert await refused(engines, cookie) == "PA402"
    cookie = await chosen(engines, cookie, "marac.coordinator")
    assert await asked(engines, cookie) == membership_id("marac.coordinator")
    cookie = await chosen(engines, cookie, "wirral.contributor")
    assert await asked(engines, cookie) == membership_id("wirral.contributor")


async def chosen(engines: Engines, cookie: str, key: str) -> str:
    async with async_sessionmaker(engines.auth).begin() as db:
        return await verbs.choose(db, cookie, membership_id(key), now())


async def test_nobody_acts_as_somebody_elses_membership(engines: Engines) -> None:
    cookie = await signed_in(engines, NOOR)
    with pytest.raises(NotOffered):
        await chosen(engines, cookie, "police.coordinator")
    with pytest.raises(NotOffered):
        async with async_sessionmaker(engines.auth).begin() as db:
            await verbs.begin(
                db,
                person_id=NOOR,
                acr=Strength.MULTI_FACTOR,
                amr=["pwd", "otp"],
                device="Firefox on Linux",
                now=now(),
                membership_id=membership_id("police.coordinator"),
            )
    assert await refused(engines, cookie) == "PA402", "the refusal changed nothing, the cookie too"


async def test_a_stolen_cookie_is_dead_once_its_owner_proves_again_or_switches(
    engines: Engines,
) -> None:
    stolen = await signed_in(engines)
    async with async_sessionmaker(engines.auth).begin() as db:
        renewed = await verbs.prove_again(
            db, stolen, acr=Strength.PHISHING_RESISTANT, amr=["hwk"], now=now()
        )
    assert await refused(engines, stolen) == "PA401"
    assert await asked(engines, renewed) == HOME
    switched = await chosen(engines, renewed, "rasa.coordinator")
    assert await refused(engines, renewed) == "PA401"
    assert await asked(engines, switched) == HOME
    for old in (stolen, renewed):
        with pytest.raises(SessionOver):
            await chosen(engines, old, "rasa.coordinator")


async def test_of_many_that_renew_a_cookie_at_once_one_gets_a_new_one(engines: Engines) -> None:
    cookie = await signed_in(engines)
    tried = [chosen(engines, cookie, "rasa.coordinator") for _ in range(20)]
    got = await asyncio.gather(*tried, return_exceptions=True)
    assert [isinstance(each, SessionOver) for each in got].count(False) == 1


async def test_an_ended_membership_is_refused_at_the_very_next_request(engines: Engines) -> None:
    cookie = await signed_in(engines)
    await asked(engines, cookie)
    ending = "UPDATE membership SET ended_at = :at WHERE id = :id"
    await owner(engines, ending, at=now(), id=HOME)
    try:
        assert await refused(engines, cookie) == "PA401"
        with pytest.raises(NotOffered):
            await chosen(engines, cookie, "rasa.coordinator")
    finally:
        await owner(engines, ending, at=None, id=HOME)


async def test_a_session_ends_after_half_an_hour_without_a_request(engines: Engines) -> None:
    cookie = await signed_in(engines, at=now() - timedelta(minutes=31))
    assert await refused(engines, cookie) == "PA401"
    assert await current(engines, cookie) is None
    with pytest.raises(SessionOver):
        await chosen(engines, cookie, "rasa.coordinator")


async def test_requests_keep_a_session_alive_and_ten_hours_end_it(engines: Engines) -> None:
    begun = now() - timedelta(hours=9, minutes=59)
    cookie = await signed_in(engines, at=begun)
    for minutes in range(20, 600, 20):
        assert await current(engines, cookie, begun + timedelta(minutes=minutes))
    assert await asked(engines, cookie) == HOME
    assert await current(engines, cookie, begun + timedelta(hours=10)) is None
    longer = "UPDATE browser_session SET expires_at = started_at + interval '11 hours'"
    with pytest.raises(DBAPIError, match="absolute"):
        await owner(engines, longer)


async def test_proving_again_does_not_make_the_day_longer(engines: Engines) -> None:
    begun = now() - timedelta(minutes=20)
    cookie = await signed_in(engines, at=begun)
    async with async_sessionmaker(engines.auth).begin() as db:
        cookie = await verbs.prove_again(
            db, cookie, acr=Strength.MULTI_FACTOR, amr=["pwd", "otp"], now=now()
        )
    found = await current(engines, cookie)
    assert found
    assert now() - found.authenticated_at < timedelta(minutes=1)
    assert await current(engines, cookie, begun + timedelta(hours=10)) is None


async def current(
    engines: Engines, cookie: str, at: datetime | None = None
) -> verbs.Current | None:
    async with async_sessionmaker(engines.auth).begin() as db:
        return await verbs.current(db, cookie, at or now())


async def test_signing_out_ends_this_session_and_everywhere_ends_all(engines: Engines) -> None:
    here, there, other = [await signed_in(engines) for _ in range(3)]
    somebody = await signed_in(engines, fixed("person", "Dana Okafor"))
    async with async_sessionmaker(engines.auth).begin() as db:
        await verbs.end(db, here, now())
        await verbs.end(db, here, now())
    assert await refused(engines, here) == "PA401"
    assert await asked(engines, there) == HOME
    async with async_sessionmaker(engines.auth).begin() as db:
        assert await verbs.end_all(db, ASHA, now()) >= 2
        assert await verbs.sessions_of(db, ASHA, now()) == []
    for cookie in (there, other):
        assert await refused(engines, cookie) == "PA401"
    assert await asked(engines, somebody) == membership_id("police.coordinator")


async def test_nobody_ends_another_persons_session(engines: Engines) -> None:
    cookie = await signed_in(engines)
    found = await current(engines, cookie)
    assert found
    async with async_sessionmaker(engines.auth).begin() as db:
        assert not await verbs.end_one(db, NOOR, found.session_id, now())
        assert await verbs.end_one(db, ASHA, found.session_id, now())
    assert await refused(engines, cookie) == "PA401"


@pytest.mark.parametrize(
    "change",
    [
        "membership_id = :other",
        "person_id = :somebody",
        "acr = 'phr', authenticated_at = now()",
        "expires_at = started_at + interval '10 hours', seen_at = now()",
        "ended_at = NULL",
        "ended_at = now(), person_id = :somebody",
    ],
)
async def test_the_apis_role_cannot_widen_a_session(engines: Engines, change: str) -> None:
    """An injection there runs as the caller: it may end the caller's sessions, nothing else."""
    cookie = await signed_in(engines)
    context = Context(engines.runtime, BySession(hash_of(cookie)), uuid4(), now())
    given = {"other": membership_id("police.coordinator"), "somebody": NOOR}
    wanted = {name: value for name, value in given.items() if f":{name}" in change}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with context.acting() as db:
            await db.execute(text(f"UPDATE browser_session SET {change}"), wanted)  # noqa: S608 - ours
    assert await asked(engines, cookie) == HOME


async def test_nor_can_the_sign_in_role_give_a_session_somebody_elses_membership(
    engines: Engines,
) -> None:
    await signed_in(engines)
    widening = text("UPDATE browser_session SET membership_id = :other WHERE person_id = :own")
    given = {"other": membership_id("police.coordinator"), "own": ASHA}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with engines.auth.begin() as db:
            await db.execute(widening, given)


async def test_the_apis_role_reads_no_secret_and_no_other_session(engines: Engines) -> None:
    await signed_in(engines, NOOR)
    cookie = await signed_in(engines)
    context = Context(engines.runtime, BySession(hash_of(cookie)), uuid4(), now())
    async with context.acting() as db:
        whose = await db.execute(text("SELECT DISTINCT person_id FROM browser_session"))
        assert whose.scalars().all() == [ASHA]
    with pytest.raises(DBAPIError, match="permission denied"):
        async with context.acting() as db:
            await db.execute(text("SELECT * FROM auth_secret.session_secret"))


async def test_sessions_that_are_over_are_forgotten_after_a_month(engines: Engines) -> None:
    old, ended, living = [
        await signed_in(engines, at=now() - timedelta(days=ago)) for ago in (32, 0, 0)
    ]
    async with async_sessionmaker(engines.auth).begin() as db:
        await verbs.end(db, ended, now())
    await tidy(async_sessionmaker(engines.auth), now())
    assert await asked(engines, living) == HOME
    assert await refused(engines, old) == await refused(engines, ended) == "PA401"
    async with engines.owner.connect() as db:
        left = text(
            "SELECT count(*) FROM browser_session WHERE expires_at < now() - interval '1 day'"
        )
        assert (await db.execute(left)).scalar_one() == 0


async def test_of_a_cookie_only_a_hash_is_kept(engines: Engines) -> None:
    cookie = await signed_in(engines)
    assert len(cookie) >= 43
    async with engines.owner.connect() as db:
        kept = await db.execute(text("SELECT s::text, b::text FROM auth_secret.session_secret s"
                                     " JOIN browser_session b ON b.id = s.session_id"))  # fmt: skip
        assert not any(cookie in column for row in kept for column in row)
