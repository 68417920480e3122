"""The lead says which money an initiative has; the same grant counts once a year."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, committed, live, log

GRANT = {
    "source": "Home Office Safer Streets Fund",
    "amount": "270000",
    "financialYear": 2026,
}
LINE = (
    "...on FundingLinePayload { warnings { path code } fundingLine { id version source"
    " grantReference amount financialYear financialYearLabel spent isMatch underSpent"
    " sameGrantElsewhere note isSample initiative { id } } }"
)


async def answer(portal: Portal, who: str, mutation: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation; a ValidationError also as {field: code} in `faults`."""
    said = await portal.do(who, mutation, given, "" if "delete" in mutation else LINE)
    return {**said, "faults": {".".join(e["path"][1:]): e["code"] for e in said.get("errors", [])}}


async def made(portal: Portal, mutation: str, who: str = LEAD, **given: Any) -> dict[str, Any]:
    """The line after a mutation that succeeds, with the codes of its warnings in `warned`."""
    said = await answer(portal, who, mutation, **given)
    assert said["__typename"] == "FundingLinePayload", said
    return {**said["fundingLine"], "warned": [w["code"] for w in said["warnings"]]}


def grant(initiative: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The input of a grant that this initiative alone has, unless told otherwise."""
    own = {"initiative": initiative["id"], "grantReference": f"SSF {initiative['reference']}"}
    return {**GRANT, **own, **given}


async def entered(portal: Portal, initiative: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A line of this initiative."""
    return await made(portal, "addFundingLine", **grant(initiative, **given))


def held(line: dict[str, Any]) -> dict[str, Any]:
    """The input of a change of this line."""
    return {"id": line["id"], "expectedVersion": line["version"]}


async def test_a_line_reads_as_it_was_entered(portal: Portal) -> None:
    line = await entered(
        portal, await log(portal), source="  Home   Office ", spent="1234.50", note="final offer\n"
    )
    assert {name: line[name] for name in ("source", "amount", "spent", "note", "isMatch")} == {
        "source": "Home Office", "amount": "270000", "spent": "1234.5", "note": "final offer",
        "isMatch": False,
    }  # fmt: skip
    assert (line["financialYear"], line["financialYearLabel"]) == (2026, "2026/27")
    assert line["warned"] == []


async def test_the_year_2099_is_2099_00(portal: Portal) -> None:
    line = await entered(portal, await log(portal), financialYear=2099)
    assert (line["financialYearLabel"], line["warned"]) == ("2099/00", ["FAR_YEAR"])


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"source": " \n "}, {"source": "INVALID"}),
        ({"source": "x" * 121}, {"source": "LONG"}),
        ({"grantReference": "x" * 61}, {"grantReference": "LONG"}),
        ({"note": "x" * 1001}, {"note": "LONG"}),
        ({"amount": "0"}, {"amount": "INVALID"}),
        ({"amount": "-1"}, {"amount": "INVALID"}),
        ({"amount": "NaN"}, {"amount": "UNSTORABLE"}),
        ({"amount": "0.001"}, {"amount": "BAD_NUMBER"}),
        ({"amount": "1000000000000"}, {"amount": "BAD_NUMBER"}),
        ({"spent": "-0.01"}, {"spent": "INVALID"}),
        ({"financialYear": 1999}, {"financialYear": "INVALID"}),
        ({"financialYear": 2100}, {"financialYear": "INVALID"}),
        ({"financialYear": None}, {"financialYear": "YEAR_UNKNOWN"}),
        ({"amount": "0", "source": ""}, {"amount": "INVALID", "source": "INVALID"}),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    portal: Portal, given: dict[str, Any], faults: dict[str, str]
) -> None:
    initiative = await log(portal)
    refused = await answer(portal, LEAD, "addFundingLine", **grant(initiative, **given))
    assert refused["faults"] == faults


async def test_imported_history_may_not_know_the_year(portal: Portal) -> None:
    initiative = await log(portal)
    line = await entered(portal, initiative, financialYear=None, note="from the owner's web page")
    assert (line["financialYear"], line["financialYearLabel"], line["underSpent"]) == (
        None, None, False
    )  # fmt: skip
    bare = await answer(portal, LEAD, "changeFundingLine", **held(line), note=None)
    assert bare["faults"] == {"financialYear": "YEAR_UNKNOWN"}


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("rasa.coordinator", "NotPermitted"),  # a committed partner
        ("wirral.contributor", "NotPermitted"),
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotFound"),
        ("pcc.administrator", "NotFound"),
    ],
)
async def test_only_the_leads_coordinators_keep_the_money(
    portal: Portal, who: str, outcome: str
) -> None:
    initiative = await live(portal)
    await committed(portal, initiative)
    line = await entered(portal, initiative)
    last_year = grant(initiative, financialYear=2025)
    answers = [
        await answer(portal, who, "addFundingLine", **last_year),
        await answer(portal, who, "changeFundingLine", **held(line), amount="1"),
        await answer(portal, who, "recordSpend", **held(line), spent="1"),
        await answer(portal, who, "deleteFundingLine", **held(line)),
    ]  # fmt: skip
    assert [said["__typename"] for said in answers] == [outcome] * 4


async def test_a_grant_is_entered_once_for_a_year_in_an_initiative(portal: Portal) -> None:
    initiative = await log(portal)
    await entered(portal, initiative)
    reference = f" ssf  {initiative['reference'].lower()}"
    for again in ({}, {"source": "home office SAFER streets fund", "grantReference": reference}):
        refused = await answer(portal, LEAD, "addFundingLine", **grant(initiative, **again))
        assert refused["faults"] == {"grantReference": "GRANT_TWICE"}
    await entered(portal, initiative, financialYear=2027)
    await entered(portal, initiative, grantReference="SSF-6")
    for _ in range(2):
        await entered(portal, initiative, isMatch=True)


async def test_without_references_two_grants_of_a_funder_cannot_be_told_apart(
    portal: Portal,
) -> None:
    initiative = await log(portal)
    await entered(portal, initiative, grantReference=None)
    again = grant(initiative, grantReference=None)
    refused = await answer(portal, LEAD, "addFundingLine", **again)
    assert refused["faults"] == {"grantReference": "GRANT_TWICE"}
    other = await entered(portal, await log(portal), grantReference=None)
    assert other["sameGrantElsewhere"] is False


async def test_the_same_grant_in_another_initiative_that_i_see_is_refused(portal: Portal) -> None:
    first, second = await log(portal), await log(portal)
    await entered(portal, first, grantReference="TWICE-1")
    given = grant(second, grantReference="twice-1")
    refused = await answer(portal, LEAD, "addFundingLine", **given)
    assert refused["faults"] == {"grantReference": "GRANT_TWICE"}
    assert first["reference"] in refused["message"]
    match = await made(portal, "addFundingLine", **given, isMatch=True)
    assert match["sameGrantElsewhere"] is False


async def test_a_hidden_initiatives_grant_is_not_told_of(portal: Portal) -> None:
    """Refusing would tell Sefton that somebody's draft names this grant."""
    hidden = await log(portal)
    mine = await entered(portal, hidden, grantReference="HIDDEN-1")
    theirs = await log(portal, "sefton.coordinator", visibility="PARTNERSHIP")
    given = grant(theirs, grantReference="HIDDEN-1")
    line = await made(portal, "addFundingLine", "sefton.coordinator", **given)
    assert (line["sameGrantElsewhere"], line["warned"]) == (False, [])
    query = "query($id: ID!) { fundingLine(id: $id) { sameGrantElsewhere } }"
    for row in (mine, line):  # Wirral sees both, and is told
        seen = (await portal.ask("wirral.viewer", query, id=row["id"]))["fundingLine"]
        assert seen == {"sameGrantElsewhere": True}


async def test_a_change_cannot_make_a_double_and_need_not_fear_itself(portal: Portal) -> None:
    initiative = await log(portal)
    await entered(portal, initiative, grantReference="A-1")
    line = await entered(portal, initiative, grantReference="A-2")
    refused = await answer(portal, LEAD, "changeFundingLine", **held(line), grantReference="a-1")
    assert refused["faults"] == {"grantReference": "GRANT_TWICE"}
    same = await made(portal, "changeFundingLine", **held(line), grantReference="a-2")
    assert same["grantReference"] == "a-2"
    match = await entered(portal, initiative, isMatch=True)
    own = await made(portal, "changeFundingLine", **held(match), isMatch=False)
    assert own["isMatch"] is False


async def test_a_change_leaves_what_is_not_given_and_null_clears_what_may_be_empty(
    portal: Portal,
) -> None:
    line = await entered(portal, await log(portal), note="first offer", grantReference="KEEP-1")
    changed = await made(portal, "changeFundingLine", **held(line), amount="1000.01")
    assert (changed["amount"], changed["note"], changed["source"]) == (
        "1000.01", "first offer", GRANT["source"]
    )  # fmt: skip
    kept = await answer(portal, LEAD, "changeFundingLine", **held(changed), source=None)
    assert kept["__typename"] == "ValidationError"
    stale = await answer(portal, LEAD, "changeFundingLine", **held(line), amount="2")
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", changed["version"])
    cleared = await made(
        portal, "changeFundingLine", **held(changed), note=None, grantReference=None
    )
    assert (cleared["note"], cleared["grantReference"]) == (None, None)


async def test_spending_is_said_all_told(portal: Portal) -> None:
    line = await entered(portal, await log(portal), amount="100", grantReference="SPEND-1")
    more = await made(portal, "recordSpend", **held(line), spent="60.50")
    assert (more["spent"], more["warned"]) == ("60.5", [])
    less = await made(portal, "recordSpend", **held(more), spent="20")
    assert less["warned"] == ["LESS_THAN_BEFORE"]
    over = await made(portal, "recordSpend", **held(less), spent="100.01")
    assert over["warned"] == ["OVERSPENT"]
    for spent, code in (("-1", "INVALID"), ("Infinity", "UNSTORABLE"), ("1.001", "BAD_NUMBER")):
        refused = await answer(portal, LEAD, "recordSpend", **held(over), spent=spent)
        assert refused["faults"] == {"spent": code}


async def test_a_deleted_line_is_gone_and_its_history_stays(portal: Portal) -> None:
    line = await entered(portal, await log(portal), grantReference="GONE-1")
    gone = await answer(portal, LEAD, "deleteFundingLine", **held(line))
    assert gone["__typename"] == "DeletedPayload"
    query = "query($id: ID!) { fundingLine(id: $id) { id } node(id: $id) { id } }"
    assert await portal.ask(LEAD, query, id=line["id"]) == {"fundingLine": None, "node": None}
    async with portal.context(LEAD).acting() as session:
        kept = await session.execute(
            text(
                "SELECT c.kind, h.before ->> 'grant_reference' FROM change c"
                " JOIN history h ON h.change_id = c.id"
                " WHERE c.object_type = 'FundingLine' AND c.kind = 'deleted'"
                " AND c.object_id = CAST(:id AS uuid)"
            ),
            {"id": line["id"].split(":")[1]},
        )
        assert [tuple(row) for row in kept] == [("deleted", "GONE-1")]


async def test_the_database_refuses_what_the_verbs_refuse(portal: Portal) -> None:
    initiative = await live(portal)
    await committed(portal, initiative)
    line = await entered(portal, initiative, grantReference="SQL-1")
    row = {"id": line["id"].split(":")[1]}
    update = text("UPDATE funding_line SET spent = 1 WHERE id = CAST(:id AS uuid)")
    async with portal.context("rasa.coordinator").acting() as session:
        assert (await session.execute(update, row)).rowcount == 0
    copy = (
        "INSERT INTO funding_line (id, initiative_id, source, grant_reference, amount,"
        " financial_year, spent, is_match, is_sample, created_at, updated_at, version)"
        " SELECT gen_random_uuid(), initiative_id, upper(source), grant_reference, amount,"
        " financial_year, spent, is_match, is_sample, created_at, updated_at, 1"
        " FROM funding_line WHERE id = CAST(:id AS uuid)"
    )
    for who, complaint in (
        ("rasa.coordinator", "row-level security"),
        (LEAD, "funding_line_grant_once"),
    ):
        with pytest.raises(DBAPIError, match=complaint):
            async with portal.context(who).acting() as session:
                await session.execute(text(copy), row)
    assert Decimal(line["amount"]) == 270_000
