"""A list of records is read page by page; what is a plain list is one by decision."""

from collections.abc import Iterator

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from support.asking import Portal, unpaged

PLAIN = {
    "Query.nodes": "as many as ids were given",
    "Query.planBoard": "the whole plan at a glance; planActions are its pages",
    "Query.fundingTotals": "sums",
    "Query.lateByAgency": "sums",
    "Query.caseTotals": "sums",
    "Query.chargingTotals": "sums",
    "Query.agreementStops": "a row for each party of one agreement",
    "Query.agreementGate": "the few agreements that come near, and what each lacks",
    "Query.recipientsOffered": "the few teams of one area that take one pathway",
    "Access.rules": "the few reasons why one record is seen",
    "Access.missing": "the few things that would show all of one record",
    "Initiative.fundingTotals": "sums",
    "Membership.holds": "a person's few roles",
    "Preview.parties": "the few that one referral is for",
    "Recipient.daysHeld": "each of those who can have the turn",
    "ReferralFile.subjects": "the few whom one case is about",
    "ReferralFile.needs": "one of each kind",
    "ReferralFile.orders": "one of each kind",
    "ReferralFile.riskAssessments": "what one case has, in a view that is read whole",
    "ReferralFile.actions": "what one case has, in a view that is read whole",
    "ReferralFile.steps": "what one case has, in a view that is read whole",
    "RiskScale.grades": "the few grades of one tool",
    "ValidationError.errors": "what is wrong with one input",
}
WARNINGS = "warnings"  # of each payload
AREAS = """query($after: String) { areas(first: 2, after: $after) { totalCount
    nodes { code name } pageInfo { hasNextPage endCursor } } }"""


def plain_lists(schema: GraphQLSchema) -> Iterator[str]:
    """Lists of objects that are no page of a connection."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            listed = is_list_type(get_nullable_type(field.type))
            page = kind.name.endswith("Connection") or name == WARNINGS
            if listed and not page and not is_leaf_type(get_named_type(field.type)):
                yield f"{kind.name}.{name}"


def test_each_plain_list_is_one_by_decision(portal: Portal) -> None:
    assert sorted(plain_lists(portal.schema._schema)) == sorted(PLAIN)


async def test_places_are_read_page_by_page_each_once(portal: Portal) -> None:
    found, after, more = [], None, True
    while more:
        page = (await portal.ask("wirral.viewer", AREAS, after=after))["areas"]
        assert len(page["nodes"]) <= 2
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(found) == len({area["code"] for area in found}) == page["totalCount"] > 5
    assert [area["name"] for area in found] == sorted(area["name"] for area in found)


async def test_frameworks_and_their_versions_come_in_order(portal: Portal) -> None:
    document = "{ frameworks(first: 5) { nodes { name versions { nodes { validFrom } } } } }"
    found = unpaged(await portal.ask("wirral.viewer", document))["frameworks"]
    assert [f["name"] for f in found] == sorted(f["name"] for f in found)
    for framework in found:
        days = [version["validFrom"] for version in framework["versions"]]
        assert days == sorted(days)


async def test_retired_themes_can_be_left_out(portal: Portal) -> None:
    shows = "...on ThemePayload { theme { id version } }"
    added = (await portal.do("pcc.programme", "addTheme", {"name": "Fairs"}, shows))["theme"]
    given = {"id": added["id"], "expectedVersion": added["version"]}
    await portal.do("pcc.programme", "retireTheme", given)
    document = "query($no: Boolean) { themes(filter: {retired: $no}) { nodes { name } } }"

    async def names(retired: bool | None) -> set[str]:
        listed = await portal.ask("wirral.viewer", document, no=retired)
        return {theme["name"] for theme in unpaged(listed)["themes"]}

    assert "Fairs" in await names(retired=True)
    assert "Fairs" not in await names(retired=False)
    assert await names(retired=None) == await names(retired=True) | await names(retired=False)
