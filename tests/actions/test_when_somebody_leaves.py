"""Somebody leaves today: their work goes to a colleague in one step, and nobody gives them more."""

from uuid import uuid4

import pytest
from sqlalchemy import insert
from support.asking import Portal
from support.joint_work import ACTION, of
from support.staffing import ADMIN, Staff, staff

from auth.roles import Role
from auth.tables import Team, TeamMember
from portal.store.engines import Engines
from portal.store.rules import table_of

HELPS = (Role.CONTRIBUTOR,)
OVER = "...on MembershipPayload { warnings { code message } }"


@pytest.fixture(scope="module")
async def made(engines: Engines) -> Staff:
    """An agency of its own: Cora leaves, Dora and Ella stay, all of one team."""
    made = await staff(
        engines, adam=ADMIN, bela=ADMIN, lena=(Role.INITIATIVE_COORDINATOR,),
        cora=HELPS, dora=HELPS, ella=HELPS,
    )  # fmt: skip
    made.members["team"] = uuid4()
    own = {"agency_id": made.agency}
    async with engines.owner.begin() as owner:
        team = {"id": made["team"], "name": "Outreach", **own}
        await owner.execute(insert(table_of(Team)).values(team))
        for name in ("cora", "dora", "ella"):
            joined = {"team_id": made["team"], "membership_id": made[name], "leads": False, **own}
            await owner.execute(insert(table_of(TeamMember)).values(joined))
    return made


async def allocated(portal: Portal, made: Staff, name: str) -> dict:
    """An action that somebody is doing, as it stands."""
    shows = "...on InitiativePayload { initiative { id } }"
    logged = await portal.do(made["lena"], "logInitiative", {"title": "Safer stations"}, shows)
    given = {"initiative": logged["initiative"]["id"], "title": "Train the staff",
             "ownerTeam": f"Team:{made['team']}", "dueOn": "2026-12-01"}  # fmt: skip
    action = (await portal.do(made["lena"], "addAction", given, ACTION))["action"]
    given = of(action, allocatedTo=made.id(name))
    return (await portal.do(made["lena"], "allocateAction", given, ACTION))["action"]


async def leaves(portal: Portal, made: Staff, name: str) -> None:
    ended = await portal.do(made["adam"], "endMembership", {"membership": made.id(name)}, OVER)
    assert ended["__typename"] == "MembershipPayload"


async def handed_over(portal: Portal, made: Staff, leaver: str, taker: str) -> dict:
    query = "query($id: ID!) { node(id: $id) { ...on Membership { version } } }"
    found = await portal.ask(made["lena"], query, id=made.id(leaver))
    given = {"fromMember": made.id(leaver), "toMember": made.id(taker),
             "expectedVersion": found["node"]["version"]}  # fmt: skip
    return await portal.do(made["lena"], "handOverWork", given, OVER)


async def test_work_of_somebody_who_left_today_goes_to_a_colleague(portal: Portal, made: Staff):
    actions = [await allocated(portal, made, "cora") for _ in range(2)]
    await leaves(portal, made, "cora")
    [told] = (await handed_over(portal, made, "cora", "dora"))["warnings"]
    assert told["message"].startswith("Unfinished actions: 2 handed over, 0 put back")
    one = "query($id: ID!) { action(id: $id) { allocatedTo { id } } }"
    for action in actions:
        found = await portal.ask(made["lena"], one, id=action["id"])
        assert found["action"]["allocatedTo"] == {"id": made.id("dora")}


async def test_nobody_gives_work_to_somebody_who_left_today(portal: Portal, made: Staff):
    action = await allocated(portal, made, "dora")
    await leaves(portal, made, "ella")
    refused = [
        await handed_over(portal, made, "dora", "ella"),
        await portal.do(made["lena"], "allocateAction", of(action, allocatedTo=made.id("ella"))),
    ]
    assert [each["errors"][0]["code"] for each in refused] == ["NOT_AT_WORK", "NOT_AT_WORK"]
    assert [each["errors"][0]["path"][-1] for each in refused] == ["toMember", "allocatedTo"]
