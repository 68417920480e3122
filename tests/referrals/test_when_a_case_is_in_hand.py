"""What several recipients come to together: for most cases one that takes it is enough, and where
each place matters by itself (a school told of a child) all of them.
"""

from typing import Any

from support.asking import Portal
from support.charging import OFFICER, PVP
from support.referring import FAMILY_SAFETY, REFERRAL, draft, move, see, sent, team

UNITY = ("police", "Unity team")
TOLD = {"happened_at": "2026-11-14T23:10:00+00:00", "place_kind": "home", "present": "not_present"}


async def at(portal: Portal, who: str, referral: str, agency: str) -> dict[str, Any]:
    """The place of the case at an agency."""
    places = (await see(portal, who, referral))["recipients"]["nodes"]
    return next(one for one in places if one["agency"]["shortName"] == agency)


async def test_one_service_that_takes_her_is_enough(portal: Portal) -> None:
    row = await sent(portal, FAMILY_SAFETY, ("rasa", "ISVA service"))
    assert row["overall"] == "WAITING"
    wirral = await at(portal, "wirral.idva", row["id"], "Wirral")
    done = await move(portal, "wirral.idva", wirral, "accept")
    assert done["recipient"]["referral"]["overall"] == "IN_HAND"


async def test_a_child_is_in_hand_once_every_place_that_was_told_knows(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY, UNITY, by=OFFICER, senderTeam=team(*PVP),
                      pathway="operation_encompass")  # fmt: skip
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "move": "notify", "disclosureRead": True,
        "fields": [{"name": name, "values": [value]} for name, value in TOLD.items()],
    }  # fmt: skip
    done = await portal.do(OFFICER, "sendReferral", given, REFERRAL)
    assert done["referral"]["overall"] == "WAITING"
    stands = []
    for who, agency in (("wirral.idva", "Wirral"), (OFFICER, "Police")):
        place = await at(portal, who, row["id"], agency)
        done = await move(portal, who, place, "acknowledge")
        stands.append(done["recipient"]["referral"]["overall"])
    assert stands == ["WAITING", "IN_HAND"]
