"""Survivors are asked; what they said and what changed is on record, and names nobody."""

from typing import Any

import pytest
from support.asking import Portal
from support.initiating import LEAD, committed, done, live, log, of, read

from portal.sample.partnership import team_id

RECORD = (
    "...on SurvivorConsultationPayload { survivorConsultation { id version heldOn group heard"
    " changed action { id } agency { shortName } recordedBy { id } } }"
)
ASKED = {
    "heldOn": "2026-11-02",
    "group": "Women who travel home after late shifts",
    "heard": "The walk from the stop is worse than the ride.",
}


async def record(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {**ASKED, "initiative": row["id"], **more}
    return await portal.do(who, "recordConsultation", given, RECORD)


async def recorded(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await record(portal, who, row, **more)
    found: dict[str, Any] = answer["survivorConsultation"]
    return found


async def change(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return await portal.do(who, "changeConsultation", of(row, **more), RECORD)


async def an_action(portal: Portal, row: dict[str, Any]) -> str:
    given = {
        "initiative": row["id"], "title": "Light the walk", "dueOn": "2026-12-01",
        "ownerTeam": f"Team:{team_id('wirral', 'Community safety')}",
    }  # fmt: skip
    shows = "...on ActionPayload { action { id } }"
    action: str = (await portal.do(LEAD, "addAction", given, shows))["action"]["id"]
    return action


async def test_a_committed_partner_records_whom_it_asked(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    made = await recorded(portal, "rasa.contributor", row)
    assert {name: made[name] for name in ASKED} == ASKED
    assert (made["agency"], made["changed"], made["action"]) == ({"shortName": "RASA"}, None, None)
    found = await read(portal, "wirral.viewer", row["id"], "consultations { nodes { heard } }")
    assert found["consultations"]["nodes"] == [{"heard": ASKED["heard"]}]


async def test_what_changed_is_added_with_the_action_it_led_to(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    made = await recorded(portal, "rasa.contributor", row)
    action = await an_action(portal, row)
    told = {"changed": "The walk is lit until 1 am.", "action": action}
    answer = await change(portal, "rasa.coordinator", made, **told)
    after = answer["survivorConsultation"]
    assert (after["version"], after["changed"]) == (2, told["changed"])
    assert after["action"] == {"id": action}
    answer = await change(portal, LEAD, after, action=None, heldOn="2026-11-03")
    last = answer["survivorConsultation"]
    assert (last["action"], last["heldOn"], last["changed"]) == (
        None, "2026-11-03", told["changed"],
    )  # fmt: skip
    stale = await change(portal, LEAD, made, changed=None)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 3)


async def test_who_only_looks_on_records_nothing(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    for onlooker in ("sefton.coordinator", "wirral.viewer"):
        answer = await record(portal, onlooker, row)
        assert answer["__typename"] == "NotPermitted", onlooker
        assert answer["rule"] == "consultation.taking_part_records"
    hidden = await record(portal, "sefton.coordinator", await log(portal))
    assert (hidden["__typename"], hidden["path"]) == ("NotFound", ["input", "initiative"])


async def test_another_partner_does_not_change_the_record(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    await committed(portal, row, "savera")
    made = await recorded(portal, "rasa.contributor", row)
    for stranger in ("savera.coordinator", "wirral.contributor"):
        answer = await change(portal, stranger, made, heard="Something else.")
        assert answer["__typename"] == "NotPermitted", stranger
        assert answer["rule"] == "consultation.recorder_changes"
    hidden = await change(portal, "sefton.coordinator", made, heard="Something else.")
    assert hidden["__typename"] == "NotFound"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("heldOn", "2026-11-17"), ("group", "  "), ("group", "x" * 201), ("heard", ""),
        ("heard", "x" * 4001), ("changed", "a\x07b"),
    ],
)  # fmt: skip
async def test_a_record_says_who_was_asked_and_what_they_said(
    portal: Portal, field: str, value: str
) -> None:
    row = await log(portal)
    answer = await record(portal, LEAD, row, **{field: value})
    assert [e["path"] for e in answer["errors"]] == [["input", field]]
    made = await recorded(portal, LEAD, row)
    answer = await change(portal, LEAD, made, **{field: value})
    assert [e["path"] for e in answer["errors"]] == [["input", field]]


async def test_every_fault_is_told_at_once(portal: Portal) -> None:
    row = await log(portal)
    answer = await record(portal, LEAD, row, heldOn="2027-01-01", group="", heard="")
    assert [e["path"][1] for e in answer["errors"]] == ["group", "heard", "heldOn"]


@pytest.mark.parametrize("field", ["heldOn", "group", "heard"])
async def test_what_a_record_needs_cannot_be_cleared(portal: Portal, field: str) -> None:
    made = await recorded(portal, LEAD, await log(portal))
    answer = await change(portal, LEAD, made, **{field: None})
    assert [e["path"] for e in answer["errors"]] == [["input", field]]


async def test_a_consultation_leads_to_an_action_of_the_same_initiative(portal: Portal) -> None:
    row, other = await live(portal), await live(portal)
    elsewhere = await an_action(portal, other)
    answer = await record(portal, LEAD, row, action=elsewhere)
    assert answer["errors"][0]["code"] == "OTHER_INITIATIVE"
    hidden = await an_action(portal, await log(portal))
    await committed(portal, row)
    answer = await record(portal, "rasa.contributor", row, action=hidden)
    assert (answer["__typename"], answer["path"]) == ("NotFound", ["input", "action"])


async def test_a_consultation_is_no_longer_seen_by_who_has_left(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    made = await recorded(portal, "rasa.contributor", row)
    await done(portal, "rasa.coordinator", "leaveInitiative", **of(partner))
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask("rasa.contributor", node, id=made["id"]))["node"] is None
    assert (await portal.ask(LEAD, node, id=made["id"]))["node"]
