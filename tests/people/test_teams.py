"""Administrators form teams; whoever leads one says who is in it; a team's work is never lost."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.roles import Role
from auth.tables import Team, TeamMember
from portal.sample.partnership import membership_id, team_id
from portal.store.engines import Engines
from portal.store.rules import table_of

SHOWN = (
    "...on TeamPayload { team { id name inbox version endedOn"
    " members { nodes { id } } leads { nodes { id } } } warnings { code } }"
)
NOTICES = "{ me { notices(first: 3) { nodes { kind says } } } }"
WIRRAL = "wirral.administrator"


@pytest.fixture
async def made(engines: Engines) -> Staff:
    lead, plain = (Role.TEAM_LEAD,), (Role.CONTRIBUTOR,)
    return await staff(engines, adam=ADMIN, bela=ADMIN, lena=lead, cora=plain, dora=plain)


async def done(portal: Portal, who: Any, mutation: str, **given: Any) -> dict[str, Any]:
    answer = await portal.do(who, mutation, given, SHOWN)
    assert answer["__typename"] == "TeamPayload", answer
    team: dict[str, Any] = answer["team"]
    return team | {"warned": [each["code"] for each in answer["warnings"]]}


async def refused(portal: Portal, who: Any, mutation: str, **given: Any) -> str:
    """The rule that refuses it, or the code of what is wrong."""
    answer = await portal.do(who, mutation, given, SHOWN)
    if answer["__typename"] == "ValidationError":
        return str(answer["errors"][0]["code"])
    return str(answer.get("rule") or answer["__typename"])


async def a_team(portal: Portal, made: Staff) -> str:
    return str((await done(portal, made["adam"], "addTeam", name=f"Team {uuid4()}"))["id"])


def ids(team: dict[str, Any], which: str = "members") -> set[str]:
    return {node["id"] for node in team[which]["nodes"]}


async def told(portal: Portal, who: UUID) -> list[str]:
    found = (await portal.ask(who, NOTICES))["me"]["notices"]["nodes"]
    return [each["says"] for each in found if each["kind"] == "TEAM_CHANGED"]


async def test_a_team_is_made_and_renamed_and_its_history_says_so(portal: Portal, made: Staff):
    team = await done(portal, made["adam"], "addTeam", name="  Outreach  team ", inbox="o@x.org")
    assert (team["name"], team["inbox"], team["version"]) == ("Outreach team", "o@x.org", 1)
    given = {"id": team["id"], "expectedVersion": 1, "name": "Outreach", "inbox": None}
    changed = await done(portal, made["adam"], "changeTeam", **given)
    assert (changed["name"], changed["inbox"], changed["version"]) == ("Outreach", None, 2)
    history = "query($id: ID!) { node(id: $id) { ...on Team { history { nodes { verb } } } } }"
    found = (await portal.ask(made["adam"], history, id=team["id"]))["node"]["history"]["nodes"]
    assert len(found) == 2
    assert await refused(portal, made["adam"], "changeTeam", **given) == "Conflict"


@pytest.mark.parametrize(
    ("name", "code"), [(" ", "INVALID"), ("x" * 81, "LONG"), ("A\u0007", "UNPRINTABLE")]
)
async def test_a_name_that_cannot_be_is_refused(portal, made, name, code):
    assert await refused(portal, made["adam"], "addTeam", name=name) == code


async def test_two_teams_have_two_names(portal: Portal, made: Staff):
    await done(portal, made["adam"], "addTeam", name="Outreach")
    assert await refused(portal, made["bela"], "addTeam", name="outreach") == "TAKEN"


@pytest.mark.parametrize("who", ["cora", "lena"])
async def test_who_administers_nothing_forms_no_team(portal: Portal, made: Staff, who: str):
    team = await a_team(portal, made)
    assert await refused(portal, made[who], "addTeam", name="Mine") == "people.administrator"
    given = {"id": team, "expectedVersion": 1}
    for mutation in ("changeTeam", "endTeam"):
        assert await refused(portal, made[who], mutation, **given) == "people.administrator"
    of_cora = {"team": team, "membership": made.id("dora")}
    for mutation, more in (
        ("putInTeam", {}),
        ("takeOutOfTeam", {}),
        ("setTeamLead", {"leads": True}),
    ):
        found = await refused(portal, made[who], mutation, **of_cora, **more)
        assert found == "people.administrator", mutation


async def test_another_agencys_administrator_does_nothing_with_it(portal, engines, made):
    team, other = await a_team(portal, made), await staff(engines, olga=ADMIN, otto=ADMIN)
    given = {"id": team, "expectedVersion": 1}
    assert await refused(portal, other["olga"], "endTeam", **given) == "people.administrator"
    into = {"team": team, "membership": other.id("otto")}
    assert await refused(portal, other["olga"], "putInTeam", **into) == "people.administrator"
    stranger = {"team": team, "membership": other.id("otto")}
    assert await refused(portal, made["adam"], "putInTeam", **stranger) == "INVALID"


async def test_a_colleague_comes_and_goes_and_is_told(portal: Portal, made: Staff):
    team = await a_team(portal, made)
    given = {"team": team, "membership": made.id("cora")}
    there = await done(portal, made["adam"], "putInTeam", **given)
    assert ids(there) == {made.id("cora")}
    assert await refused(portal, made["adam"], "putInTeam", **given) == "WRONG_STATE"
    assert "from now on" in (await told(portal, made["cora"]))[0]
    assert ids(await done(portal, made["adam"], "takeOutOfTeam", **given)) == set()
    assert await refused(portal, made["adam"], "takeOutOfTeam", **given) == "WRONG_STATE"
    assert "no longer in the team" in (await told(portal, made["cora"]))[0]


async def test_nobody_puts_themselves_in_a_team(portal: Portal, made: Staff):
    given = {"team": await a_team(portal, made), "membership": made.id("adam")}
    assert await refused(portal, made["adam"], "putInTeam", **given) == "people.not_oneself"


async def test_nobody_who_has_left_is_put_in_a_team(portal: Portal, made: Staff):
    team = await a_team(portal, made)
    await portal.do(made["adam"], "endMembership", {"membership": made.id("dora")})
    given = {"team": team, "membership": made.id("dora")}
    assert await refused(portal, made["adam"], "putInTeam", **given) == "NOT_AT_WORK"


async def test_who_leads_a_team_with_the_role_for_it_says_who_is_in_it(portal, engines, made):
    team = await a_team(portal, made)
    lena = {"team": team, "membership": made.id("lena")}
    await done(portal, made["adam"], "putInTeam", **lena)
    cora = {"team": team, "membership": made.id("cora")}
    assert await refused(portal, made["lena"], "putInTeam", **cora) == "people.administrator"
    led = await done(portal, made["adam"], "setTeamLead", **lena, leads=True)
    assert ids(led, "leads") == {made.id("lena")}
    assert ids(await done(portal, made["lena"], "putInTeam", **cora)) == {
        made.id("cora"),
        made.id("lena"),
    }
    assert await refused(portal, made["lena"], "takeOutOfTeam", **lena) == "people.not_oneself"
    lifts = {**cora, "leads": True}
    assert await refused(portal, made["lena"], "setTeamLead", **lifts) == "people.administrator"
    await done(portal, made["lena"], "takeOutOfTeam", **cora)
    elsewhere = {"team": await a_team(portal, made), "membership": made.id("cora")}
    assert await refused(portal, made["lena"], "putInTeam", **elsewhere) == "people.administrator"
    led = await done(portal, made["adam"], "setTeamLead", **lena, leads=False)
    assert ids(led, "leads") == set()
    assert await refused(portal, made["lena"], "putInTeam", **cora) == "people.administrator"


async def test_the_team_of_a_lead_whose_training_lapsed_is_the_administrators(
    portal, engines, made
):
    team = await a_team(portal, made)
    await hire(engines, made, "lara", (Role.TEAM_LEAD,), trained=False)
    lara = {"team": team, "membership": made.id("lara")}
    await done(portal, made["adam"], "putInTeam", **lara)
    await done(portal, made["adam"], "setTeamLead", **lara, leads=True)
    cora = {"team": team, "membership": made.id("cora")}
    assert await refused(portal, made["lara"], "putInTeam", **cora) == "people.administrator"


async def test_a_team_without_work_ends(portal: Portal, made: Staff):
    team = await a_team(portal, made)
    ended = await done(portal, made["adam"], "endTeam", id=team, expectedVersion=1)
    assert ended["endedOn"] == portal.today.isoformat()
    given = {"id": team, "expectedVersion": ended["version"]}
    for mutation in ("endTeam", "changeTeam"):
        assert await refused(portal, made["adam"], mutation, **given) == "ENDED"
    cora = {"team": team, "membership": made.id("cora")}
    assert await refused(portal, made["adam"], "putInTeam", **cora) == "ENDED"


async def _busy(engines: Engines) -> UUID:
    """A team of Wirral's with an action of each state, and somebody in it who has them."""
    wirral, team = membership_id("wirral.contributor"), uuid4()
    async with engines.owner.begin() as owner:
        home = text("SELECT agency_id FROM membership WHERE id = :id")
        agency = (await owner.execute(home, {"id": wirral})).scalar_one()
        row = Team(id=team, agency_id=agency, name=f"Busy {team}").model_dump()
        await owner.execute(insert(table_of(Team)).values(row))
        joins = {"team_id": team, "membership_id": wirral, "agency_id": agency}
        await owner.execute(insert(table_of(TeamMember)).values(**joins, leads=False))
    return team


async def _action(portal: Portal, team: UUID) -> dict[str, Any]:
    """One that the contributor has."""
    who, logged = "wirral.coordinator", "...on InitiativePayload { initiative { id } }"
    given = {"title": "Lamps", "startsOn": "2026-11-01", "endsOn": "2026-12-31"}
    initiative = (await portal.do(who, "logInitiative", given, logged))["initiative"]["id"]
    shown = "...on ActionPayload { action { id version } }"
    given = {
        "initiative": initiative, "title": "Do", "dueOn": "2026-12-01", "ownerTeam": f"Team:{team}",
    }  # fmt: skip
    added = (await portal.do(who, "addAction", given, shown))["action"]
    given = {
        "id": added["id"],
        "expectedVersion": added["version"],
        "allocatedTo": f"Membership:{membership_id('wirral.contributor')}",
    }
    action: dict[str, Any] = (await portal.do(who, "allocateAction", given, shown))["action"]
    return action


ACTION = (
    "query($id: ID!) { node(id: $id) { ...on Action { ownerTeam { id } allocatedTo { id } } } }"
)


async def _stands(portal: Portal, action: dict[str, Any]) -> tuple[str, str | None]:
    found = (await portal.ask("wirral.coordinator", ACTION, id=action["id"]))["node"]
    return found["ownerTeam"]["id"], found["allocatedTo"] and found["allocatedTo"]["id"]


async def test_a_team_that_holds_work_ends_only_when_another_takes_it(portal, engines):
    team = await _busy(engines)
    action = await _action(portal, team)
    given = {"id": f"Team:{team}", "expectedVersion": 1}
    assert await refused(portal, WIRRAL, "endTeam", **given) == "TEAM_HOLDS_WORK"
    for wrong in (f"Team:{team}", f"Team:{team_id('rasa', 'Prevention')}"):
        assert await refused(portal, WIRRAL, "endTeam", **given, workTo=wrong) == "INVALID"
    to = f"Team:{team_id('wirral', 'Community safety')}"
    ended = await done(portal, WIRRAL, "endTeam", **given, workTo=to)
    assert ended["warned"] == ["HANDED_OVER"]
    worker = f"Membership:{membership_id('wirral.contributor')}"
    assert await _stands(portal, action) == (to, worker)  # they are in the other team, too


async def test_who_leaves_a_team_leaves_its_actions_on_its_list(portal, engines):
    team = await _busy(engines)
    action = await _action(portal, team)
    worker = f"Membership:{membership_id('wirral.contributor')}"
    assert await _stands(portal, action) == (f"Team:{team}", worker)
    await done(portal, WIRRAL, "takeOutOfTeam", team=f"Team:{team}", membership=worker)
    assert await _stands(portal, action) == (f"Team:{team}", None)


PAST_THE_VERBS = (
    "SELECT end_team(:team, NULL)",
    "SELECT leave_team(:team, :cora)",
    "SELECT tell_of_team(:team, :cora, 'Buy now')",
    "INSERT INTO team_member (team_id, membership_id, agency_id, leads)"
    " VALUES (:team, :cora, :agency, false)",
    "INSERT INTO team (id, agency_id, name) VALUES (gen_random_uuid(), :agency, 'Mine')",
)


@pytest.mark.parametrize("statement", PAST_THE_VERBS)
async def test_the_database_refuses_whoever_manages_no_team(portal, made, statement):
    given = {
        "team": UUID((await a_team(portal, made)).partition(":")[2]),
        "cora": made["cora"],
        "agency": made.agency,
    }
    wanted = {name: given[name] for name in given if f":{name}" in statement}
    for who in ("lena", "dora"):
        with pytest.raises(DBAPIError, match=r"row-level security|administrator|only who manages"):
            async with portal.context(made[who]).acting() as session:
                await session.execute(text(statement), wanted)
