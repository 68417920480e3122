"""A partner's row moves by the steps that are somebody's to take, whatever SQL they can write."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, agency, attempt, committed, done, live, of
from support.writing import plain, said

COORDINATOR, CONTRIBUTOR = "rasa.coordinator", "rasa.contributor"
MOVE = "UPDATE partner SET state = :state WHERE id = :id"


async def standing(portal: Portal, state: str) -> dict[str, Any]:
    """RASA's row in this state, on an initiative that it sees whatever it is."""
    row = await live(portal, visibility="PARTNERSHIP")
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["DELIVER"]}
    match state:
        case "offered":
            given = {"initiative": row["id"], "parts": ["HOST"]}
            return await done(portal, CONTRIBUTOR, "offerContribution", **given)
        case "invited":
            return await done(portal, LEAD, "invitePartner", **asked)
        case "declined":
            invited = await done(portal, LEAD, "invitePartner", **asked)
            return await done(portal, COORDINATOR, "declineInvitation", **of(invited))
        case "left":
            partner = await committed(portal, row)
            return await done(portal, COORDINATOR, "leaveInitiative", **of(partner))
    return await committed(portal, row)


async def moves(portal: Portal, who: str, partner: dict[str, Any], state: str) -> bool:
    """Whether this caller's SQL can bring the row there; it is taken back again."""
    async with portal.context(who).acting() as session:
        try:
            moved = await session.execute(text(MOVE), {"state": state, "id": plain(partner)})
        except DBAPIError as problem:
            if said(problem)[0] != "42501":
                raise
            return False
        finally:
            await session.rollback()
    return bool(moved.rowcount)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("before", "contributor", "coordinator", "lead"),
    [
        ("offered", {"left"}, {"left"}, {"offered", "committed", "declined"}),
        ("invited", set(), {"committed", "declined"}, {"invited", "left"}),
        ("committed", set(), {"left"}, {"committed", "left"}),
        ("declined", {"offered"}, {"offered"}, {"invited"}),
        ("left", {"offered"}, {"offered"}, {"invited"}),
    ],
)
async def test_each_takes_the_steps_that_are_theirs(
    portal: Portal, before: str, contributor: set[str], coordinator: set[str], lead: set[str]
) -> None:
    partner = await standing(portal, before)
    every = ("offered", "invited", "committed", "declined", "left")
    for who, allowed in ((CONTRIBUTOR, contributor), (COORDINATOR, coordinator), (LEAD, lead),
                         ("sefton.coordinator", set()), ("police.viewer", set())):  # fmt: skip
        found = {state for state in every if await moves(portal, who, partner, state)}
        assert found == allowed, (before, who)


async def test_a_row_stays_with_its_agency_and_its_initiative(portal: Portal) -> None:
    partner, other = await standing(portal, "offered"), await live(portal)
    for change in ("agency_id = (SELECT id FROM agency WHERE short_name = 'Savera')",
                   "initiative_id = :other"):  # fmt: skip
        async with portal.context(CONTRIBUTOR).acting() as session:
            statement = text(f"UPDATE partner SET state = 'left', {change} WHERE id = :id")  # noqa: S608 - ours
            given = {"id": plain(partner)}
            if ":other" in change:
                given["other"] = plain(other)
            with pytest.raises(DBAPIError) as refused:
                await session.execute(statement, given)
            await session.rollback()
        assert said(refused.value)[0] == "42501"


async def test_what_the_verbs_do_are_such_steps(portal: Portal) -> None:
    """Offered, taken back, offered again, accepted, left, invited again, accepted."""
    partner = await standing(portal, "offered")
    row = partner["initiative"]
    partner = await done(portal, CONTRIBUTOR, "leaveInitiative", **of(partner))
    given = {"initiative": row["id"], "parts": ["HOST"]}
    partner = await done(portal, CONTRIBUTOR, "offerContribution", **given)
    partner = await done(portal, LEAD, "acceptOffer", **of(partner))
    partner = await done(portal, COORDINATOR, "leaveInitiative", **of(partner))
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["DELIVER"]}
    partner = await done(portal, LEAD, "invitePartner", **asked)
    answer = await attempt(portal, COORDINATOR, "acceptInvitation", **of(partner))
    assert answer["__typename"] == "PartnerPayload"
