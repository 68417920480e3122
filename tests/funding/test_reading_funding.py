"""Whoever sees an initiative sees its money, its sums, and what is under-spent late in the year."""

from dataclasses import replace
from datetime import date

import pytest
from support.asking import Portal
from support.initiating import LEAD, log

FUND = "fundingLine { id version }"
TOTALS = "fundingTotals { source financialYear financialYearLabel amount matchAmount spent lines }"


async def entered(portal: Portal, initiative: str, who: str = LEAD, **given: object) -> str:
    """The id of a new funding line."""
    line = {"source": "Home Office", "amount": "100", "financialYear": 2026, **given}
    shows = f"...on FundingLinePayload {{ {FUND} }}"
    said = await portal.do(who, "addFundingLine", {"initiative": initiative, **line}, shows)
    assert said["__typename"] == "FundingLinePayload", said
    return str(said["fundingLine"]["id"])


@pytest.mark.parametrize(
    ("today", "spent", "flagged"),
    [
        (date(2027, 1, 16), "0", False),  # 290 of 365 days
        (date(2027, 1, 17), "0", False),  # 291
        (date(2027, 1, 18), "0", True),  # 292: eight tenths are gone
        (date(2027, 1, 18), "49.99", True),
        (date(2027, 1, 18), "50", False),  # half of it
        (date(2027, 3, 31), "10", True),
        (date(2027, 6, 1), "10", True),  # the year is over, the money was not spent
        (date(2026, 3, 1), "0", False),  # not begun
    ],
)
async def test_a_line_is_flagged_when_the_year_is_nearly_over_and_the_money_is_not(
    portal: Portal, today: date, spent: str, flagged: bool
) -> None:
    initiative = await log(portal)
    line = await entered(portal, initiative["id"], spent=spent)
    later = replace(portal, today=today)
    query = "query($id: ID!) { fundingLine(id: $id) { underSpent } }"
    seen = (await later.ask("wirral.viewer", query, id=line))["fundingLine"]
    assert seen == {"underSpent": flagged}
    query = (
        "query($filter: FundingFilter) {"
        " fundingLines(filter: $filter) { totalCount nodes { id } } }"
    )
    wanted = {"initiative": initiative["id"], "underSpent": flagged}
    page = (await later.ask(LEAD, query, filter=wanted))["fundingLines"]
    assert page == {"totalCount": 1, "nodes": [{"id": line}]}


async def test_a_line_without_a_year_is_never_flagged_and_still_found(portal: Portal) -> None:
    initiative = await log(portal)
    line = await entered(portal, initiative["id"], financialYear=None, note="year not public")
    query = "query($filter: FundingFilter) { fundingLines(filter: $filter) { nodes { id } } }"
    wanted = {"initiative": initiative["id"], "underSpent": False}
    page = (await portal.ask(LEAD, query, filter=wanted))["fundingLines"]
    assert page == {"nodes": [{"id": line}]}


async def test_an_initiative_sums_its_money_by_source_and_year(portal: Portal) -> None:
    initiative = await log(portal, visibility="PARTNERSHIP")
    for given in (
        {"amount": "100.10", "spent": "1.05", "grantReference": "A"},
        {"amount": "200.20", "spent": "2", "grantReference": "B", "source": "HOME OFFICE"},
        {"amount": "50", "isMatch": True},
        {"amount": "7", "financialYear": 2025},
        {"amount": "9", "source": "City Region", "financialYear": None, "note": "year not public"},
    ):
        await entered(portal, initiative["id"], **given)
    query = f"query($id: ID!) {{ initiative(id: $id) {{ funding {{ totalCount }} {TOTALS} }} }}"
    seen = (await portal.ask("sefton.coordinator", query, id=initiative["id"]))["initiative"]
    assert seen["funding"] == {"totalCount": 5}
    shown = ("financialYearLabel", "source", "amount", "matchAmount", "spent", "lines")
    sums = [
        tuple(t[name].lower() if name == "source" else t[name] for name in shown)
        for t in seen["fundingTotals"]
    ]
    assert sums == [
        ("2026/27", "home office", "350.3", "50", "3.05", 3),
        ("2025/26", "home office", "7", "0", "0", 1),
        (None, "city region", "9", "0", "0", 1),
    ]


async def test_sums_over_all_count_what_the_caller_sees_and_nothing_else(portal: Portal) -> None:
    source = "The Lighthouse Fund"
    for visibility, amount in (("DRAFT", "1"), ("PARTNERSHIP", "20"), ("PUBLIC", "300")):
        initiative = await log(
            portal, **({} if visibility == "DRAFT" else {"visibility": visibility})
        )
        await entered(portal, initiative["id"], source=source, amount=amount)
    for who, amount in (
        ("wirral.viewer", "321"),
        ("sefton.coordinator", "320"),
        ("cheshire.viewer", "300"),
        ("pcc.administrator", "300"),
    ):
        totals = (await portal.ask(who, f"{{ {TOTALS} }}"))["fundingTotals"]
        assert [t["amount"] for t in totals if t["source"] == source] == [amount]


@pytest.mark.parametrize(
    ("who", "sees"),
    [("wirral.viewer", 3), ("sefton.coordinator", 2), ("cheshire.viewer", 1)],
)
async def test_a_list_holds_what_can_be_opened_and_no_more(
    portal: Portal, who: str, sees: int
) -> None:
    source = f"Fund for {who}"
    lines = []
    for visibility in ("DRAFT", "PARTNERSHIP", "PUBLIC"):
        initiative = await log(
            portal, **({} if visibility == "DRAFT" else {"visibility": visibility})
        )
        lines.append(await entered(portal, initiative["id"], source=source))
    query = (
        "query($filter: FundingFilter, $ids: [ID!]!) { nodes(ids: $ids) { id }"
        " fundingLines(filter: $filter, orderBy: NEWEST) { totalCount nodes { id } } }"
    )
    seen = await portal.ask(who, query, filter={"text": source.upper()}, ids=lines)
    listed = [node["id"] for node in seen["fundingLines"]["nodes"]]
    assert sorted(listed) == sorted(node["id"] for node in seen["nodes"] if node)
    assert len(listed) == seen["fundingLines"]["totalCount"] == sees


async def test_lines_are_found_by_year_and_match(portal: Portal) -> None:
    initiative = (await log(portal))["id"]
    this = await entered(portal, initiative)
    last = await entered(portal, initiative, financialYear=2025)
    match = await entered(portal, initiative, isMatch=True)
    query = "query($filter: FundingFilter) { fundingLines(filter: $filter) { nodes { id } } }"

    async def found(**wanted: object) -> set[str]:
        asked = {"initiative": initiative, **wanted}
        page = (await portal.ask(LEAD, query, filter=asked))["fundingLines"]
        return {node["id"] for node in page["nodes"]}

    assert await found(financialYear=2025) == {last}
    assert await found(isMatch=True) == {match}
    assert await found(isMatch=False) == {this, last}
