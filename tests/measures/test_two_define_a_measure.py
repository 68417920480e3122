"""What is counted is defined by two: until a second person confirms it, nobody counts by it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, live, of
from support.measuring import COUNT, SECOND, answer, confirmed, defined_count, made, revise
from support.writing import plain, said

from portal.sample.partnership import DAY

NUMBER = iter(range(1000))
SHOWS = "query($id: ID!) { measureDefinition(id: $id) { isCurrent newer { id } state } }"


async def proposed(portal: Portal, who: str = LEAD, **given: Any) -> dict[str, Any]:
    given = {"key": f"two-{next(NUMBER)}", "words": COUNT, **given}
    return await made(portal, who, "defineMeasure", **given)


async def test_nobody_counts_by_a_definition_that_waits(portal: Portal) -> None:
    row = await proposed(portal)
    assert (row["state"], row["isCurrent"], row["validFrom"]) == ("PROPOSED", False, str(DAY))
    given = {"initiative": (await live(portal))["id"], "definition": row["id"]}
    early = await answer(portal, LEAD, "addMeasure", **given)
    assert early["faults"] == {"definition": "NOT_IN_FORCE"}
    done = await confirmed(portal, row)
    assert (done["state"], done["isCurrent"]) == ("CONFIRMED", True)
    await made(portal, LEAD, "addMeasure", **given)


async def test_the_old_edition_holds_until_the_new_one_is_confirmed_and_has_begun(
    portal: Portal,
) -> None:
    first = await defined_count(portal)
    day = str(DAY + timedelta(days=30))
    given = of(first, words=COUNT, validFrom=day)
    second = await made(portal, LEAD, "reviseMeasureDefinition", **given)
    later = replace(portal, today=DAY + timedelta(days=31))

    async def current(place: Portal) -> tuple[bool, bool]:
        old = (await place.ask(LEAD, SHOWS, id=first["id"]))["measureDefinition"]
        new = (await place.ask(LEAD, SHOWS, id=second["id"]))["measureDefinition"]
        assert (old["newer"] is None) is old["isCurrent"]
        return old["isCurrent"], new["isCurrent"]

    assert await current(later) == (True, False)
    again = await answer(portal, LEAD, "reviseMeasureDefinition", **of(first, words=COUNT))
    assert again["faults"] == {"id": "NOT_NEWEST"}
    await confirmed(portal, second)
    assert await current(portal) == (True, False)
    assert await current(later) == (False, True)


async def test_nobody_confirms_what_they_have_defined_themselves(portal: Portal) -> None:
    for who in (LEAD, SECOND):
        row = await proposed(portal, who)
        own = await answer(portal, who, "confirmMeasureDefinition", **of(row))
        assert (own["__typename"], own["rule"]) == ("NotPermitted", "reference.second_person")
    for other in ("sefton.coordinator", "pcc.administrator"):
        row = await proposed(portal)
        await made(portal, other, "confirmMeasureDefinition", **of(row))
        late = await answer(portal, SECOND, "confirmMeasureDefinition", **of(row))
        assert late["faults"] == {"id": "WRONG_STATE"}


@pytest.mark.parametrize("who", ["wirral.contributor", "wirral.viewer", "cheshire.viewer"])
async def test_others_do_not_answer(portal: Portal, who: str) -> None:
    row = await proposed(portal)
    for verb, more in (("confirm", {}), ("decline", {"reason": "No."})):
        refused = await answer(portal, who, f"{verb}MeasureDefinition", **of(row, **more))
        assert refused["rule"] == "measure.coordinator_defines"


async def test_a_declined_one_leaves_its_key_and_its_place_free(portal: Portal) -> None:
    row = await proposed(portal, key="two-declined")
    gone = await made(
        portal, "sefton.coordinator", "declineMeasureDefinition", **of(row, reason="Too vague.")
    )
    assert (gone["state"], gone["answerNote"]) == ("DECLINED", "Too vague.")
    refused = await answer(portal, LEAD, "retireMeasureDefinition", **of(gone))
    assert refused["faults"] == {"id": "WRONG_STATE"}
    first = await confirmed(portal, await proposed(portal, key="two-declined"))
    second = await made(portal, LEAD, "reviseMeasureDefinition", **of(first, words=COUNT))
    await made(portal, LEAD, "declineMeasureDefinition", **of(second, reason="A slip."))
    third = await revise(portal, LEAD, first, **COUNT)
    assert (third["edition"], third["isCurrent"]) == (2, True)


async def test_the_first_day_is_today_or_to_come(portal: Portal) -> None:
    day = str(DAY - timedelta(days=1))
    refused = await answer(
        portal, LEAD, "defineMeasure", key="two-late", words=COUNT, validFrom=day
    )
    assert refused["faults"] == {"validFrom": "INVALID"}


async def test_what_waits_is_listed_for_who_may_confirm_it(portal: Portal) -> None:
    row = await proposed(portal)
    query = """{ measureDefinitions(first: 100, filter: {state: PROPOSED}) {
        nodes { id state proposedBy { id } } } }"""
    listed = (await portal.ask(SECOND, query))["measureDefinitions"]["nodes"]
    assert row["id"] in {each["id"] for each in listed}
    assert {each["state"] for each in listed} == {"PROPOSED"}


@pytest.mark.parametrize(
    ("who", "change"),
    [
        (LEAD, "state = 'confirmed', answered_by_id = caller_principal()"),
        (SECOND, "state = 'confirmed', unit = 'x', answered_by_id = caller_principal()"),
        (SECOND, "unit = 'x'"),
        (LEAD, "proposed_by_id = NULL"),
    ],
)
async def test_nobody_does_it_alone_by_sql(portal: Portal, who: str, change: str) -> None:
    row = await proposed(portal)
    async with portal.context(who).acting() as session:
        with pytest.raises(DBAPIError) as refused:
            await session.execute(
                text(f"UPDATE measure_definition SET {change} WHERE id = :id"),  # noqa: S608 - ours
                {"id": plain(row)},
            )
        await session.rollback()
    assert said(refused.value)[0] == "42501"
