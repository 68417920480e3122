"""A case that is given a meeting is put on its list, and those who sit there are asked about it."""

from datetime import date

from sqlalchemy import Text, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, func, select

from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.marac.tables import MaracListing, MaracMeeting, MeetingKind
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.research_tables import MaracResearch, MaracSeat
from portal.referrals.tables import Recipient, Referral

MEETING_ON = "meeting_on"
CALLS = "call_urgent_meeting"
NO_MEETING = (
    "There is no meeting of this MARAC on {day}. Add it first (`addMaracMeeting`), or choose a day"
    " of `maracMeetings`."
)
NOT_GIVEN = (
    "A team that sits there is not given this: no agreement in force lets the MARAC give it, or its"
    " sender was not shown that team before it was sent."
)


async def put_on_list(
    work: Work, referral: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Follow a move that says when a case is heard."""
    if MEETING_ON not in event.fields or MEETING_ON not in standing.facts:
        return
    day = date.fromisoformat(str(standing.facts[MEETING_ON]))
    meeting = await _meeting(work, referral, recipient, day, urgent=event.name == CALLS)
    found = select(MaracListing).where(col(MaracListing.recipient_id) == recipient.id)
    listing = (await work.db.execute(found)).scalar_one_or_none()
    if listing is None:
        listing = MaracListing(
            referral_id=referral.id,
            recipient_id=recipient.id,
            agency_id=recipient.agency_id,
            meeting_id=meeting.id,
        )
        work.db.add(listing)
    listing.meeting_id = meeting.id
    await _ask(work, referral, recipient, day)


async def list_anew(
    work: Work, referral: Referral, recipient: Recipient, standing: Standing
) -> None:
    """After a mistake a case is on the list of the meeting that counts now. If none does, it is on
    none, and those who were asked about it have it no longer.
    """
    found = select(MaracListing).where(col(MaracListing.recipient_id) == recipient.id)
    listing = (await work.db.execute(found)).scalar_one_or_none()
    if listing is None:
        return
    if MEETING_ON in standing.facts:
        day = date.fromisoformat(str(standing.facts[MEETING_ON]))
        listing.meeting_id = (await _meeting(work, referral, recipient, day, urgent=False)).id
        await _ask(work, referral, recipient, day)
        return
    asked = select(MaracResearch).where(
        col(MaracResearch.recipient_id) == recipient.id,
        col(MaracResearch.given_at).is_not(None),
        col(MaracResearch.lost_at).is_(None),
    )
    for question in (await work.db.execute(asked)).scalars():
        question.lost_at = work.now
    await work.db.delete(listing)


async def _meeting(
    work: Work, referral: Referral, recipient: Recipient, day: date, *, urgent: bool
) -> MaracMeeting:
    found = select(MaracMeeting).where(
        col(MaracMeeting.team_id) == recipient.team_id, col(MaracMeeting.held_on) == day
    )
    meeting = (await work.db.execute(found)).scalar_one_or_none()
    if meeting is not None:
        return meeting
    if not urgent or referral.area_code is None:
        raise Invalid(Finding(("fields", MEETING_ON), NO_MEETING.format(day=day), "NO_MEETING"))
    called = MaracMeeting(
        agency_id=recipient.agency_id,
        team_id=recipient.team_id,
        area_code=referral.area_code,
        held_on=day,
        kind=MeetingKind.URGENT,
    )
    work.db.add(called)
    await work.db.flush()
    return called


async def _ask(work: Work, referral: Referral, recipient: Recipient, day: date) -> None:
    """Ask each that sits there and is not asked by it now. What no agreement covers is not
    given.
    """
    asked = select(MaracResearch).where(col(MaracResearch.recipient_id) == recipient.id)
    known = {one.team_id: one for one in (await work.db.execute(asked)).scalars()}
    seats = select(MaracSeat).where(
        col(MaracSeat.marac_team_id) == recipient.team_id,
        col(MaracSeat.team_id) != recipient.team_id,
        col(MaracSeat.starts_on) <= day,
        or_(col(MaracSeat.ends_on).is_(None), col(MaracSeat.ends_on) >= day),
    )
    for seat in (await work.db.execute(seats.order_by(col(MaracSeat.id)))).scalars():
        before = known.get(seat.team_id)
        if before is None or before.lost_at is not None:
            known[seat.team_id] = await _give(work, referral, recipient, seat, before)


async def _give(
    work: Work,
    referral: Referral,
    recipient: Recipient,
    seat: MaracSeat,
    before: MaracResearch | None,
) -> MaracResearch:
    """Ask a team, anew where it was asked `before` by mistake."""
    grant = func.agreement_for(
        recipient.agency_id, seat.agency_id, referral.purpose,
        literal(list(referral.categories), ARRAY(Text)), work.now,
    ).table_valued("agreement_id", "gateway")  # fmt: skip
    found = (await work.db.execute(select(grant.c.agreement_id, grant.c.gateway))).first()
    own = seat.agency_id in {referral.sender_agency_id, recipient.agency_id}
    if not own and seat.team_id not in (recipient.shown or []):
        found = None  # its sender never saw that this team would have it
    question = before or MaracResearch(
        referral_id=referral.id,
        recipient_id=recipient.id,
        from_agency_id=recipient.agency_id,
        agency_id=seat.agency_id,
        team_id=seat.team_id,
    )
    if own or found:
        question.given_at, question.lost_at = work.now, None
    else:
        work.warn("", NOT_GIVEN, "NOT_GIVEN")
    if found is not None and not own:
        question.agreement_id, question.gateway = found.agreement_id, found.gateway
    work.db.add(question)
    return question
