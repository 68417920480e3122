"""What the lead does with risks: add, change, close, reopen."""

from datetime import date
from typing import Annotated
from uuid import UUID

from auth.tables import Team
from portal.acting.checks import length_fault, one_line, reason_fault, refuse, title_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.actions.verbs import TeamId, must_take_part, owner_of
from portal.errors import Finding, Invalid
from portal.initiatives.holding import held, led, taking_part
from portal.initiatives.tables import Initiative
from portal.risks.tables import Risk, RiskState

RiskId = Annotated[UUID, Ref("Risk")]
Degree = Annotated[int, "From 1 (very low) to 5 (very high)."]


async def add_risk(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    title: Annotated[str, "What could go wrong, at most 200 characters."],
    likelihood: Degree,
    impact: Degree,
    owner_team: Annotated[
        TeamId, "The team that watches it, of the lead or of a committed partner."
    ],
    mitigation: Annotated[str, "What is done about it; plain text."] = "",
    review_on: Annotated[date | None, "The day to look at it again."] = None,
) -> Risk:
    """Add a risk to an initiative."""
    to = await led(work, initiative)
    team = await _watching(work, to, owner_team)
    risk = Risk(
        initiative_id=to.id, title=title, likelihood=likelihood, impact=impact,
        mitigation=mitigation, review_on=review_on,
        owner_team_id=team.id, owner_agency_id=team.agency_id,
    )  # fmt: skip
    _check(risk)
    work.db.add(risk)
    return risk


async def change_risk(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: RiskId,
    expected_version: int,
    title: Annotated[str | Keep, "What could go wrong."] = KEEP,
    likelihood: Annotated[int | Keep, "From 1 (very low) to 5 (very high)."] = KEEP,
    impact: Annotated[int | Keep, "From 1 (very low) to 5 (very high)."] = KEEP,
    mitigation: Annotated[str | Keep, "What is done about it."] = KEEP,
    owner_team: Annotated[TeamId | Keep, "The team that watches it from now on."] = KEEP,
    review_on: Annotated[
        date | Keep | None, "The day to look at it again; null removes it."
    ] = KEEP,
) -> Risk:
    """Assess a risk anew; the history keeps what stood there."""
    risk = await held(work, Risk, id, expected_version)
    given = {
        "title": title, "likelihood": likelihood, "impact": impact,
        "mitigation": mitigation, "review_on": review_on,
    }  # fmt: skip
    for name, value in given.items():
        if not isinstance(value, Keep):
            setattr(risk, name, value)
    if not isinstance(owner_team, Keep):
        initiative = await work.seen(Initiative, risk.initiative_id)
        team = await _watching(work, initiative, owner_team)
        risk.owner_team_id, risk.owner_agency_id = team.id, team.agency_id
    _check(risk)
    return risk


async def close_risk(
    work: Work,
    id: RiskId,
    expected_version: int,
    reason: Annotated[str, "Why it need not be watched any more, at most 1,000 characters."],
) -> Risk:
    """Close a risk, with the reason."""
    risk = await held(work, Risk, id, expected_version)
    if risk.state == RiskState.CLOSED:
        raise Invalid.field("id", "This risk is closed already.", "WRONG_STATE")
    refuse(reason_fault("reason", reason))
    risk.state, risk.closed_reason = RiskState.CLOSED, reason.strip()
    return risk


async def reopen_risk(work: Work, id: RiskId, expected_version: int) -> Risk:
    """Watch a closed risk again; the history keeps why it had been closed."""
    risk = await held(work, Risk, id, expected_version)
    if risk.state == RiskState.OPEN:
        raise Invalid.field("id", "This risk is open already.", "WRONG_STATE")
    risk.state, risk.closed_reason = RiskState.OPEN, None
    return risk


def _check(risk: Risk) -> None:
    refuse(
        title_fault(risk.title),
        *(_degree_fault(name, getattr(risk, name)) for name in ("likelihood", "impact")),
        length_fault("mitigation", risk.mitigation, 4000),
    )
    risk.title, risk.mitigation = one_line(risk.title), risk.mitigation.strip()


def _degree_fault(field: str, degree: int) -> Finding | None:
    if 1 <= degree <= 5:
        return None
    return Finding((field,), "Give a number from 1 (very low) to 5 (very high).")


async def _watching(work: Work, initiative: Initiative, team_id: UUID) -> Team:
    team = await owner_of(work, team_id)
    must_take_part(team, await taking_part(work, initiative))
    return team
