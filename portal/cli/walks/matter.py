"""A matter of two suspects, between police and prosecutors, with the days that it lay with each."""

from collections.abc import Sequence
from typing import Any

from portal.cli.walks.walk import Walk
from portal.sample.matters import REFERENCE

POLICE, PROSECUTOR = "police.caseworker", "cps.liaison"
ANSWERED = [{"name": "plan_answered", "values": ["full"]}]
TOLD: list[dict[str, Any]] = [{"name": "told_by", "values": ["liaison_unit"]}]
STEPS: Sequence[tuple[str, str, str, str, list[dict[str, Any]]]] = (
    # in which state, who, what they do in words, the move, its fields
    (
        "action_plan",
        POLICE,
        "The police give what the CPS asked for",
        "answer_action_plan",
        ANSWERED,
    ),
    ("submitted", PROSECUTOR, "The CPS accept the file", "accept_file", []),
    ("under_review", PROSECUTOR, "The CPS decide", "decide_nfa_evidential", []),
    ("nfa_evidential", PROSECUTOR, "The CPS tell the victim", "tell_of_nfa", TOLD),
)


def walk(on: Walk) -> None:
    """The second suspect's way to a decision; the first's stays as it is."""
    on.step(f"{REFERENCE} has two suspects, each with a state, a turn and clocks of its own.")
    _shown(on)
    for state, who, said, move, fields in STEPS:
        second = _tracks(on)[2]
        if second["state"] == state:
            on.step(f"{said}: `{move}`, for the second suspect.")
            day = [{"name": "told_on", "values": [on.notes.today]}] if fields is TOLD else []
            given = {"recipient": second["id"], "expectedVersion": second["version"]}
            moved = on.do(who, "move-referral", move=move, fields=[*fields, *day], **given)
            on.shows(f"{state} -> {moved['state']}; it is the turn of: {moved['turn']}")
    on.step("Two outcomes, and three clocks that are kept apart: days with police, CPS and court.")
    _shown(on)


def _tracks(on: Walk) -> dict[int, dict[str, Any]]:
    rows = on.ask(PROSECUTOR, "matters")["queue"]["nodes"]
    return {row["suspect"]: row for row in rows if row["referral"]["reference"] == REFERENCE}


def _shown(on: Walk) -> None:
    for suspect, row in sorted(_tracks(on).items()):
        days = ", ".join(f"{held['holder']} {held['days']}" for held in row["daysHeld"])
        on.shows(f"suspect {suspect}: {row['state']}, turn {row['turn']}; days held: {days}")
