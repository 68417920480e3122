"""A colleague is away: another one finds and hears what would be theirs, until they return."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, member, move, see, sent, team
from support.reminding import told_of

from portal.store.engines import Engines

IDVA, LEAD, TODAY, LAST = "wirral.idva", "wirral.idvalead", "2026-11-16", "2026-11-20"
COVER = "...on CoverPayload { cover { id version today endedAt } }"
QUEUE = """query($by: ID!, $after: String) {
  queue(first: 100, filter: {workedBy: $by}, after: $after) {
    nodes { referral { id } } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture(autouse=True)
async def forgotten(cases: Engines) -> AsyncIterator[None]:
    """Nobody is away for other tests."""
    yield
    async with cases.owner.begin() as owner:
        await owner.execute(text("DELETE FROM cover WHERE first_on < '2026-12-01'"))


def away(**more: Any) -> dict[str, Any]:
    return {
        "team": team(*FAMILY_SAFETY), "member": member(IDVA), "coveredBy": member(LEAD),
        "firstOn": TODAY, "lastOn": LAST, **more,
    }  # fmt: skip


async def covered(portal: Portal, **more: Any) -> dict[str, Any]:
    done = await portal.do(LEAD, "setCover", away(**more), COVER)
    assert done["__typename"] == "CoverPayload", done
    return dict(done["cover"])


async def allocated(portal: Portal) -> dict[str, Any]:
    row = await sent(portal)
    [recipient] = (await see(portal, LEAD, row["id"]))["recipients"]["nodes"]
    given = {
        "recipient": recipient["id"], "expectedVersion": recipient["version"],
        "allocatedTo": member(IDVA),
    }  # fmt: skip
    await portal.do(LEAD, "allocateReferral", given)
    return row


async def works_on(portal: Portal, who: str) -> set[str]:
    found = await portal.to_the_end(who, QUEUE, by=member(who))
    return {one["referral"]["id"] for one in found}


async def test_who_covers_finds_the_cases_of_whom_they_cover_for_until_they_return(
    portal: Portal,
) -> None:
    row = await allocated(portal)
    assert row["id"] not in await works_on(portal, LEAD)
    cover = await covered(portal)
    assert cover["today"]
    assert row["id"] in await works_on(portal, LEAD)
    assert row["id"] in await works_on(portal, IDVA)
    later = Portal(portal.schema, portal.engine, date(2026, 11, 21))
    assert row["id"] not in await works_on(later, LEAD)
    given = {"id": cover["id"], "expectedVersion": cover["version"]}
    ended = (await portal.do(LEAD, "endCover", given, COVER))["cover"]
    assert ended["endedAt"]
    assert row["id"] not in await works_on(portal, LEAD)
    twice = {"id": cover["id"], "expectedVersion": ended["version"]}
    assert (await portal.do(LEAD, "endCover", twice))["errors"][0]["code"] == "ENDED"


GIVEN = "...on RecipientPayload { warnings { path code message } }"


async def test_whoever_gives_a_case_to_a_colleague_who_is_away_hears_who_covers(
    portal: Portal,
) -> None:
    row = await sent(portal)

    async def give(at: Portal, to: str) -> list[dict[str, Any]]:
        [recipient] = (await see(portal, LEAD, row["id"]))["recipients"]["nodes"]
        given = {
            "recipient": recipient["id"], "expectedVersion": recipient["version"],
            "allocatedTo": member(to),
        }  # fmt: skip
        done = await at.do(LEAD, "allocateReferral", given, GIVEN)
        assert done["__typename"] == "RecipientPayload", done
        return list(done["warnings"])

    assert await give(portal, IDVA) == []
    cover = await covered(portal)
    [warning] = await give(portal, IDVA)
    assert (warning["path"], warning["code"]) == (["input", "allocatedTo"], "COVERED")
    assert warning["message"] == (
        f"They are away until {LAST}; Ottilie Brand does their cases meanwhile."
    )
    assert await give(portal, LEAD) == []
    assert await give(Portal(portal.schema, portal.engine, date(2026, 11, 21)), IDVA) == []
    given = {"id": cover["id"], "expectedVersion": cover["version"]}
    await portal.do(LEAD, "endCover", given, COVER)
    assert await give(portal, IDVA) == []


async def test_whoever_gives_an_action_of_a_case_to_a_colleague_who_is_away_hears_it_too(
    portal: Portal,
) -> None:
    row = await sent(portal)
    await covered(portal)
    given = {
        "referral": row["id"], "code": "SAFETY_PLAN", "dueOn": LAST,
        "team": team(*FAMILY_SAFETY), "allocatedTo": member(IDVA),
    }  # fmt: skip
    selection = "...on CaseActionPayload { warnings { code } caseAction { id version } }"
    added = await portal.do(LEAD, "addCaseAction", given, selection)
    assert [one["code"] for one in added["warnings"]] == ["COVERED"], added
    again = {
        "id": added["caseAction"]["id"], "expectedVersion": added["caseAction"]["version"],
        "allocatedTo": member(IDVA),
    }  # fmt: skip
    done = await portal.do(LEAD, "allocateCaseAction", again, selection)
    assert [one["code"] for one in done["warnings"]] == ["COVERED"], done


async def test_who_covers_is_told_what_the_colleague_would_have_been(
    portal: Portal, cases: Engines
) -> None:
    for cover, told in ((False, IDVA), (True, LEAD)):
        if cover:
            await covered(portal)
        row = await allocated(portal)
        [recipient] = (await see(portal, IDVA, row["id"]))["recipients"]["nodes"]
        said = ("return_reasons", "wishes")
        done = await move(portal, IDVA, recipient, "return_for_information", said)
        before = len(await told_of(cases, row["id"]))
        await move(portal, SENDER, done["recipient"], "answer")
        assert (await told_of(cases, row["id"]))[before:] == [(told, "referral_yours")]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"lastOn": "2026-11-15", "firstOn": "2026-11-10"}, "lastOn"),
        ({"lastOn": "2027-12-31"}, "lastOn"),
        ({"coveredBy": member(IDVA)}, "coveredBy"),
        ({"coveredBy": member("wirral.caseworker")}, "coveredBy"),
        ({"member": member("wirral.caseworker")}, "member"),
    ],
)
async def test_cover_that_cannot_be_is_refused_with_its_place(
    portal: Portal, given: dict[str, Any], path: str
) -> None:
    refused = await portal.do(LEAD, "setCover", away(**given))
    assert [error["path"] for error in refused["errors"]] == [["input", path]]


async def test_on_each_day_one_colleague_covers_who_is_here(portal: Portal) -> None:
    await covered(portal, firstOn="2026-11-18")
    for given, path in (
        ({}, "member"),
        ({"member": member(LEAD), "coveredBy": member(IDVA)}, "coveredBy"),
    ):
        refused = await portal.do(LEAD, "setCover", away(**given))
        [error] = refused["errors"]
        assert (error["path"], error["code"]) == (["input", path], "AWAY")
    await covered(portal, firstOn=TODAY, lastOn="2026-11-17")


async def test_only_the_teams_own_agency_arranges_and_knows_of_it(portal: Portal) -> None:
    cover = await covered(portal)
    for who in (SENDER, "wirral.viewer", "marac.coordinator"):
        refused = await portal.do(who, "setCover", away())
        assert refused["rule"] == "referral.own_team_covers", who
    given = {"id": cover["id"], "expectedVersion": cover["version"]}
    assert (await portal.do(SENDER, "endCover", given))["__typename"] == "NotFound"
    assert (await portal.do("wirral.viewer", "endCover", given))["rule"] == (
        "referral.own_team_covers"
    )
    listed = "{ covers { nodes { id } } }"
    assert (await portal.ask(SENDER, listed))["covers"]["nodes"] == []
    assert len((await portal.ask("wirral.viewer", listed))["covers"]["nodes"]) > 1
