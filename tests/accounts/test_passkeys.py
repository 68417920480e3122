"""A passkey signs its owner in, here only, once for each question, and never a copy of it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from support.knocking import ASHA, BRYONY, Door
from support.software_passkey import PRESENT, SoftwarePasskey

from auth.accounts.passkeys import NotProved
from auth.strength import Strength


async def test_a_passkey_signs_its_owner_in_without_a_name(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    asked = await door.ask()
    assert not asked.get("allowCredentials"), "the browser offers what it has, we name nobody"
    assert asked["userVerification"] == "required"
    proved = await door.show(device.get(asked))
    assert proved
    assert (proved.person_id, proved.acr) == (ASHA, Strength.PHISHING_RESISTANT)
    assert await door.reason() == "done: "


async def test_a_new_passkey_must_be_findable_and_know_its_user(door: Door) -> None:
    asked = await door.ask_to_register(ASHA)
    chosen = asked["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert asked["attestation"] == "none"
    assert asked["rp"]["id"] == "localhost"


async def test_what_is_shown_of_a_person_to_a_passkey_is_no_id_of_ours(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    assert ASHA.bytes not in device.handle
    assert len(device.handle) == 32


async def test_an_answer_from_a_phishing_page_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    device.origin = "http://localhost.evil.example"
    assert await door.show(device.get(await door.ask())) is None
    assert "origin" in await door.reason()


async def test_an_answer_framed_by_another_site_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    device.cross_origin = True
    assert await door.show(device.get(await door.ask())) is None
    assert "framed" in await door.reason()


async def test_an_answer_for_another_site_is_refused(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    device.rp_id = "evil.example"
    assert await door.show(device.get(await door.ask())) is None
    assert "RP ID" in await door.reason()


async def test_a_passkey_that_did_not_check_its_user_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    device.flags = PRESENT
    assert await door.show(device.get(await door.ask())) is None
    assert "verification" in await door.reason()


async def test_an_answer_works_once(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    answer = device.get(await door.ask())
    assert await door.show(answer)
    assert await door.show(answer) is None
    assert "answered" in await door.reason()


async def test_an_answer_is_used_up_by_a_refusal_too(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    asked = await door.ask()
    device.flags = PRESENT
    assert await door.show(device.get(asked)) is None
    device.flags = 5
    assert await door.show(device.get(asked)) is None
    assert "answered" in await door.reason()


async def test_of_a_hundred_answers_at_once_one_signs_in(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    answer = device.get(await door.ask())
    tried = await asyncio.gather(*(door.show(answer) for _ in range(100)))
    assert sum(proved is not None for proved in tried) == 1


async def test_an_answer_that_comes_after_five_minutes_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    answer = device.get(await door.ask())
    door.now += timedelta(minutes=5)
    assert await door.show(answer) is None
    assert "too old" in await door.reason()


async def test_a_question_put_to_another_browser_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    """Else somebody could sign a victim's browser in as themselves."""
    await door.enrol(ASHA, device)
    assert await door.show(device.get(await door.ask(browser="another"))) is None


async def test_a_copied_passkey_is_noticed_by_its_counter(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    device.uses = 7
    assert await door.show(device.get(await door.ask()))
    device.uses = 3
    assert await door.show(device.get(await door.ask())) is None
    assert "sign count" in await door.reason()


async def test_a_signature_by_another_key_is_refused(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    thief = SoftwarePasskey(device.origin, key_id=device.key_id, handle=device.handle)
    assert await door.show(thief.get(await door.ask())) is None
    assert "signature" in await door.reason()


async def test_a_passkey_that_nobody_registered_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    assert await door.show(device.get(await door.ask())) is None
    assert await door.reason() == "refused: the passkey is unknown"


async def test_a_passkey_that_names_somebody_else_is_refused(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    other = SoftwarePasskey(device.origin)
    await door.enrol(BRYONY, other)
    device.handle = other.handle
    assert await door.show(device.get(await door.ask())) is None


async def test_whoever_is_signed_in_proves_it_again_with_their_own_passkey_only(
    door: Door, device: SoftwarePasskey
) -> None:
    await door.enrol(ASHA, device)
    other = SoftwarePasskey(device.origin)
    await door.enrol(BRYONY, other)
    asked = await door.ask(ASHA)
    assert len(asked["allowCredentials"]) == 1
    assert await door.show(other.get(asked), ASHA) is None
    assert await door.show(device.get(await door.ask(ASHA)), ASHA)
    assert await door.show(device.get(await door.ask(ASHA)), BRYONY) is None
    assert await door.show(device.get(await door.ask(ASHA))) is None, "not asked for signing in"


async def test_an_ended_persons_passkey_opens_nothing(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    ending = text("UPDATE membership SET ended_at = :at WHERE person_id = :id")
    async with door.engines.owner.begin() as db:
        await db.execute(ending, {"at": datetime(2026, 1, 1, tzinfo=UTC), "id": ASHA})
    try:
        assert await door.show(device.get(await door.ask())) is None
        assert "no membership" in await door.reason()
    finally:
        async with door.engines.owner.begin() as db:
            await db.execute(ending, {"at": None, "id": ASHA})


async def test_a_passkey_cannot_be_registered_unverified_elsewhere_or_twice(door: Door) -> None:
    good = SoftwarePasskey("http://localhost:8000")
    await door.enrol(ASHA, good)
    for bad in (
        SoftwarePasskey(good.origin, flags=PRESENT),
        SoftwarePasskey("http://evil.example"),
        SoftwarePasskey(good.origin, rp_id="evil.example"),
        SoftwarePasskey(good.origin, key_id=good.key_id),
        SoftwarePasskey(good.origin, cross_origin=True),
    ):
        with pytest.raises(NotProved):
            await door.register(ASHA, bad.create(await door.ask_to_register(ASHA)))


async def test_a_passkey_registers_for_the_person_it_was_asked_of(
    door: Door, device: SoftwarePasskey
) -> None:
    asked = await door.ask_to_register(ASHA)
    with pytest.raises(NotProved, match="somebody else"):
        await door.register(BRYONY, device.create(asked))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"response": {}},
        {"response": {"clientDataJSON": "%"}},
        {"response": {"clientDataJSON": 7}},
        {"response": {"clientDataJSON": "AAAA"}},
        {"response": None},
        {"response": {"clientDataJSON": "eyJ0eXBlIjoxfQ"}},
        {"response": {"clientDataJSON": "é" * 9}},
    ],
)
async def test_a_malformed_answer_is_refused_like_any_other(
    door: Door, broken: dict[str, object]
) -> None:
    assert await door.show(broken) is None
    assert await door.reason() == "refused: the answer is malformed"


async def test_an_answer_with_parts_missing_is_refused(door: Door, device: SoftwarePasskey) -> None:
    await door.enrol(ASHA, device)
    for part in ("authenticatorData", "signature", "userHandle"):
        answer = device.get(await door.ask())
        answer["response"].pop(part)
        assert await door.show(answer) is None, part
        broken = device.get(await door.ask())
        broken["response"][part] = "AAAA"
        assert await door.show(broken) is None, part
