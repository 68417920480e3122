"""Initiatives that are logged, moved, shared and mapped, as tests of frameworks need them."""

from typing import Any

from support.asking import Portal, unpaged

from portal.frameworks.reference import entry_id, theme_id

SHOWN = (
    "...on InitiativePayload { initiative {"
    " id version stage themes { nodes { key retiredOn } }"
    " frameworkEntries { nodes { code title } } }"
    " warnings { path code } }"
)
WIRRAL = "wirral.coordinator"
Initiative = dict[str, Any]


def theme(key: str) -> str:
    """A theme's id as the API writes it."""
    return f"Theme:{theme_id(key)}"


def entry(version: str, code: str | int) -> str:
    """An entry's id as the API writes it."""
    return f"FrameworkEntry:{entry_id(version, str(code))}"


async def change(
    portal: Portal, verb: str, row: Initiative, who: str = WIRRAL, **given: Any
) -> dict[str, Any]:
    """Run a verb on an initiative: the initiative as it is then, or the refusal."""
    given = {"id": row["id"], "expectedVersion": row["version"], **given}
    answer = await portal.do(who, verb, given, SHOWN)
    return {**answer, **unpaged(answer.get("initiative", {}))}


async def initiative(
    portal: Portal, visibility: str = "DRAFT", *, live: bool = False, title: str = "Safer way home"
) -> Initiative:
    """One of Wirral's own, brought as far as asked."""
    given = {"title": title, "timing": "OPEN_ENDED", "reviewOn": "2027-05-01"}
    row: Initiative = (await portal.do(WIRRAL, "logInitiative", given, SHOWN))["initiative"]
    for stage in ("APPROVED", "LIVE") if live else ():
        row = await change(portal, "moveInitiative", row, to=stage)
    if visibility != "DRAFT":
        row = await change(portal, "shareInitiative", row, visibility=visibility)
    return row
