"""Nobody can hide control characters in a text that others will read, wherever it stands."""

import pytest
from support.asking import Portal

from portal.sample.partnership import team_id

BELL = "Ring\x1b[31m the bell"


@pytest.mark.parametrize(
    ("mutation", "field", "more"),
    [
        ("addAction", "title", {"ownerTeam": "team", "dueOn": "2026-12-01"}),
        ("addMilestone", "title", {"dueOn": "2026-12-01"}),
        ("addRisk", "title", {"ownerTeam": "team", "likelihood": 1, "impact": 1}),
        ("addEvidence", "title", {"url": "https://example.org"}),
        ("addFundingLine", "source", {"amount": "5", "financialYear": 2026}),
        ("addComment", "text", {}),
    ],
)
async def test_a_control_character_is_refused(
    portal: Portal, mutation: str, field: str, more: dict[str, object]
) -> None:
    logged = await portal.do(
        "wirral.coordinator",
        "logInitiative",
        {"title": "Bells"},
        "...on InitiativePayload { initiative { id } }",
    )
    given = {"initiative": logged["initiative"]["id"], field: BELL, **more}
    if "ownerTeam" in given:
        given["ownerTeam"] = f"Team:{team_id('wirral', 'Community safety')}"
    refused = await portal.do("wirral.coordinator", mutation, given)
    assert refused["__typename"] == "ValidationError"
    assert ["input", field] in [error["path"] for error in refused["errors"]]
