"""A body is abolished and another takes over; nothing it led or did is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support.asking import Portal, the_schema
from support.databases import empty_database
from support.following import about, now, since
from support.initiating import LEAD, agency, committed, live, read

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.initiatives import initiative_id
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, agency_id, fixed
from portal.sample.programs import keys_in, load_programs
from portal.store.build import build
from portal.store.server import Server

SUCCEED = {
    "agency": f"Agency:{agency_id('pcc')}",
    "by": f"Agency:{agency_id('lcrca')}",
    "fromDay": str(DAY),
    "expectedVersion": 1,
}
SHOWN = "...on AgencyPayload { agency { endedOn successor { shortName } } }"


@asynccontextmanager
async def a_partnership(server: Server, name: str) -> AsyncIterator[Portal]:
    """A database of its own, since an agency ends in it; a guest is its administrator."""
    async with empty_database(server, name) as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
            with TemporaryDirectory() as folder:
                await load_programs(owner, keys_in(Path(folder)))
            await owner.exec_driver_sql(
                "INSERT INTO membership_role SELECT id, 'partnership_administrator' FROM membership"
                " WHERE id IN (SELECT membership_id FROM team_member WHERE agency_id = $1 LIMIT 1)",
                (agency_id("cheshire"),),
            )
        yield Portal(the_schema(), engines.command)


@pytest.fixture
async def partnership(server: Server) -> AsyncIterator[Portal]:
    async with a_partnership(server, "succession") as portal:
        yield portal


@pytest.fixture(scope="module")
async def unchanged(server: Server) -> AsyncIterator[Portal]:
    """For what is refused: nothing changes, so one database does for all."""
    async with a_partnership(server, "no_succession") as portal:
        yield portal


async def test_the_successor_has_what_the_old_body_led(partnership: Portal) -> None:
    done = await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED, SHOWN)
    assert done["agency"] == {"endedOn": str(DAY), "successor": {"shortName": "LCRCA"}}
    query = """query($initiative: ID!, $old: ID!) {
        initiative(id: $initiative) { title lead { shortName } }
        agency(id: $old) { shortName successor { name } teams { nodes { name } } }
        initiatives(filter: {lead: $old}) { totalCount }
    }"""
    variables = {
        "initiative": f"Initiative:{initiative_id('delivery-plan')}",
        "old": SUCCEED["agency"],
    }
    seen = await partnership.ask("wirral.viewer", query, **variables)
    assert seen["initiative"]["lead"] == {"shortName": "LCRCA"}
    assert seen["agency"]["successor"]["name"] == "Liverpool City Region Combined Authority"
    assert seen["agency"]["teams"]["nodes"] == []
    assert seen["initiatives"]["totalCount"] == 0


async def test_its_people_go_on_working_for_the_successor(partnership: Portal) -> None:
    await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED)
    query = "{ me { agency { shortName } membership { name } } }"
    me = (await partnership.ask("pcc.coordinator", query))["me"]
    assert me == {"agency": {"shortName": "LCRCA"}, "membership": {"name": "Rosa Tindall"}}
    renamed = {
        "id": f"Initiative:{initiative_id('delivery-plan')}",
        "expectedVersion": 2,
        "title": "Delivery Plan",
    }
    answer = await partnership.do("pcc.coordinator", "changeInitiative", renamed)
    assert answer["__typename"] == "InitiativePayload"


async def test_its_programs_act_for_the_successor(partnership: Portal) -> None:
    program, query = fixed("client", "rasa"), "{ me { agency { shortName } } }"
    assert (await partnership.ask(program, query))["me"]["agency"] == {"shortName": "RASA"}
    charities = {"agency": agency("rasa"), "by": agency("savera")}
    done = await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED | charities, SHOWN)
    assert done["__typename"] == "AgencyPayload"
    assert (await partnership.ask(program, query))["me"]["agency"] == {"shortName": "Savera"}


async def test_of_two_teams_of_one_name_the_one_that_arrives_says_where_from(
    partnership: Portal,
) -> None:
    councils = {"agency": f"Agency:{agency_id('sefton')}", "by": f"Agency:{agency_id('wirral')}"}
    done = await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED | councils, SHOWN)
    assert done["__typename"] == "AgencyPayload"
    query = "query($id: ID!) { agency(id: $id) { teams { nodes { name } } } }"
    seen = await partnership.ask("wirral.viewer", query, id=councils["by"])
    names = {team["name"] for team in seen["agency"]["teams"]["nodes"]}
    assert {"Community safety", "Community safety (Sefton)"} <= names


@pytest.mark.parametrize("who", ["pcc.coordinator", "pcc.programme", "wirral.viewer"])
async def test_only_a_partnership_administrator_may_do_it(unchanged: Portal, who: str) -> None:
    answer = await unchanged.do(who, "succeedAgency", SUCCEED)
    assert answer["rule"] == "agency.partnership_administrator"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"by": SUCCEED["agency"]}, "by"),
        ({"fromDay": str(DAY + timedelta(days=1))}, "fromDay"),
        ({"agency": f"Agency:{agency_id('cheshire')}"}, "agency"),
        ({"agency": f"Agency:{agency_id('marac')}"}, "agency"),
    ],
)
async def test_a_succession_that_cannot_be_is_refused(
    unchanged: Portal, change: dict[str, str], field: str
) -> None:
    answer = await unchanged.do("cheshire.viewer", "succeedAgency", {**SUCCEED, **change})
    assert answer["errors"][0]["path"] == ["input", field]


async def test_a_successor_that_shows_names_is_warned_of(partnership: Portal) -> None:
    hidden = {**SUCCEED, "agency": f"Agency:{agency_id('rasa')}"}
    shown = "...on AgencyPayload { warnings { code } }"
    done = await partnership.do("cheshire.viewer", "succeedAgency", hidden, shown)
    assert done["warnings"] == [{"code": "NAMES_SHOWN"}]


async def test_an_agency_ends_once(partnership: Portal) -> None:
    await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED)
    late = await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED)
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", 2)
    given = {**SUCCEED, "expectedVersion": late["currentVersion"]}
    again = await partnership.do("cheshire.viewer", "succeedAgency", given)
    assert again["errors"][0]["path"] == ["input", "agency"]


async def test_everybody_learns_of_a_succession_and_of_what_stood_there(
    partnership: Portal,
) -> None:
    start = await now(partnership, "wirral.viewer")
    await partnership.do("cheshire.viewer", "succeedAgency", SUCCEED)
    told = about(await since(partnership, "wirral.viewer", start), SUCCEED["agency"])
    assert [(c["kind"], c["verb"]) for c in told] == [("UPDATED", "succeedAgency")]
    query = """query($id: ID!) { agency(id: $id) { version history {
        nodes { verb before after } } } }"""
    seen = (await partnership.ask("wirral.viewer", query, id=SUCCEED["agency"]))["agency"]
    (entry,) = [each for each in seen["history"]["nodes"] if each["verb"] == "succeedAgency"]
    assert seen["version"] == 2
    assert (entry["before"]["ended_on"], entry["after"]["ended_on"]) == (None, str(DAY))


async def test_a_busy_partner_s_successor_is_not_quiet(partnership: Portal) -> None:
    row = await live(partnership)
    await committed(partnership, row, "rasa")
    later = replace(partnership, today=DAY + timedelta(days=50))
    said = {"initiative": row["id"], "text": "Drivers are trained."}
    await later.do("rasa.coordinator", "addComment", said)
    then = replace(partnership, today=DAY + timedelta(days=61))
    over = {"agency": agency("rasa"), "by": agency("savera"), "fromDay": str(DAY),
            "expectedVersion": 1}  # fmt: skip
    done = await then.do("cheshire.viewer", "succeedAgency", over)
    assert done["__typename"] == "AgencyPayload", done
    seen = await read(then, LEAD, row["id"], "partnersWithoutUpdate { totalCount }")
    assert seen["partnersWithoutUpdate"]["totalCount"] == 0
