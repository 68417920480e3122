"""Making referrals as the sample's people do, for tests."""

from collections.abc import Iterator
from typing import Any

from support.asking import Portal

from portal.referrals.codes import ACCUSED, SubjectRole
from portal.referrals.engine.files import shipped
from portal.sample.partnership import fixed, team_id

SENDER = "tww.caseworker"
OUTREACH, FAMILY_SAFETY = ("tww", "Outreach"), ("wirral", "Family safety unit")
WISHES = "setWishes", {"awareness": "AWARE_AND_WILLING", "basis": "PUBLIC_TASK"}
REFERRAL = "...on ReferralPayload { referral { id version overall reference } }"
RECIPIENT = (
    "...on RecipientPayload { recipient { id version state turn hold open dueAt lostAt"
    " referral { id version overall } } }"
)
LIST = """query($filter: ReferralFilter, $after: String) {
  referrals(first: 100, filter: $filter, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""
SEEN = """query($id: ID!) { referral(id: $id) { id version overall
  preview { token duplicates warnings { code message agency { shortName } }
    parties { part lacking agreement gateway agency { shortName } team { name } } }
  recipients { nodes { id version state turn open agency { shortName } } }
  events { nodes { id name inError } } } }"""


def team(agency: str, name: str) -> str:
    """A sample team's id as the API writes it."""
    return f"Team:{team_id(agency, name)}"


def member(key: str) -> str:
    """A sample person's membership as the API writes it."""
    return f"Membership:{fixed('membership', key)}"


async def draft(
    portal: Portal, *to: tuple[str, str], by: str = SENDER, **more: Any
) -> dict[str, Any]:
    """A referral of the sender's, addressed to teams and not sent, that could be."""
    row = await bare_draft(portal, *to, by=by, **more)
    return await told(portal, row, *needed(more.get("pathway", "request_for_support")), by=by)


def needed(pathway: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a pathway cannot do without before it is sent."""
    found = shipped().newest(pathway)
    for role in found.about if found else ():
        accused = {"employment": "NONE_KNOWN"} if role in ACCUSED else {}
        yield "nameSubject", {"role": role.name, **accused}
        if role is SubjectRole.VICTIM:
            yield WISHES


async def told(
    portal: Portal, row: dict[str, Any], *changes: tuple[str, dict[str, Any]], by: str = SENDER
) -> dict[str, Any]:
    """What its sender says in it, one after the other."""
    for mutation, given in changes:
        change = {"id": row["id"], "expectedVersion": row["version"], **given}
        done = await portal.do(by, mutation, change, REFERRAL)
        assert done["__typename"] == "ReferralPayload", (mutation, done)
        row = done["referral"]
    return await see(portal, by, row["id"])


async def bare_draft(
    portal: Portal, *to: tuple[str, str], by: str = SENDER, **more: Any
) -> dict[str, Any]:
    """One that says nothing yet."""
    mine = {
        "senderTeam": team(*OUTREACH), "pathway": "request_for_support", "accused": "NONE_KNOWN",
        **more,
    }  # fmt: skip
    done = await portal.do(by, "startReferral", mine, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
    for one in to:
        row = done["referral"]
        given = {"id": row["id"], "expectedVersion": row["version"], "team": team(*one)}
        done = await portal.do(by, "addressReferral", given, REFERRAL)
        assert done["__typename"] == "ReferralPayload", done
    return await see(portal, by, done["referral"]["id"])


async def see(portal: Portal, who: str, referral: str) -> dict[str, Any]:
    """The summary as somebody sees it."""
    found: dict[str, Any] = (await portal.ask(who, SEEN, id=referral))["referral"]
    return found


async def listed(portal: Portal, who: str, **wanted: str) -> set[str]:
    """What somebody's list shows, on all its pages."""
    return {row["id"] for row in await portal.to_the_end(who, LIST, filter=wanted)}


async def send(portal: Portal, row: dict[str, Any], by: str = SENDER) -> dict[str, Any]:
    """Send it as its preview shows."""
    given = {
        "id": row["id"],
        "expectedVersion": row["version"],
        "token": row["preview"]["token"],
        "disclosureRead": True,
    }
    return await portal.do(by, "sendReferral", given, REFERRAL)


async def sent(portal: Portal, *to: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A referral that has been sent, as its sender sees it."""
    row = await draft(portal, *(to or (FAMILY_SAFETY,)), **more)
    done = await send(portal, row, more.get("by", SENDER))
    assert done["__typename"] == "ReferralPayload", done
    return await see(portal, more.get("by", SENDER), row["id"])


async def move(
    portal: Portal,
    who: str,
    recipient: dict[str, Any],
    name: str,
    *fields: tuple[str, str],
    **more: Any,
) -> dict[str, Any]:
    """Make a move with a recipient as it was last seen."""
    given = {
        "recipient": recipient["id"],
        "expectedVersion": recipient["version"],
        "move": name,
        "fields": [{"name": field, "values": [value]} for field, value in fields],
        **more,
    }
    return await portal.do(who, "moveReferral", given, RECIPIENT)
