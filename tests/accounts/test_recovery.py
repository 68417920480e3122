"""A recovery code opens the way to a new passkey, once, and nothing else."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from support.knocking import ASHA, BRYONY, Door
from support.software_passkey import SoftwarePasskey

from auth.accounts import recovery, verbs
from auth.accounts.recovery import new_codes, recovered, recovering
from auth.accounts.tables import CredentialKind
from auth.accounts.throttle import TooManyGuesses
from auth.accounts.verbs import LastWayIn


@pytest.fixture
async def sheet(door: Door, device: SoftwarePasskey) -> tuple[str, list[str]]:
    """Asha's sign-in name and her codes."""
    await door.enrol(ASHA, device)
    async with door.keeper.sessions.begin() as db:
        account = await verbs.open_account(db, ASHA, "Asha Penrose")
        return account.sign_in_name, await new_codes(db, account, door.now)


Sheet = tuple[str, list[str]]


async def test_a_code_lets_its_browser_enrol_and_no_other(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    assert len(set(codes)) == 10
    assert await door.recover(name, codes[0].upper().replace("-", " "))
    async with door.keeper.sessions.begin() as db:
        assert await recovering(db, door.caller().browser, door.now) == ASHA
        assert await recovering(db, door.caller("another").browser, door.now) is None
        assert await recovered(db, door.caller().browser, door.now) == ASHA
        assert await recovered(db, door.caller().browser, door.now) is None
        [_, codes_left] = [c.left for c in await verbs.credentials_of(db, ASHA)]
        assert codes_left == 9


async def test_a_code_works_once_and_for_its_owner(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    async with door.keeper.sessions.begin() as db:
        other = (await verbs.open_account(db, BRYONY, "Bryony Slack")).sign_in_name
    assert not await door.recover(other, codes[0])
    assert await door.recover(name, codes[0])
    assert not await door.recover(name, codes[0])
    assert await door.reason() == "refused: wrong or used recovery code"


async def test_of_a_thousand_that_use_a_code_at_once_one_succeeds(
    door: Door, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlimited(*_: object) -> None:
        """Else all but three would be turned away before."""

    monkeypatch.setattr(recovery, "take_guess", unlimited)
    name, codes = sheet
    turns = asyncio.Semaphore(50)  # more would wait for a connection for too long

    async def one() -> bool:
        async with turns:
            return await door.recover(name, codes[0])

    tried = await asyncio.gather(*(one() for _ in range(1000)))
    assert tried.count(True) == 1


async def test_the_way_is_open_for_a_quarter_of_an_hour(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    await door.recover(name, codes[0])
    door.now += timedelta(minutes=15)
    async with door.keeper.sessions.begin() as db:
        assert await recovered(db, door.caller().browser, door.now) is None


async def test_new_codes_void_those_of_before(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    async with door.keeper.sessions.begin() as db:
        account = await verbs.open_account(db, ASHA, "")
        fresh = await new_codes(db, account, door.now)
    assert not await door.recover(name, codes[0])
    assert await door.recover(name, fresh[0])


async def test_guesses_at_codes_have_to_wait_too(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    for _ in range(3):
        assert not await door.recover(name, "2222-2222-2222-2222")
    with pytest.raises(TooManyGuesses):
        await door.recover(name, codes[0])


async def test_an_ended_person_recovers_nothing(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    ending = text("UPDATE membership SET ended_at = :at WHERE person_id = :id")
    async with door.engines.owner.begin() as db:
        await db.execute(ending, {"at": datetime(2026, 1, 1, tzinfo=UTC), "id": ASHA})
    try:
        assert not await door.recover(name, codes[0])
    finally:
        async with door.engines.owner.begin() as db:
            await db.execute(ending, {"at": None, "id": ASHA})


async def test_the_owner_is_told_and_codes_are_kept_as_hashes(door: Door, sheet: Sheet) -> None:
    name, codes = sheet
    await door.recover(name, codes[0])
    async with door.engines.owner.connect() as db:
        says = await db.execute(
            text("SELECT says FROM notice WHERE person_id = :id AND kind = 'sign_in_changed'"),
            {"id": ASHA},
        )
        assert any("recovery code was used" in each for each in says.scalars())
        kept = (await db.execute(text("SELECT r::text FROM auth_secret.recovery_code r"))).scalars()
        assert not any(code in row for row in kept for code in codes)


async def test_the_last_way_in_cannot_be_removed(
    door: Door, device: SoftwarePasskey, sheet: Sheet
) -> None:
    async with door.keeper.sessions.begin() as db:
        held = {c.kind: c.id for c in await verbs.credentials_of(db, ASHA)}
    with pytest.raises(LastWayIn):
        await remove(door, held[CredentialKind.PASSKEY])
    assert await remove(door, held[CredentialKind.RECOVERY_CODES]), "they are no way to sign in"
    second = SoftwarePasskey(device.origin)
    await door.enrol(ASHA, second, "Key ring")
    assert await remove(door, held[CredentialKind.PASSKEY])
    assert await door.show(device.get(await door.ask())) is None
    assert await door.show(second.get(await door.ask()))


async def test_password_and_app_go_together(door: Door, device: SoftwarePasskey) -> None:
    await door.give_password(BRYONY)
    async with door.keeper.sessions.begin() as db:
        held = {c.kind: c.id for c in await verbs.credentials_of(db, BRYONY)}
    with pytest.raises(LastWayIn):
        await remove(door, held[CredentialKind.PASSWORD], BRYONY)
    await door.enrol(BRYONY, device)
    assert not await remove(door, held[CredentialKind.PASSWORD], ASHA), "not hers"
    assert await remove(door, held[CredentialKind.AUTHENTICATOR_APP], BRYONY)
    async with door.keeper.sessions.begin() as db:
        kinds = [c.kind for c in await verbs.credentials_of(db, BRYONY)]
    assert kinds == [CredentialKind.PASSKEY]


async def test_of_two_removals_at_once_one_leaves_a_way_in(
    door: Door, device: SoftwarePasskey
) -> None:
    first = await door.enrol(ASHA, device)
    second = await door.enrol(ASHA, SoftwarePasskey(device.origin), "Other")
    tried = await asyncio.gather(remove(door, first), remove(door, second), return_exceptions=True)
    assert sorted(isinstance(each, LastWayIn) for each in tried) == [False, True]


async def remove(door: Door, credential: object, person: object = ASHA) -> bool:
    async with door.keeper.sessions.begin() as db:
        return await verbs.remove(db, person, credential, door.now)  # type: ignore[arg-type]


async def test_names_to_sign_in_by_are_made_up_by_the_portal(door: Door) -> None:
    async with door.keeper.sessions.begin() as db:
        made = (await verbs.open_account(db, BRYONY, "Bryony Slack")).sign_in_name
        again = (await verbs.open_account(db, BRYONY, "Other Name")).sign_in_name
    assert made == again
    assert made.rpartition(".")[2].isdigit()
