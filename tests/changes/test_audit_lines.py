"""Everybody reads what they have asked for; an auditor reads what everybody has."""

from typing import Any

from support.asking import Portal
from support.initiating import LEAD, log, of, refused

LINES = """query($filter: AuditFilter, $after: String) {
    auditLines(first: 100, filter: $filter, after: $after) {
        nodes { id at verb outcome rule recordId agency { shortName } membership { id } }
        pageInfo { hasNextPage endCursor }
} }"""


async def lines(portal: Portal, who: str, **filters: Any) -> list[Any]:
    found: list[Any] = []
    after = None
    while True:
        page = (await portal.ask(who, LINES, filter=filters, after=after))["auditLines"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def of_record(portal: Portal, who: str, row: dict[str, Any]) -> list[Any]:
    wanted = row["id"].partition(":")[2]
    return [line for line in await lines(portal, who) if line["recordId"] == wanted]


async def test_my_own_lines_are_mine_and_an_auditors(portal: Portal) -> None:
    row = await log(portal)
    (mine,) = await of_record(portal, LEAD, row)
    assert (mine["verb"], mine["outcome"], mine["rule"]) == ("logInitiative", "DONE", None)
    assert (mine["at"], mine["agency"]) == ("2026-11-16T09:00:00Z", {"shortName": "Wirral"})
    assert await of_record(portal, "pcc.auditor", row) == [mine]
    for stranger in ("wirral.contributor", "wirral.viewer", "pcc.administrator"):
        assert await of_record(portal, stranger, row) == [], stranger
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask("pcc.auditor", node, id=mine["id"]))["node"] == {"id": mine["id"]}
    assert (await portal.ask("wirral.viewer", node, id=mine["id"]))["node"] is None


async def test_a_refusal_names_its_rule(portal: Portal) -> None:
    row = await log(portal)
    await refused(portal, "wirral.viewer", "changeInitiative", "NotPermitted", **of(row, title="N"))
    told = await lines(portal, "wirral.viewer", outcome="REFUSED")
    assert {line["outcome"] for line in told} == {"REFUSED"}
    assert ("changeInitiative", "initiative.lead_edits") in {(t["verb"], t["rule"]) for t in told}


async def test_lines_since_an_instant(portal: Portal) -> None:
    await log(portal)
    assert await lines(portal, LEAD, since="2026-11-16T09:00:00Z")
    assert await lines(portal, LEAD, since="2027-11-16T09:00:01Z") == []
