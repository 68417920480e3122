"""A framework reads as it did until a second person confirms how it is to read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal, unpaged
from support.initiating import of
from support.mapping import change, initiative
from support.writing import plain, said

from portal.frameworks.reference import framework_id
from portal.sample.partnership import DAY, membership_id
from portal.store.engines import Engines

FIRST, SECOND = "pcc.programme", "pcc.administrator"
PLAN = f"Framework:{framework_id('merseyside_plan')}"
SHOWN = (
    "...on FrameworkVersionPayload { frameworkVersion { id version label state validFrom validTo"
    " answerNote proposedBy { id } answeredBy { id } entries { nodes { id code title position } }"
    " } }"
)
ENTRIES = [{"code": "1", "title": "Safer journeys"}, {"code": "2", "title": "Safer nights"}]
LATER = str(DAY + timedelta(days=136))
Row = dict[str, Any]


async def propose(portal: Portal, who: str = FIRST, **given: Any) -> Row:
    """The answer to a proposal of a new version of the delivery plan."""
    asked = {"framework": PLAN, "label": f"Plan {uuid4().hex[:6]}", "validFrom": LATER,
             "entries": ENTRIES}  # fmt: skip
    answer = await portal.do(who, "proposeFrameworkVersion", {**asked, **given}, SHOWN)
    return {**answer, **unpaged(answer.get("frameworkVersion", {}))}


async def answered(portal: Portal, who: str, verb: str, row: Row, **given: Any) -> Row:
    answer = await portal.do(who, f"{verb}FrameworkVersion", of(row, **given), SHOWN)
    return {**answer, **unpaged(answer.get("frameworkVersion", {}))}


async def board(portal: Portal) -> list[int]:
    shown = await portal.ask("wirral.viewer", "{ planBoard { number title } }")
    return [action["number"] for action in shown["planBoard"]]


async def covered(portal: Portal) -> int:
    asked = "query($f: ID!) { frameworkCoverage(filter: {framework: $f}) { totalCount } }"
    return (await portal.ask("wirral.viewer", asked, f=PLAN))["frameworkCoverage"]["totalCount"]


@pytest.fixture
async def emptied(engines: Engines) -> Any:
    """The plan as it was, whatever a test has made of it."""
    yield
    given = {"id": framework_id("merseyside_plan")}
    of_new = (
        "SELECT id FROM framework_version WHERE framework_id = :id AND proposed_by_id IS NOT NULL"
    )
    async with engines.owner.begin() as owner:
        for statement in (
            f"DELETE FROM plan_action WHERE framework_version_id IN ({of_new})",  # noqa: S608 - ours
            f"DELETE FROM initiative_entry WHERE entry_id IN (SELECT id FROM framework_entry"  # noqa: S608
            f" WHERE framework_version_id IN ({of_new}))",
            f"DELETE FROM framework_entry WHERE framework_version_id IN ({of_new})",  # noqa: S608
            "DELETE FROM framework_version WHERE framework_id = :id AND proposed_by_id IS NOT NULL",
            "UPDATE framework_version SET valid_to = NULL WHERE framework_id = :id",
        ):
            await owner.execute(text(statement), given)


async def test_the_old_version_holds_until_another_person_confirms(
    portal: Portal, emptied: None
) -> None:
    row = await propose(portal)
    assert (row["state"], row["validFrom"], row["answeredBy"]) == ("PROPOSED", LATER, None)
    assert row["proposedBy"] == {"id": f"Membership:{membership_id(FIRST)}"}
    assert [e["code"] for e in row["entries"]] == ["1", "2"]
    on_the_day = replace(portal, today=DAY + timedelta(days=140))
    assert len(await board(on_the_day)) == 57, "nobody has confirmed it"
    assert await covered(portal) == 57
    own = await answered(portal, FIRST, "confirm", row)
    assert (own["__typename"], own["rule"]) == ("NotPermitted", "reference.second_person")
    done = await answered(portal, SECOND, "confirm", row)
    assert (done["state"], done["answeredBy"]) == (
        "CONFIRMED", {"id": f"Membership:{membership_id(SECOND)}"},
    )  # fmt: skip
    assert len(await board(portal)) == 57, "its first day has not come"
    assert await board(on_the_day) == [1, 2]
    assert await covered(portal) == 59
    query = """query($id: ID!) { node(id: $id) { ...on Framework {
        versions(filter: {state: CONFIRMED}) { nodes { label validFrom validTo } } } } }"""
    versions = unpaged(await portal.ask("wirral.viewer", query, id=PLAN))["node"]["versions"]
    assert [(v["label"], v["validTo"]) for v in versions] == [
        ("2022", str(DAY + timedelta(days=135))), (row["label"], None),
    ]  # fmt: skip


async def test_a_proposal_is_declined_or_taken_back_and_its_name_is_free_again(
    portal: Portal, emptied: None
) -> None:
    for who in (SECOND, FIRST):
        row = await propose(portal, label="Plan 2030")
        gone = await answered(portal, who, "decline", row, reason="Not yet.")
        assert (gone["state"], gone["answerNote"]) == ("DECLINED", "Not yet.")
        again = await answered(portal, SECOND, "confirm", gone)
        assert again["errors"][0]["code"] == "WRONG_STATE"
    row = await propose(portal, label="Plan 2030")
    assert row["state"] == "PROPOSED"
    twice = await propose(portal, label="Plan 2030")
    assert twice["errors"][0]["code"] == "TAKEN"
    unsaid = await answered(portal, FIRST, "decline", row, reason=" ")
    assert unsaid["errors"][0]["path"] == ["input", "reason"]


async def test_nothing_is_mapped_to_what_is_not_in_force(portal: Portal, emptied: None) -> None:
    row = await propose(portal, validFrom=str(DAY))
    entry = row["entries"][0]["id"]
    initiative_ = await initiative(portal)
    early = await change(portal, "setFrameworkEntries", initiative_, entries=[entry])
    assert (early["errors"][0]["path"], early["errors"][0]["code"]) == (
        ["input", "entries", "0"], "NOT_IN_FORCE",
    )  # fmt: skip
    await answered(portal, SECOND, "confirm", row)
    mapped = await change(portal, "setFrameworkEntries", initiative_, entries=[entry])
    assert [e["code"] for e in mapped["frameworkEntries"]] == ["1"]


async def test_what_is_confirmed_late_begins_on_that_day(portal: Portal, emptied: None) -> None:
    row = await propose(portal, validFrom=str(DAY))
    late = replace(portal, today=DAY + timedelta(days=9))
    done = await answered(late, SECOND, "confirm", row)
    assert done["validFrom"] == str(DAY + timedelta(days=9))
    other = await propose(late, validFrom=str(DAY + timedelta(days=9)))
    both = await answered(late, SECOND, "confirm", other)
    assert both["errors"][0]["code"] == "TAKEN"


async def test_one_that_is_confirmed_out_of_turn_ends_before_the_next_begins(
    portal: Portal, emptied: None
) -> None:
    last = await propose(portal, validFrom=str(DAY + timedelta(days=20)))
    await answered(portal, SECOND, "confirm", last)
    between = await propose(portal, validFrom=str(DAY + timedelta(days=10)))
    done = await answered(portal, SECOND, "confirm", between)
    assert (done["validFrom"], done["validTo"]) == (
        str(DAY + timedelta(days=10)), str(DAY + timedelta(days=19)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 81}, "label"),
        ({"validFrom": str(DAY - timedelta(days=1))}, "validFrom"),
        ({"entries": []}, "entries"),
        ({"entries": [{"code": str(n), "title": "x"} for n in range(101)]}, "entries"),
        ({"entries": [{"code": "", "title": "x"}]}, "entries.0.code"),
        ({"entries": [{"code": "a", "title": ""}]}, "entries.0.title"),
        ({"entries": [{"code": "a", "title": "x"}, {"code": " a ", "title": "y"}]},
         "entries.1.code"),
        ({"note": "x" * 401}, "note"),
    ],
)  # fmt: skip
async def test_a_faulty_proposal_names_the_field(
    portal: Portal, given: dict[str, Any], field: str
) -> None:
    refused = await propose(portal, **given)
    assert [".".join(e["path"][1:]) for e in refused["errors"]] == [field]


@pytest.mark.parametrize("who", ["wirral.coordinator", "pcc.coordinator", "cheshire.viewer"])
async def test_others_neither_propose_nor_answer(portal: Portal, emptied: None, who: str) -> None:
    row = await propose(portal)
    for refused in (
        await propose(portal, who),
        await answered(portal, who, "confirm", row),
        await answered(portal, who, "decline", row, reason="No."),
    ):
        assert refused["rule"] == "framework.programme_lead_manages"


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        (FIRST, "UPDATE framework_version SET state = 'confirmed',"
                " answered_by_id = caller_principal() WHERE id = :id"),
        (SECOND, "UPDATE framework_version SET state = 'confirmed' WHERE id = :id"),
        (SECOND, "UPDATE framework_version SET state = 'confirmed', label = 'Mine',"
                 " answered_by_id = caller_principal() WHERE id = :id"),
        (SECOND, "UPDATE framework_version SET label = 'Mine' WHERE id = :id"),
        (FIRST, "UPDATE framework_version SET proposed_by_id = NULL WHERE id = :id"),
        (SECOND, "INSERT INTO framework_entry (id, framework_version_id, code, title, position)"
                 " VALUES (gen_random_uuid(), :id, '9', 'Mine', 9)"),
        (FIRST, "INSERT INTO framework_entry (id, framework_version_id, code, title, position)"
                " SELECT gen_random_uuid(), id, '99', 'Mine', 99 FROM framework_version"
                " WHERE label = '2022'"),
        (FIRST, "INSERT INTO framework_version (id, framework_id, label, valid_from, self_assessed,"
                " state, proposed_by_id, updated_at, version) SELECT gen_random_uuid(),"
                " framework_id, 'Mine', valid_from + 1, false, 'confirmed', caller_principal(),"
                " updated_at, 1"
                " FROM framework_version WHERE label = '2022'"),
    ],
)  # fmt: skip
async def test_nobody_does_it_alone_by_sql(
    portal: Portal, emptied: None, who: str, statement: str
) -> None:
    row = await propose(portal)
    given: dict[str, UUID] = {"id": plain(row)} if ":id" in statement else {}
    async with portal.context(who).acting() as session:
        with pytest.raises(DBAPIError) as refused:
            await session.execute(text(statement), given)
        await session.rollback()
    assert said(refused.value)[0] == "42501"


async def test_a_confirmed_version_stays_as_it_is(portal: Portal) -> None:
    change_ = "UPDATE framework_version SET label = 'Mine' WHERE label = '2022'"
    for who in (FIRST, SECOND):
        async with portal.context(who).acting() as session:
            assert (await session.execute(text(change_))).rowcount == 0  # type: ignore[attr-defined]
            await session.rollback()
