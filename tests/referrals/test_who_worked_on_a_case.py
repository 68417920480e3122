"""A team knows who worked on a case before; the other agency knows who does, and no more."""

from typing import Any

from sqlalchemy import text
from support.asking import Portal
from support.referring import SENDER, member, see, sent

from portal.sample.partnership import membership_id, team_id
from portal.store.engines import Engines

IDVA, LEAD = "wirral.idva", "wirral.idvalead"
KEPT = """query($id: ID!) { referral(id: $id) { recipients { nodes { allocations { nodes {
  allocatedTo { id } by { id } } } } } } }"""


async def allocate(portal: Portal, row: dict[str, Any], who: str, to: str | None) -> None:
    [recipient] = (await see(portal, who, row["id"]))["recipients"]["nodes"]
    given = {
        "recipient": recipient["id"], "expectedVersion": recipient["version"],
        "allocatedTo": member(to) if to else None,
    }  # fmt: skip
    done = await portal.do(who, "allocateReferral", given)
    assert done["__typename"] == "RecipientPayload", done


async def kept(portal: Portal, row: dict[str, Any], who: str = LEAD) -> list[tuple[Any, ...]]:
    found = (await portal.ask(who, KEPT, id=row["id"]))["referral"]
    [recipient] = found["recipients"]["nodes"]
    return [
        (one["allocatedTo"] and one["allocatedTo"]["id"], one["by"] and one["by"]["id"])
        for one in recipient["allocations"]["nodes"]
    ]


async def test_each_time_that_a_case_is_given_to_somebody_is_kept(portal: Portal) -> None:
    row = await sent(portal)
    assert await kept(portal, row) == []
    for who, to in ((LEAD, IDVA), (LEAD, IDVA), (IDVA, LEAD), (LEAD, None)):
        await allocate(portal, row, who, to)
    assert await kept(portal, row) == [
        (member(IDVA), member(LEAD)), (member(LEAD), member(IDVA)), (None, member(LEAD)),
    ]  # fmt: skip


async def test_the_sender_learns_nothing_of_who_worked_on_it_before(portal: Portal) -> None:
    row = await sent(portal)
    await allocate(portal, row, LEAD, IDVA)
    assert await kept(portal, row, SENDER) == []
    assert len(await kept(portal, row)) == 1


async def test_it_is_kept_too_when_somebody_leaves_the_team(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    await allocate(portal, row, LEAD, IDVA)
    of = {"team": team_id("wirral", "Family safety unit"), "member": membership_id(IDVA)}
    async with cases.owner.begin() as owner:
        gone = text("DELETE FROM team_member WHERE team_id = :team AND membership_id = :member")
        await owner.execute(gone, of)
    try:
        assert await kept(portal, row) == [(member(IDVA), member(LEAD)), (None, None)]
    finally:
        async with cases.owner.begin() as owner:
            back = "INSERT INTO team_member (team_id, membership_id, agency_id, leads) SELECT"
            await owner.execute(
                text(f"{back} :team, :member, agency_id, false FROM team WHERE id = :team"), of
            )
