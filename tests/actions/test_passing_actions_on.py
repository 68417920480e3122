"""An action goes to a team and to a member of it; neither absence nor leaving loses it."""

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.joint_work import (
    ACTION,
    ASKED,
    LEAD,
    PARTNER,
    RASA_TEAM,
    SEFTON_TEAM,
    STRANGER,
    WIRRAL_OTHER_TEAM,
    WIRRAL_TEAM,
    added,
    joint_initiative,
    member,
    of,
)

from portal.sample.partnership import membership_id, team_id
from portal.store.engines import Engines

OWNED = (
    "...on ActionPayload { action { id version ownerTeam { id } ownerAgency { shortName }"
    " allocatedTo { id } } }"
)
ONE = "query($id: ID!) { action(id: $id) { version ownerTeam { id } allocatedTo { id } } }"


@pytest.mark.parametrize("who", [PARTNER, "rasa.coordinator"])
async def test_the_owner_agency_says_who_does_it(portal: Portal, who: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    given = of(action, allocatedTo=member(PARTNER))
    given = (await portal.do(who, "allocateAction", given, OWNED))["action"]
    assert given["allocatedTo"] == {"id": member(PARTNER)}
    returned = (await portal.do(who, "allocateAction", of(given, allocatedTo=None), OWNED))[
        "action"
    ]
    assert returned["allocatedTo"] is None


@pytest.mark.parametrize("who", [LEAD, ASKED, "wirral.viewer"])
async def test_nobody_else_says_so(portal: Portal, who: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(who, "allocateAction", of(action, allocatedTo=member(PARTNER)))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "action.owner_allocates")


@pytest.mark.parametrize("somebody", [LEAD, "wirral.contributor"])
async def test_only_a_member_of_the_team_can_do_it(portal: Portal, somebody: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(PARTNER, "allocateAction", of(action, allocatedTo=member(somebody)))
    assert refused["errors"][0]["path"] == ["input", "allocatedTo"]


async def test_an_unknown_member_is_not_found(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal))
    nobody = "Membership:00000000-0000-4000-8000-000000000000"
    refused = await portal.do(PARTNER, "allocateAction", of(action, allocatedTo=nobody))
    assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "allocatedTo"])


async def test_an_action_in_another_team_starts_unallocated(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal), ownerTeam=WIRRAL_TEAM)
    given = of(action, allocatedTo=member("wirral.contributor"))
    action = (await portal.do("wirral.contributor", "allocateAction", given, OWNED))["action"]
    given = of(action, ownerTeam=WIRRAL_OTHER_TEAM)
    moved = (await portal.do("wirral.contributor", "reassignAction", given, OWNED))["action"]
    assert (moved["ownerTeam"], moved["allocatedTo"]) == ({"id": WIRRAL_OTHER_TEAM}, None)


async def test_the_lead_gives_it_to_another_agency_and_the_old_owner_loses_it(
    portal: Portal,
) -> None:
    action = await added(portal, await joint_initiative(portal))
    given = of(action, ownerTeam=WIRRAL_TEAM)
    moved = (await portal.do(LEAD, "reassignAction", given, OWNED))["action"]
    assert moved["ownerAgency"] == {"shortName": "Wirral"}
    refused = await portal.do(PARTNER, "startAction", of(moved))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "action.owner_updates")


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (PARTNER, "action.lead_reassigns"),
        (ASKED, "action.owner_updates"),
        ("wirral.contributor", "action.owner_updates"),
    ],
)
async def test_nobody_else_gives_it_away(portal: Portal, who: str, rule: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(who, "reassignAction", of(action, ownerTeam=WIRRAL_TEAM))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", rule)


@pytest.mark.parametrize("team", [SEFTON_TEAM, RASA_TEAM])
async def test_it_goes_to_another_team_that_takes_part(portal: Portal, team: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(LEAD, "reassignAction", of(action, ownerTeam=team))
    assert refused["errors"][0]["path"] == ["input", "ownerTeam"]


async def test_a_stranger_moves_nothing(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal))
    for step, more in (
        ("allocateAction", {}),
        ("reassignAction", {"ownerTeam": SEFTON_TEAM}),
    ):
        refused = await portal.do(STRANGER, step, of(action, **more))
        assert refused["__typename"] == "NotFound"


async def test_whoever_leaves_a_team_leaves_its_actions_there(
    portal: Portal, engines: Engines
) -> None:
    action = await added(portal, await joint_initiative(portal))
    coordinator = member("rasa.coordinator")
    await portal.do(PARTNER, "allocateAction", of(action, allocatedTo=coordinator))
    place = {"team": team_id("rasa", "Prevention"), "member": membership_id("rasa.coordinator")}
    async with engines.owner.begin() as owner:
        left = (
            "DELETE FROM team_member WHERE team_id = :team AND membership_id = :member"
            " RETURNING agency_id"
        )
        place["agency"] = (await owner.execute(text(left), place)).scalar_one()
    seen = (await portal.ask(PARTNER, ONE, id=action["id"]))["action"]
    assert seen == {"version": 3, "ownerTeam": {"id": RASA_TEAM}, "allocatedTo": None}
    async with engines.owner.begin() as owner:
        joined = (
            "INSERT INTO team_member (team_id, membership_id, agency_id, leads)"
            " VALUES (:team, :member, :agency, false)"
        )
        await owner.execute(text(joined), place)


@pytest.mark.parametrize(
    ("who", "step"), [(LEAD, "removePartner"), ("rasa.coordinator", "leaveInitiative")]
)
async def test_what_a_leaving_partner_had_to_do_goes_to_the_lead(
    portal: Portal, who: str, step: str
) -> None:
    initiative = await joint_initiative(portal)
    given = of(await added(portal, initiative), allocatedTo=member(PARTNER))
    running = (await portal.do(PARTNER, "allocateAction", given, ACTION))["action"]
    done = (await portal.do(PARTNER, "finishAction", of(await added(portal, initiative)), ACTION))[
        "action"
    ]
    query = (
        "query($id: ID!) { initiative(id: $id)"
        " { partners { nodes { id version agency { shortName } } } } }"
    )
    listed = (await portal.ask(LEAD, query, id=initiative))["initiative"]["partners"]["nodes"]
    rasa = next(partner for partner in listed if partner["agency"]["shortName"] == "RASA")
    more = {"reason": "Their funding ended"}
    assert (await portal.do(who, step, of(rasa, **more)))["__typename"] == "PartnerPayload"
    assert (await portal.ask(LEAD, ONE, id=running["id"]))["action"] == {
        "version": running["version"] + 1,
        "ownerTeam": {"id": WIRRAL_TEAM},
        "allocatedTo": None,
    }
    kept = (await portal.ask(LEAD, ONE, id=done["id"]))["action"]
    assert kept["ownerTeam"] == {"id": RASA_TEAM}
    assert (await portal.ask(PARTNER, ONE, id=running["id"]))["action"] is None
    again = of(done, reason="It was not finished")
    refused = await portal.do(LEAD, "reopenAction", again)
    assert refused["errors"][0]["code"] == "OWNER_TAKES_NO_PART"


async def test_the_team_that_looks_after_it_takes_over(portal: Portal) -> None:
    initiative = await joint_initiative(portal, leadTeam=WIRRAL_OTHER_TEAM)
    action = await added(portal, initiative)
    query = "query($id: ID!) { initiative(id: $id) { partners { nodes { id version state } } } }"
    listed = (await portal.ask(LEAD, query, id=initiative))["initiative"]["partners"]["nodes"]
    rasa = next(partner for partner in listed if partner["state"] == "COMMITTED")
    await portal.do(LEAD, "removePartner", of(rasa, reason="Their funding ended"))
    seen = (await portal.ask(LEAD, ONE, id=action["id"]))["action"]
    assert seen["ownerTeam"] == {"id": WIRRAL_OTHER_TEAM}


async def test_a_leavers_work_goes_to_a_colleague(portal: Portal) -> None:
    """What the colleague's teams do not do goes back on the team's list."""
    initiative = await joint_initiative(portal)
    early = await added(portal, initiative, ownerTeam=WIRRAL_OTHER_TEAM)
    safety = await added(portal, initiative, ownerTeam=WIRRAL_TEAM)
    done = await added(portal, initiative, ownerTeam=WIRRAL_TEAM)
    given = of(safety, allocatedTo=member("wirral.contributor"))
    await portal.do(LEAD, "allocateAction", given)
    given = of(done, allocatedTo=member("wirral.contributor"))
    done = (await portal.do(LEAD, "allocateAction", given, ACTION))["action"]
    await portal.do(LEAD, "finishAction", of(done))
    given = of(early, allocatedTo=member("wirral.lead"))
    await portal.do("wirral.lead", "allocateAction", given)
    over = "...on MembershipPayload { membership { id } warnings { code message } }"
    given = {"fromMember": member("wirral.contributor"), "toMember": member(LEAD),
             "expectedVersion": 1}  # fmt: skip
    answer = await portal.do("wirral.lead", "handOverWork", given, over)
    assert answer["membership"] == {"id": member(LEAD)}
    assert (await portal.ask(LEAD, ONE, id=safety["id"]))["action"]["allocatedTo"] == {
        "id": member(LEAD)
    }
    kept = (await portal.ask(LEAD, ONE, id=done["id"]))["action"]["allocatedTo"]
    assert kept == {"id": member("wirral.contributor")}
    given = {"fromMember": member("wirral.lead"), "toMember": member(LEAD),
             "expectedVersion": 1}  # fmt: skip
    answer = await portal.do(LEAD, "handOverWork", given, over)
    assert answer["warnings"][0]["code"] == "HANDED_OVER"
    assert "0 handed over" in answer["warnings"][0]["message"]
    returned = (await portal.ask(LEAD, ONE, id=early["id"]))["action"]
    assert (returned["ownerTeam"], returned["allocatedTo"]) == ({"id": WIRRAL_OTHER_TEAM}, None)


@pytest.mark.parametrize("who", [PARTNER, "wirral.viewer"])
async def test_only_colleagues_hand_over(portal: Portal, who: str) -> None:
    given = {"fromMember": member("wirral.contributor"), "toMember": member(LEAD),
             "expectedVersion": 1}  # fmt: skip
    refused = await portal.do(who, "handOverWork", given)
    assert (refused["__typename"], refused["rule"]) == (
        "NotPermitted",
        "action.own_agency_hands_over",
    )


@pytest.mark.parametrize("taker", [PARTNER, "wirral.contributor"])
async def test_work_is_handed_to_another_colleague(portal: Portal, taker: str) -> None:
    given = {"fromMember": member("wirral.contributor"), "toMember": member(taker),
             "expectedVersion": 1}  # fmt: skip
    refused = await portal.do(LEAD, "handOverWork", given)
    assert refused["errors"][0]["path"] == ["input", "toMember"]
