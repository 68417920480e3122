"""A referral that another brings with it where the area says so, as a MARAC's does the IDVA's. It
is the sender's own disclosure, under an agreement of its own; without one there is none, and those
who have the case are told why.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Text, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, func, select

from auth.tables import Team
from portal.acting.work import Work, reference
from portal.calendars.known import calendar_of
from portal.proposals.tables import ProposalState
from portal.referrals.access import CATEGORIES
from portal.referrals.engine.files import shipped
from portal.referrals.engine.local_rules import in_force
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Automatic, OverallRule, Part, Pathway
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.follow.tables import FollowOn, FollowOutcome, PathwayTeam
from portal.referrals.recording import record, settle
from portal.referrals.tables import RANKS, Overall, Recipient, Referral
from portal.referrals.telling.teams import tell
from portal.referrals.verbs import save_referral

OWN = {"id", "referral_id", "acl", "routes", "version", "updated_at"}
"""What no copy of a row takes with it."""
WHY = {
    FollowOutcome.NO_TEAM: "the portal knows no team for the area. Refer to one yourself.",
    FollowOutcome.NO_AGREEMENT: "no agreement in force covers it. Ask your data protection lead.",
}
"""Those of which the sender is warned."""


@dataclass(frozen=True)
class Grant:
    """By what right it is given."""

    agreement_id: UUID | None = None
    gateway: str | None = None


async def refer_on(
    work: Work, referral: Referral, _: Recipient, event: Event, standing: Standing
) -> None:
    """Make what follows by itself from this move, once for each case."""
    rules = [one for one in standing.pathway.automatic if one.when == event.name]
    for name in dict.fromkeys(one.pathway for one in rules):
        of_area = [one for one in rules if one.pathway == name]
        rule = in_force(of_area, referral.area_code, work.today)
        taker = await team_for(work, name, referral.area_code, work.today)
        on = rule is not None and rule.on
        if taker is not None and taker.automatic is not None:
            on = taker.automatic
        if on and not await _followed(work, referral, name):
            await _refer(work, referral, rule or of_area[0], taker)


async def team_for(work: Work, pathway: str, area: str | None, day: date) -> PathwayTeam | None:
    """Who takes a pathway's referrals from an area on a day."""
    found = select(PathwayTeam).where(
        col(PathwayTeam.pathway) == pathway,
        col(PathwayTeam.area_code) == area,
        col(PathwayTeam.state) == ProposalState.CONFIRMED,
        col(PathwayTeam.valid_from) <= day,
    )
    latest = found.order_by(col(PathwayTeam.valid_from).desc()).limit(1)
    return (await work.db.execute(latest)).scalar_one_or_none()


async def _followed(work: Work, referral: Referral, pathway: str) -> bool:
    known = select(FollowOn.id).where(
        col(FollowOn.referral_id) == referral.id, col(FollowOn.pathway) == pathway
    )
    return (await work.db.execute(known)).first() is not None


async def _refer(
    work: Work, referral: Referral, rule: Automatic, taker: PathwayTeam | None
) -> None:
    """Make it, or write down why there is none."""
    pathway = shipped().newest(rule.pathway)
    team = await work.db.get(Team, taker.team_id) if taker is not None else None
    said = FollowOn(referral_id=referral.id, pathway=rule.pathway, outcome=FollowOutcome.NO_TEAM)
    if pathway is not None and team is not None:
        said.team_id, grant = team.id, await _grant(work, referral, pathway, team)
        if rule.unless_sender_offers and team.id == referral.sender_team_id:
            said.outcome = FollowOutcome.SENDER_IS_SERVICE
        elif grant is None:
            said.outcome = FollowOutcome.NO_AGREEMENT
        else:
            made = await _make(work, referral, rule, pathway, team, grant)
            said.outcome, said.made_id = FollowOutcome.MADE, made.id
    work.db.add(said)
    if said.outcome in WHY:
        message = f"A referral ({rule.pathway}) was to follow and does not: {WHY[said.outcome]}"
        work.warn("", message, "NOT_FOLLOWED")


async def _grant(work: Work, referral: Referral, pathway: Pathway, team: Team) -> Grant | None:
    """Another purpose and another recipient need an agreement of their own."""
    if team.agency_id == referral.sender_agency_id:
        return Grant()
    categories = literal(list(pathway.shares), ARRAY(Text))
    asked = func.agreement_for(
        referral.sender_agency_id, team.agency_id, pathway.purpose.value, categories, work.now
    ).table_valued("agreement_id", "gateway")
    found = (await work.db.execute(select(asked.c.agreement_id, asked.c.gateway))).first()
    return Grant(found.agreement_id, found.gateway) if found else None


async def _make(  # noqa: PLR0913, PLR0917 - what a referral is made of
    work: Work, referral: Referral, rule: Automatic, pathway: Pathway, team: Team, grant: Grant
) -> Referral:
    """A referral like any other, sent in the same moment."""
    made = Referral(
        reference=reference("RF"), pathway=pathway.name, pathway_version=pathway.version,
        purpose=pathway.purpose, categories=list(pathway.shares),
        all_take=pathway.overall is OverallRule.ALL_TAKE, urgency=referral.urgency,
        sender_agency_id=referral.sender_agency_id, sender_team_id=referral.sender_team_id,
        kept_by_id=referral.kept_by_id, area_code=referral.area_code,
        onward_from_id=referral.id, created_by_id=work.caller.principal_id,
        overall=Overall.WAITING, sent_at=work.now,
    )  # fmt: skip
    await save_referral(work, made)
    recipient = Recipient(
        referral_id=made.id, agency_id=team.agency_id, team_id=team.id, rank=RANKS[made.urgency],
        agreement_id=grant.agreement_id, gateway=grant.gateway, given_at=work.now, is_open=True,
    )  # fmt: skip
    work.db.add(recipient)
    await work.db.flush()
    await _copy(work, referral, made, pathway)
    [way] = (name for name in pathway.moves if pathway.sends(name))
    sent = await record(work, made, recipient, way, Part.SENDER, dict(rule.gives), None)
    calendar = await calendar_of(work.db, made.area_code, work.today)
    stands = replay(pathway, [sent], calendar)
    await settle(work, made, recipient, stands, calendar)
    await tell(work, made, recipient, sent, stands)
    return made


async def _copy(work: Work, referral: Referral, made: Referral, pathway: Pathway) -> None:
    """What the case says, as far as the other pathway shares it."""
    for model in (m for m, category in CATEGORIES.items() if category in pathway.shares):
        found = select(model).where(col(model.referral_id) == referral.id)
        for row in (await work.db.execute(found)).scalars():
            said = row.model_dump(exclude=OWN)
            work.db.add(model(referral_id=made.id, **said))
