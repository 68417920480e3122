"""What the lead does with milestones: add, change, report as reached, take that back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from portal.acting.checks import one_line, refuse, title_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.initiatives.holding import held, led
from portal.milestones.tables import Milestone

MilestoneId = Annotated[UUID, Ref("Milestone")]


async def add_milestone(
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    title: Annotated[str, "What is to be reached, at most 200 characters."],
    due_on: Annotated[date, "The day by which it is to be reached."],
) -> Milestone:
    """Add a milestone to an initiative."""
    to = await led(work, initiative)
    refuse(title_fault(title))
    milestone = Milestone(initiative_id=to.id, title=one_line(title), due_on=due_on)
    work.db.add(milestone)
    return milestone


async def change_milestone(
    work: Work,
    id: MilestoneId,
    expected_version: int,
    title: Annotated[str | Keep, "What is to be reached."] = KEEP,
    due_on: Annotated[date | Keep, "The day by which it is to be reached."] = KEEP,
) -> Milestone:
    """Change what a milestone says or when it is due; the history keeps what stood there."""
    milestone = await held(work, Milestone, id, expected_version)
    if not isinstance(title, Keep):
        refuse(title_fault(title))
        milestone.title = one_line(title)
    if not isinstance(due_on, Keep):
        milestone.due_on = due_on
    return milestone


async def reach_milestone(
    work: Work,
    id: MilestoneId,
    expected_version: int,
    reached_on: Annotated[date | None, "The day it was reached; today when left out."] = None,
) -> Milestone:
    """Report a milestone as reached."""
    milestone = await held(work, Milestone, id, expected_version)
    day = reached_on or work.today
    if milestone.reached_on is not None:
        raise Invalid.field("id", "This milestone has been reached already.", "WRONG_STATE")
    if day > work.today:
        raise Invalid.field("reachedOn", "This day is to come. Give the day it was reached.")
    milestone.reached_on = day
    return milestone


async def unreach_milestone(work: Work, id: MilestoneId, expected_version: int) -> Milestone:
    """Take back that a milestone was reached."""
    milestone = await held(work, Milestone, id, expected_version)
    if milestone.reached_on is None:
        raise Invalid.field("id", "This milestone has not been reached.", "WRONG_STATE")
    milestone.reached_on = None
    return milestone
