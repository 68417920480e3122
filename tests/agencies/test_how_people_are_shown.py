"""People of another agency appear by role and team; by name only where that agency shows names."""

from support.asking import Portal

from auth.tables import Agency, AgencyArea, Team
from portal.sample.partnership import PEOPLE, membership_id
from portal.store.rules import table_of

WHO = """query($id: ID!) { node(id: $id) { ...on Membership {
  name roles agency { shortName } teams { nodes { name } } } } }"""


async def seen(portal: Portal, who: str, of: str) -> dict:
    return (await portal.ask(who, WHO, id=f"Membership:{membership_id(of)}"))["node"]


async def test_of_an_agency_that_shows_no_names_partners_see_role_and_team(portal: Portal):
    shown = {
        "name": None,
        "roles": ["INITIATIVE_COORDINATOR"],
        "agency": {"shortName": "Police"},
        "teams": {"nodes": [{"name": "Prevention hub"}]},
    }
    for partner in ("wirral.coordinator", "rasa.contributor", "cheshire.viewer"):
        assert await seen(portal, partner, "police.coordinator") == shown
    colleague = await seen(portal, "police.contributor", "police.coordinator")
    assert colleague == {**shown, "name": PEOPLE["police.coordinator"][1]}


async def test_of_an_agency_that_shows_names_partners_see_them(portal: Portal):
    person = await seen(portal, "rasa.contributor", "wirral.contributor")
    assert person["name"] == PEOPLE["wirral.contributor"][1]
    assert person["teams"] == {"nodes": [{"name": "Community safety"}]}


def test_there_is_no_place_for_an_address():
    """Of a refuge above all: a borough is as near as any row of an agency comes."""
    tables = [table_of(each) for each in (Agency, AgencyArea, Team)]
    columns = {column.name for table in tables for column in table.columns}
    assert columns == {
        "id", "name", "short_name", "kind", "in_partnership", "shows_names", "host_id", "ended_on",
        "successor_id", "version", "agency_id", "area_code", "valid_from", "valid_to", "inbox",
        "narrow",
    }  # fmt: skip
