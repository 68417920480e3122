"""A council officer logs an initiative; partners see it when they should, and nobody else does."""

from support.asking import Portal

from portal.sample.partnership import agency_id

SEEN = "...on InitiativePayload { initiative { id version title } }"


async def logged(
    portal: Portal, who: str = "wirral.coordinator", title: str = "Safer bus stops"
) -> dict[str, object]:
    """A fresh draft."""
    answer = await portal.do(who, "logInitiative", {"title": title}, SEEN)
    return dict(answer["initiative"])


async def test_a_draft_is_seen_by_its_own_agency_only(portal: Portal) -> None:
    draft = await logged(portal)
    query = "query($id: ID!) { node(id: $id) { id } initiative(id: $id) { title } }"
    assert (await portal.ask("wirral.viewer", query, id=draft["id"]))["initiative"] == {
        "title": "Safer bus stops"
    }
    for stranger in ("sefton.coordinator", "rasa.coordinator", "pcc.programme"):
        assert await portal.ask(stranger, query, id=draft["id"]) == {
            "node": None,
            "initiative": None,
        }


async def test_an_invited_partner_sees_it_once_it_is_shared(portal: Portal) -> None:
    draft = await logged(portal)
    invited = {
        "initiative": draft["id"],
        "agency": f"Agency:{agency_id('rasa')}",
        "parts": ["SUPPORT"],
    }
    assert (await portal.do("wirral.coordinator", "invitePartner", invited))[
        "__typename"
    ] == "PartnerPayload"
    shows = "title partners { nodes { state agency { shortName } } }"
    query = f"query($id: ID!) {{ initiative(id: $id) {{ {shows} }} }}"
    assert (await portal.ask("rasa.coordinator", query, id=draft["id"]))["initiative"] is None
    shared = {"id": draft["id"], "expectedVersion": draft["version"], "visibility": "PARTNERS"}
    assert (await portal.do("wirral.coordinator", "shareInitiative", shared))[
        "__typename"
    ] == "InitiativePayload"
    seen = (await portal.ask("rasa.coordinator", query, id=draft["id"]))["initiative"]
    assert seen["partners"]["nodes"] == [{"state": "INVITED", "agency": {"shortName": "RASA"}}]
    assert (await portal.ask("sefton.coordinator", query, id=draft["id"]))["initiative"] is None


async def test_only_the_lead_coordinator_changes_it(portal: Portal) -> None:
    draft = await logged(portal)
    changed = {"id": draft["id"], "expectedVersion": 1, "title": "New"}
    hidden = await portal.do("sefton.coordinator", "changeInitiative", changed)
    assert hidden["__typename"] == "NotFound"
    refused = await portal.do("wirral.viewer", "changeInitiative", changed)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "initiative.lead_edits")
    assert (await portal.do("wirral.coordinator", "changeInitiative", changed, SEEN))["initiative"][
        "version"
    ] == 2
    stale = await portal.do("wirral.coordinator", "changeInitiative", {**changed, "title": "Newer"})
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)


async def test_an_empty_list_is_an_empty_page(portal: Portal) -> None:
    shows = "totalCount nodes { id } pageInfo { hasNextPage }"
    query = f'{{ initiatives(filter: {{text: "no such words"}}) {{ {shows} }} }}'
    page = (await portal.ask("edgehill.viewer", query))["initiatives"]
    assert page == {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}}
