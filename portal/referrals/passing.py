"""A case passes from one team to another, once both say so: who has it asks, and whoever takes it
on agrees by that. Until then it stays where it is; afterwards who had it keeps the summary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import Text, literal, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, func, select

from auth.notices import NoticeKind
from auth.tables import Agency, Team
from portal.acting.work import Work
from portal.calendars.known import calendar_of
from portal.errors import Invalid
from portal.referrals.engine.checks import CONSENT_GIVEN, CONSENT_REFUSED, RECORDED_IN_ERROR
from portal.referrals.engine.machine import ANSWERS, replay
from portal.referrals.engine.moving import check_error
from portal.referrals.engine.pathway import Hold, Part, Pathway
from portal.referrals.engine.standing import Event, Standing, Value
from portal.referrals.onward import must_be_passed_on
from portal.referrals.prosecution import DisclosureRead, must_have_read
from portal.referrals.recording import events_of, record, settle
from portal.referrals.research_tables import MaracSeat
from portal.referrals.tables import EventCodes, Recipient, Referral, ReferralEvent
from portal.referrals.telling.teams import tell
from portal.referrals.verbs import TeamId, pathway_of, recipients_of, team_of

NO_TRANSFER = "On this pathway a case is not transferred. Refer it on instead (`startReferral`)."
THERE = "It is with this team already, or was. Choose another."
NOT_COVERED = (
    "No agreement in force lets your agency share this with {name} for this purpose. Ask your data"
    " protection lead, or tell the sender, who may refer there."
)

FOLLOWED = "It followed from what your team did in its own place: correct that move instead."
ELSEWHERE = (
    "The case has gone on elsewhere since. Ask whoever has it to refer it to you, if you take it on"
    " after all."
)

ToTeam = Annotated[TeamId, "The team that is to take it over."]
Read = DisclosureRead


def transfers(pathway: Pathway) -> str:
    """The pathway's move by which a case passes to another team."""
    for move in pathway.moves.values():
        if move.consent is Part.NEW_RECEIVER:
            return move.name
    raise Invalid.field("recipient", NO_TRANSFER, "IMPOSSIBLE_MOVE")


async def place_for(
    work: Work, referral: Referral, old: Recipient, team_id: TeamId, *, read: bool
) -> Recipient:
    """A place for the team that is asked, by its own right to have the case."""
    team = await team_of(work, team_id, "team")
    if team.id in {one.team_id for one in await recipients_of(work, referral)}:
        raise Invalid.field("team", THERE, "ADDRESSED")
    if team.id == referral.sender_team_id:
        raise Invalid.field("team", "It came from this team: ask to close it instead.", "OWN_TEAM")
    new = Recipient(
        referral_id=referral.id,
        agency_id=team.agency_id,
        team_id=team.id,
        rank=old.rank,
        from_id=old.id,
        from_agency_id=old.agency_id,
        given_at=work.now,
        is_open=True,
    )
    await _by_what_right(work, referral, old, new)
    await must_be_passed_on(work, referral, [team.agency_id], [new], "team")
    if team.agency_id not in {old.agency_id, referral.sender_agency_id}:
        warned = await must_have_read(work, {team.agency_id}, read=read)
        new.disclosure_read_at = work.now if warned else None
    new.shown = await _who_sit_there(work, team)
    work.db.add(new)
    await work.db.flush()
    return new


async def open_place(
    work: Work, referral: Referral, old: Recipient, new: Recipient, part: Part
) -> None:
    """Let it come in there as it came to the team that passes it on, with clocks of its own."""
    pathway = pathway_of(referral)
    calendar = await calendar_of(work.db, referral.area_code, work.today)
    name, fields = await _as_it_came(work, old)
    event = await record(work, referral, new, name, part, fields, None)
    standing = replay(pathway, [event], calendar)
    await settle(work, referral, new, standing, calendar)
    await tell(work, referral, new, event, standing)


async def pass_over(
    work: Work, referral: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Follow what the asked team does with its place, and what happens where it comes from."""
    if recipient.from_id is not None:
        await _answer(work, referral, recipient, recipient.from_id, standing)
    if standing.pending is None and event.name not in ANSWERS:
        await take_back(work, recipient)


async def take_back(work: Work, old: Recipient) -> None:
    """What waits for another team's yes is asked of it no more."""
    found = select(Recipient).where(
        col(Recipient.from_id) == old.id,
        col(Recipient.lost_at).is_(None),
        col(Recipient.hold) == Hold.ASKED,
    )
    for waiting in (await work.db.execute(found)).scalars():
        waiting.lost_at, waiting.is_open = work.now, False


async def asked_again(work: Work, old: Recipient, stands: Standing) -> list[Recipient]:
    """Whom a transfer waits for again, where it was a mistake that ended the wait: or it would wait
    for a team that does not see the case, and could pass to no other.
    """
    if stands.pending is None or await _others_asked(work, old):
        return []
    asked_at = select(ReferralEvent.recorded_at).where(
        col(ReferralEvent.id) == UUID(str(stands.pending.id))
    )
    found = select(Recipient).where(
        col(Recipient.from_id) == old.id,
        col(Recipient.lost_at).is_not(None),
        col(Recipient.hold) == Hold.ASKED,
        col(Recipient.given_at) == asked_at.scalar_subquery(),
    )
    asked = list((await work.db.execute(found)).scalars())
    for waiting in asked:
        waiting.lost_at, waiting.is_open = None, True
    return asked


async def _answer(
    work: Work, referral: Referral, new: Recipient, old_id: UUID, stands: Standing
) -> None:
    if stands.hold is Hold.ASKED and new.lost_at is None:
        return
    old = await work.seen(Recipient, old_id)
    pathway = pathway_of(referral)
    calendar = await calendar_of(work.db, referral.area_code, work.today)
    events = await events_of(work, pathway, old)
    if replay(pathway, events, calendar).pending is None:
        return
    taken = stands.hold is Hold.TAKEN
    name = CONSENT_GIVEN if taken else CONSENT_REFUSED
    said = await record(work, referral, old, name, Part.NEW_RECEIVER, {}, None)
    after = replay(pathway, [*events, said], calendar)
    await settle(work, referral, old, after, calendar)
    if taken:
        old.passed_at = work.now
    await work.db.flush()
    kind = NoticeKind.REFERRAL_ANSWERED
    await work.db.execute(select(func.tell_party(old.id, literal(False), kind.value)))


async def put_back(  # noqa: PLR0913, PLR0917 - what was corrected, and how it stood
    work: Work, referral: Referral, new: Recipient, before: Hold, stands: Standing, reason: str
) -> None:
    """Where a team was mistaken in how it answered, whoever asked it has the case again, and waits:
    or nobody would have it once the team declines, and both once it takes it on.
    """
    if new.from_id is None or before is Hold.ASKED or stands.hold is not Hold.ASKED:
        return
    old = await work.seen(Recipient, new.from_id)
    if before is not Hold.TAKEN and (old.passed_at or await _others_asked(work, old, but=new)):
        raise Invalid.field("event", ELSEWHERE, "WRONG_STATE")
    pathway = pathway_of(referral)
    calendar = await calendar_of(work.db, referral.area_code, work.today)
    events = await events_of(work, pathway, old)
    answer = _latest_answer(events)
    if answer is None:
        return
    fields: Mapping[str, Value] = {"reason": reason}
    mark = replace(answer, id=uuid4(), name=RECORDED_IN_ERROR, fields=fields, error_of=answer.id)
    if findings := check_error(pathway, events, mark, calendar):
        raise Invalid(*findings)
    said = await record(
        work,
        referral,
        old,
        RECORDED_IN_ERROR,
        Part.NEW_RECEIVER,
        fields,
        None,
        UUID(str(answer.id)),
    )
    after = replay(pathway, [*events, said], calendar)
    if after.pending is None:
        raise Invalid.field("event", ELSEWHERE, "WRONG_STATE")
    await settle(work, referral, old, after, calendar)
    old.passed_at = None
    await work.db.flush()
    kind = NoticeKind.REFERRAL_YOURS
    await work.db.execute(select(func.tell_party(old.id, literal(False), kind.value)))


async def _others_asked(work: Work, old: Recipient, *, but: Recipient | None = None) -> bool:
    """Whether a team, other than the one named, is asked to take it over, or did."""
    others = select(Recipient.id).where(
        col(Recipient.from_id) == old.id,
        true() if but is None else col(Recipient.id) != but.id,
        col(Recipient.lost_at).is_(None),
        col(Recipient.hold) != Hold.ENDED,
    )
    return (await work.db.execute(others.limit(1))).first() is not None


def _latest_answer(events: Sequence[Event]) -> Event | None:
    marked = {event.error_of for event in events}
    answers = [
        event
        for event in events
        if event.name in ANSWERS and event.part is Part.NEW_RECEIVER and event.id not in marked
    ]
    return answers[-1] if answers else None


async def _by_what_right(work: Work, referral: Referral, old: Recipient, new: Recipient) -> None:
    if new.agency_id == referral.sender_agency_id:
        return
    if new.agency_id == old.agency_id:
        new.agreement_id, new.gateway = old.agreement_id, old.gateway
        new.from_agency_id = old.from_agency_id or referral.sender_agency_id
        return
    grant = func.agreement_for(
        old.agency_id, new.agency_id, referral.purpose,
        literal(list(referral.categories), ARRAY(Text)), work.now,
    ).table_valued("agreement_id", "gateway")  # fmt: skip
    found = (await work.db.execute(select(grant.c.agreement_id, grant.c.gateway))).first()
    if found is None:
        name = select(col(Agency.name)).where(col(Agency.id) == new.agency_id)
        said = NOT_COVERED.format(name=(await work.db.execute(name)).scalar_one())
        raise Invalid.field("team", said, "NO_AGREEMENT")
    new.agreement_id, new.gateway = found.agreement_id, found.gateway


async def _who_sit_there(work: Work, team: Team) -> list[UUID] | None:
    """Whom a MARAC may ask about it: those who sit there now or later."""
    seats = select(MaracSeat.team_id).where(
        col(MaracSeat.marac_team_id) == team.id,
        func.coalesce(col(MaracSeat.ends_on), work.today) >= work.today,
    )
    return list((await work.db.execute(seats)).scalars()) or None


async def _as_it_came(work: Work, old: Recipient) -> tuple[str, Mapping[str, Value]]:
    """The first thing that happened there, with what was said then, as far as one may read it."""
    first = select(ReferralEvent).where(col(ReferralEvent.recipient_id) == old.id)
    first = first.order_by(col(ReferralEvent.position)).limit(1)
    event = (await work.db.execute(first)).scalar_one()
    said = select(EventCodes.codes).where(col(EventCodes.event_id) == event.id)
    fields: dict[str, Value] = {}
    for codes in (await work.db.execute(said)).scalars():
        fields |= codes
    return event.name, fields
