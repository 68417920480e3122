"""A joint initiative for tests: led by Wirral, with RASA committed and Savera only asked."""

from typing import Any

from support.asking import Portal

from portal.sample.partnership import agency_id, membership_id, team_id

LEAD, PARTNER, ASKED, STRANGER = (
    "wirral.coordinator",
    "rasa.contributor",
    "savera.coordinator",
    "sefton.coordinator",
)
WIRRAL_TEAM = f"Team:{team_id('wirral', 'Community safety')}"
WIRRAL_OTHER_TEAM = f"Team:{team_id('wirral', 'Early help')}"
RASA_TEAM = f"Team:{team_id('rasa', 'Prevention')}"
SAVERA_TEAM = f"Team:{team_id('savera', 'Training')}"
SEFTON_TEAM = f"Team:{team_id('sefton', 'Community safety')}"
ACTION = "...on ActionPayload { action { id version state } warnings { code path message } }"


def member(key: str) -> str:
    """The API's id of a sample membership."""
    return f"Membership:{membership_id(key)}"


def agency(key: str) -> str:
    """The API's id of a sample agency."""
    return f"Agency:{agency_id(key)}"


async def joint_initiative(portal: Portal, visibility: str = "PARTNERS", **more: Any) -> str:
    """The id of a fresh joint initiative."""
    shows = "...on InitiativePayload { initiative { id } }"
    given = {"title": "Safer stations", "visibility": visibility, **more}
    logged = await portal.do(LEAD, "logInitiative", given, shows)
    initiative: str = logged["initiative"]["id"]
    await commit(portal, initiative, "rasa", "rasa.coordinator")
    asked = {"initiative": initiative, "agency": agency("savera"), "parts": ["SUPPORT"]}
    await portal.do(LEAD, "invitePartner", asked)
    return initiative


async def commit(portal: Portal, initiative: str, key: str, coordinator: str) -> dict[str, Any]:
    """The partner as it stands once it has been asked and has accepted."""
    shows = "...on PartnerPayload { partner { id version } }"
    asked = {"initiative": initiative, "agency": agency(key), "parts": ["DELIVER"]}
    partner = (await portal.do(LEAD, "invitePartner", asked, shows))["partner"]
    accepted = {"id": partner["id"], "expectedVersion": partner["version"]}
    found: dict[str, Any] = (await portal.do(coordinator, "acceptInvitation", accepted, shows))[
        "partner"
    ]
    return found


async def added(portal: Portal, initiative: str, who: str = LEAD, **more: Any) -> dict[str, Any]:
    """A fresh action, for RASA unless told otherwise."""
    given = {
        "initiative": initiative,
        "title": "Train the staff",
        "ownerTeam": RASA_TEAM,
        "dueOn": "2026-12-01",
        **more,
    }
    answer = await portal.do(who, "addAction", given, ACTION)
    assert answer["__typename"] == "ActionPayload", answer
    action: dict[str, Any] = answer["action"]
    return action


def of(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The input of a change of this row."""
    return {"id": row["id"], "expectedVersion": row["version"], **more}
