"""A team that was asked to take a case over was mistaken in how it answered: nobody loses her."""

from typing import Any

from support.asking import Portal
from support.referring import RECIPIENT, SENDER, move, see
from support.reminding import told_of
from support.transferring import IDVA, ISVA, opens, place, taken_on, transfer

from portal.store.engines import Engines

STEPS = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  agency { shortName } events { nodes { id name } } } } } }"""
NO_ROOM = ("decline_reason", "no_capacity")


async def asked(portal: Portal) -> dict[str, Any]:
    """A case that Wirral has and RASA is asked to take over."""
    row = await taken_on(portal)
    assert (await transfer(portal, row))["__typename"] == "RecipientPayload"
    return row


async def answered(portal: Portal, row: dict[str, Any], name: str, *said: tuple[str, str]) -> None:
    """RASA says what it does with it."""
    done = await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), name, *said)
    assert done["__typename"] == "RecipientPayload", done


async def mistaken(portal: Portal, row: dict[str, Any], agency: str, name: str) -> dict[str, Any]:
    """RASA says that this was recorded in error."""
    nodes = (await portal.ask(ISVA, STEPS, id=row["id"]))["referral"]["recipients"]["nodes"]
    [step] = [
        each["id"]
        for one in nodes
        if one["agency"]["shortName"] == agency
        for each in one["events"]["nodes"]
        if each["name"] == name
    ]
    given = {"event": step, "reason": "wrong_case"}
    return await portal.do(ISVA, "correctReferral", given, RECIPIENT)


async def stand(portal: Portal, row: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Where it stands with each, and whether it lies there."""
    nodes = (await see(portal, SENDER, row["id"]))["recipients"]["nodes"]
    return {one["agency"]["shortName"]: (one["state"], one["open"]) for one in nodes}


def gone_on(refused: dict[str, Any]) -> bool:
    """Whether it is refused since somebody else has gone on with the case."""
    [error] = refused["errors"]
    said = "The case has gone on elsewhere since. Ask whoever has it to refer it to you"
    return error["path"] == ["input", "event"] and error["message"].startswith(said)


async def test_taken_on_by_mistake_it_is_again_with_who_had_it_and_waits(
    portal: Portal, cases: Engines
) -> None:
    row = await asked(portal)
    await answered(portal, row, "accept")
    assert not await opens(portal, IDVA, row)
    done = await mistaken(portal, row, "RASA", "accept")
    assert done["__typename"] == "RecipientPayload", done
    assert await stand(portal, row) == {"Wirral": ("accepted", True), "RASA": ("sent", True)}
    assert await opens(portal, IDVA, row)
    assert (IDVA, "referral_yours") in await told_of(cases, row["id"])


async def test_and_when_the_team_declines_it_stays_there(portal: Portal) -> None:
    row = await asked(portal)
    await answered(portal, row, "accept")
    await mistaken(portal, row, "RASA", "accept")
    await answered(portal, row, "decline", NO_ROOM)
    assert await stand(portal, row) == {"Wirral": ("accepted", True), "RASA": ("declined", False)}
    assert (await see(portal, SENDER, row["id"]))["overall"] == "IN_HAND"


async def test_declined_by_mistake_it_can_be_taken_on_and_passes_once(portal: Portal) -> None:
    row = await asked(portal)
    await answered(portal, row, "decline", NO_ROOM)
    assert (await mistaken(portal, row, "RASA", "decline"))["__typename"] == "RecipientPayload"
    await answered(portal, row, "accept")
    assert await stand(portal, row) == {
        "Wirral": ("transferred", False),
        "RASA": ("accepted", True),
    }
    assert not await opens(portal, IDVA, row)
    assert await opens(portal, ISVA, row)


async def test_who_went_on_with_it_since_keeps_it(portal: Portal) -> None:
    row = await asked(portal)
    await answered(portal, row, "decline", NO_ROOM)
    await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "start")
    assert gone_on(await mistaken(portal, row, "RASA", "decline"))
    assert await stand(portal, row) == {"Wirral": ("started", True), "RASA": ("declined", False)}


async def test_once_another_team_was_asked_no_answer_is_taken_back(portal: Portal) -> None:
    row = await asked(portal)
    await answered(portal, row, "decline", NO_ROOM)
    done = await transfer(portal, row, to=("wirral", "Early help"))
    assert done["__typename"] == "RecipientPayload", done
    assert gone_on(await mistaken(portal, row, "RASA", "decline"))


async def test_what_followed_from_its_answer_is_corrected_with_that_alone(portal: Portal) -> None:
    row = await asked(portal)
    await answered(portal, row, "accept")
    refused = await mistaken(portal, row, "Wirral", "consent_given")
    assert refused["errors"][0]["message"].startswith("It followed from what your team did")
    assert await stand(portal, row) == {
        "Wirral": ("transferred", False),
        "RASA": ("accepted", True),
    }
