"""A risk is assessed: a tool's score, the grade that the area's thresholds give it on that day, and
professional judgement, which may raise a grade and never lowers it.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import or_
from sqlmodel import col, select

from portal.acting.checks import refuse
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.proposals.tables import ProposalState
from portal.referrals.codes import JudgementReason, RiskTool
from portal.referrals.details import RiskAssessment
from portal.referrals.scales.tables import RiskScale, RiskThreshold
from portal.referrals.tables import Referral
from portal.referrals.verbs import ReferralId, to_send

_VERSION = re.compile(r"(?=.{1,20}\Z)v?[0-9]+(?:[./-][0-9]+)*[a-z]?")


async def assess_risk(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    tool: Annotated[RiskTool, "The tool that was used."],
    tool_version: Annotated[str, "The version of its form, such as 3 or 2.1."],
    score: Annotated[int, "The score it came to."],
    assessed_on: Annotated[date, "The day of the assessment."],
    judged_grade: Annotated[
        str | None, "A higher grade, if professional judgement raises it."
    ] = None,
    judgement_reason: Annotated[JudgementReason | None, "Why; needed with `judgedGrade`."] = None,
) -> Referral:
    """Record a risk assessment; its grade is that of the area's thresholds on that day."""
    referral = await to_send(work, id, expected_version)
    if assessed_on > work.today:
        raise Invalid.field("assessedOn", "This day is still to come. Give the day it was done.")
    steps = await thresholds(work, tool, referral.area_code, assessed_on)
    if not steps:
        raise Invalid.field(
            "tool",
            "The portal knows no thresholds of this tool for the area on that day. Set the area"
            " first, or ask the partnership's programme lead to enter them.",
            "NO_THRESHOLD",
        )
    highest = steps[-1].highest
    if not 0 <= score <= highest:
        raise Invalid.field("score", f"Scores of this tool go from 0 to {highest}.", "OUT_OF_RANGE")
    reached = [step for step in steps if step.at_least <= score]
    if not reached:
        raise Invalid.field("score", "The thresholds give this score no grade.", "NO_THRESHOLD")
    refuse(*_judged(steps, reached[-1], judged_grade, judgement_reason))
    if not _VERSION.fullmatch(tool_version.strip()):
        raise Invalid.field(
            "toolVersion",
            "Enter the version of the form, up to 20 characters such as 3, v2.1 or 2024-04.",
        )
    work.db.add(
        RiskAssessment(
            referral_id=referral.id,
            tool=tool,
            tool_version=tool_version.strip(),
            score=score,
            grade=reached[-1].grade,
            threshold_id=reached[-1].id,
            judged_grade=judged_grade,
            judgement_reason=judgement_reason,
            assessed_on=assessed_on,
            assessed_by_id=work.caller.principal_id,
        )
    )
    return referral


async def thresholds(
    work: Work, tool: RiskTool, area: str | None, day: date
) -> Sequence[RiskThreshold]:
    """The grades of a tool in force in an area on a day, the lowest first: the area's own, or those
    that hold where an area has none.
    """
    found = select(RiskScale).where(
        col(RiskScale.tool) == tool,
        or_(col(RiskScale.area_code) == area, col(RiskScale.area_code).is_(None)),
        col(RiskScale.state) == ProposalState.CONFIRMED,
        col(RiskScale.valid_from) <= day,
    )
    own_first = (col(RiskScale.area_code).is_(None), col(RiskScale.valid_from).desc())
    scale = (await work.db.execute(found.order_by(*own_first).limit(1))).scalar_one_or_none()
    if scale is None:
        return ()
    steps = select(RiskThreshold).where(col(RiskThreshold.risk_scale_id) == scale.id)
    return (await work.db.execute(steps.order_by(col(RiskThreshold.at_least)))).scalars().all()


def _judged(
    steps: Sequence[RiskThreshold],
    scored: RiskThreshold,
    grade: str | None,
    reason: JudgementReason | None,
) -> list[Finding]:
    if grade is None:
        unneeded = "Leave this out: no grade was judged."
        return [Finding(("judgementReason",), unneeded)] if reason is not None else []
    higher = {step.grade for step in steps if step.at_least > scored.at_least}
    found = []
    if grade not in higher:
        which = " or ".join(sorted(higher)) or "none: it has the highest already"
        message = f"Judgement may raise the grade and never lowers it. Possible here: {which}."
        found.append(Finding(("judgedGrade",), message, "JUDGEMENT_LOWERS"))
    if reason is None:
        found.append(Finding(("judgementReason",), "Say why the grade was raised."))
    return found
