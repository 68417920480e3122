"""How an initiative comes along: the moves between its stages, and its rating."""

from collections.abc import Mapping
from typing import Annotated

from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.initiatives.checks import check_timing, tidy
from portal.initiatives.holding import to_lead
from portal.initiatives.tables import Initiative, Rating, RatingSet, Stage, StageMove
from portal.initiatives.verbs import InitiativeId

REASON_LIMIT = 1000
MOVES: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.PROPOSED: (Stage.APPROVED, Stage.CANCELLED),
    Stage.APPROVED: (Stage.LIVE, Stage.CANCELLED),
    Stage.LIVE: (Stage.PAUSED, Stage.COMPLETE, Stage.CANCELLED),
    Stage.PAUSED: (Stage.LIVE, Stage.COMPLETE, Stage.CANCELLED),
    Stage.COMPLETE: (Stage.CLOSED, Stage.LIVE),
    Stage.CLOSED: (Stage.LIVE,),
    Stage.CANCELLED: (Stage.PROPOSED,),
}
"""From each stage, where it can go."""
REOPENING = {
    (Stage.COMPLETE, Stage.LIVE),
    (Stage.CLOSED, Stage.LIVE),
    (Stage.CANCELLED, Stage.PROPOSED),
}
"""The moves that need a reason."""


async def move_initiative(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    to: Annotated[Stage, "The stage it comes to; `possibleStages` lists where it can go."],
    reason: Annotated[
        str | None, "Why; needed to reopen what was complete, closed or cancelled."
    ] = None,
) -> Initiative:
    """Move an initiative to another stage."""
    initiative = await to_lead(work, id, expected_version)
    before = initiative.stage
    said, findings = tidy("reason", reason or "", REASON_LIMIT, lines=True)
    findings += check_move(before, to, said)
    if findings:
        raise Invalid(*findings)
    initiative.stage = to
    undated = check_timing(initiative)
    if undated:
        raise Invalid.field(
            "to", "Say first when it starts and ends, that it is open-ended, or where it is known"
            " from that nobody knows: changeInitiative does that.", "DATES_REQUIRED",
        )  # fmt: skip
    work.db.add(
        StageMove(
            initiative_id=initiative.id, from_stage=before, to_stage=to, reason=said,
            moved_by_id=work.caller.principal_id, moved_by_agency_id=work.caller.agency_id,
            moved_at=work.now,
        )
    )  # fmt: skip
    return initiative


def check_move(before: Stage, to: Stage, reason: str | None) -> list[Finding]:
    """Whether the stage can follow, and whether that needs a reason."""
    if to not in MOVES[before]:
        possible = " or ".join(stage.name for stage in MOVES[before])
        says = f"It is {before.name} and can become {possible}, not {to.name}."
        return [Finding(("to",), says, "IMPOSSIBLE_MOVE")]
    if (before, to) in REOPENING and reason is None:
        return [Finding(("reason",), "Say why it is reopened.", "REQUIRED")]
    return []


async def rate_initiative(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    rating: Annotated[Rating, "How it stands."],
    reason: Annotated[str | None, "Why; needed for red. At most 1,000 characters."] = None,
) -> Initiative:
    """Set how an initiative stands; the ratings before are kept."""
    initiative = await to_lead(work, id, expected_version)
    needed = "Say why it is red, and what would help." if rating is Rating.RED else None
    said, findings = tidy("reason", reason or "", REASON_LIMIT, lines=True, needed=needed)
    if findings:
        raise Invalid(*findings)
    work.db.add(
        RatingSet(
            initiative_id=initiative.id, rating=rating, reason=said,
            set_by_id=work.caller.principal_id, set_by_agency_id=work.caller.agency_id,
            set_at=work.now,
        )
    )  # fmt: skip
    initiative.rating = rating
    initiative.version += 1  # the same rating for another reason is a change too
    return initiative
