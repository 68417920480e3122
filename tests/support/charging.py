"""Matters between police and prosecutors, as the sample's people follow them."""

from dataclasses import replace
from datetime import date
from typing import Any

from support.asking import Portal
from support.referring import REFERRAL, draft, team

OFFICER, LIAISON = "police.caseworker", "cps.liaison"
PVP, CENTRE = ("police", "Protecting vulnerable people"), ("cps", "Area business centre")
URN = "05A10012326"
MATTER = """query($id: ID!) { referral(id: $id) { id version overall reference
  recipients(first: 20) { nodes { id version suspect state turn hold open dueAt late stateOn
    team { name } daysHeld { holder days }
    clocks(first: 20) { nodes { name holder dueAt stoppedAt provisional late } }
    events { nodes { id name toState at } } } }
  events(first: 50) { nodes { name } } } }"""
RECIPIENT = "...on RecipientPayload { recipient { id version state turn suspect } }"
Told = dict[str, str | list[str]]


def on(portal: Portal, day: str) -> Portal:
    """The portal on another day, at nine in the morning."""
    return replace(portal, today=date.fromisoformat(day))


def said(told: Told) -> list[dict[str, Any]]:
    """Fields as the API takes them."""
    return [
        {"name": name, "values": value if isinstance(value, list) else [value]}
        for name, value in told.items()
    ]


def registration(suspects: int) -> Told:
    """What the police say when they register a case with so many suspects."""
    return {
        "urn": URN, "suspects": str(suspects), "victim_rights": "enhanced", "decision_maker": "cps",
    }  # fmt: skip


async def named(portal: Portal, referral: str, role: str, version: int, **more: Any) -> int:
    """Somebody is added to the case as a number; the version afterwards."""
    given = {"id": referral, "expectedVersion": version, "role": role, **more}
    done = await portal.do(OFFICER, "nameSubject", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
    found: int = done["referral"]["version"]
    return found


async def drafted(portal: Portal, suspects: int, *to: tuple[str, str]) -> dict[str, Any]:
    """A draft of the police, addressed to the prosecutors, with a victim and so many suspects."""
    to = to or (CENTRE,)
    row = await draft(portal, *to, by=OFFICER, senderTeam=team(*PVP), pathway="cps_charging")
    row["version"] = await named(portal, row["id"], "VICTIM", row["version"])
    for _ in range(suspects):
        row["version"] = await named(
            portal, row["id"], "SUSPECT", row["version"], employment="NONE_KNOWN"
        )
    return row


async def sent(portal: Portal, row: dict[str, Any], move: str, told: Told) -> dict[str, Any]:
    """What comes of sending it so."""
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "move": move, "fields": said(told), "disclosureRead": True,
    }  # fmt: skip
    return await portal.do(OFFICER, "sendReferral", given, REFERRAL)


async def registered(portal: Portal, suspects: int = 2) -> dict[str, Any]:
    """A registered matter, as the police see it."""
    row = await drafted(portal, suspects)
    done = await sent(portal, row, "register", registration(suspects))
    assert done["__typename"] == "ReferralPayload", done
    return await matter(portal, row["id"])


async def matter(portal: Portal, referral: str, who: str = OFFICER) -> dict[str, Any]:
    """The case as somebody sees it, with its tracks by suspect."""
    found: dict[str, Any] = (await portal.ask(who, MATTER, id=referral))["referral"]
    if found:
        found["tracks"] = {one["suspect"]: one for one in found["recipients"]["nodes"]}
    return found


async def tries(
    portal: Portal, who: str, referral: str, suspect: int | None, move: str, **told: Any
) -> dict[str, Any]:
    """What comes of a step with one suspect."""
    track = (await matter(portal, referral))["tracks"][suspect]
    given = {
        "recipient": track["id"], "expectedVersion": track["version"], "move": move,
        "fields": said(told),
    }  # fmt: skip
    return await portal.do(who, "moveReferral", given, RECIPIENT)


async def goes(
    portal: Portal, who: str, referral: str, suspect: int | None, move: str, **told: Any
) -> str:
    """A step with one suspect; the state that it led to."""
    done = await tries(portal, who, referral, suspect, move, **told)
    assert done["__typename"] == "RecipientPayload", done
    state: str = done["recipient"]["state"]
    return state
