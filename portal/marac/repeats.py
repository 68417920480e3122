"""A case is a repeat of an earlier one: the MARAC's coordinator says so, by the rule of the borough
where the victim lives. No step of the case tells of it, since its sender reads those and may have
had no part in the earlier one.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlmodel import col, func, select

from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.calendars.days import london
from portal.calendars.known import calendar_of
from portal.errors import Invalid
from portal.marac import access
from portal.marac.rules.verbs import confirmed, repeats_of
from portal.marac.tables import MaracListing, MaracMeeting, MaracRepeat, RepeatAnchor
from portal.referrals.engine.local_rules import is_repeat, repeat_rule
from portal.referrals.engine.pathway import RepeatRule
from portal.referrals.tables import Recipient, Referral
from portal.referrals.verbs import RecipientId, pathway_of

NO_RULE = "No rule says what a repeat is on this pathway where the victim lives."
NOT_EARLIER = (
    "This is no earlier case of this MARAC. Name one that was referred to it before this one, by"
    " its id; `referrals` finds it by its reference."
)
NOT_HEARD = "Here repeats count from the last meeting, and the earlier case was at none."
TOO_LONG_AGO = (
    "Where the victim lives a repeat is what happens within {within}, {anchor}: that was {day}."
)
LINKED = "It is linked to this case already."
_COUNTED = {
    RepeatAnchor.LAST_REFERRAL: "counted from the last referral",
    RepeatAnchor.LAST_MEETING: "counted from the last meeting",
}


async def link_repeat(
    work: Work,
    recipient: RecipientId,
    earlier: Annotated[UUID, Ref("Referral"), "The earlier case, which this MARAC has had."],
) -> MaracRepeat:
    """Link a case of your MARAC to the earlier one that it repeats. Nobody but its coordinators
    sees the link.
    """
    place = await work.seen(Recipient, recipient, "recipient")
    access.may_coordinate(work.caller, place.agency_id)
    await work.db.execute(select(func.hold_referral(place.referral_id)))
    later = await work.seen(Referral, place.referral_id, "recipient")
    before = await work.seen(Referral, earlier, "earlier")
    sent = await _must_be_earlier(work, later, before, place)
    own = [repeats_of(each) for each in await confirmed(work)]
    rule = repeat_rule(pathway_of(later), later.area_code, london(sent).date(), own)
    if rule is None:
        raise Invalid.field("recipient", NO_RULE)
    known = select(MaracRepeat.id).where(
        col(MaracRepeat.referral_id) == later.id,
        col(MaracRepeat.earlier_id) == before.id,
        col(MaracRepeat.taken_back_at).is_(None),
    )
    if (await work.db.execute(known)).first() is not None:
        raise Invalid.field("earlier", LINKED, "TAKEN")
    counted = await _counted_from(work, rule, before, sent)
    calendar = await calendar_of(work.db, later.area_code, work.today)
    if not is_repeat(rule, counted, sent, calendar):
        anchor = _COUNTED[RepeatAnchor(rule.anchor)]
        said = TOO_LONG_AGO.format(within=rule.within, anchor=anchor, day=counted)
        raise Invalid.field("earlier", said, "NOT_WITHIN")
    link = MaracRepeat(
        referral_id=later.id, recipient_id=place.id, agency_id=place.agency_id,
        earlier_id=before.id, within=str(rule.within), trigger=rule.trigger,
        anchor=RepeatAnchor(rule.anchor), counted_from=counted,
        linked_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(link)
    return link


async def _must_be_earlier(
    work: Work, later: Referral, before: Referral, place: Recipient
) -> datetime:
    """When the later one was sent, if the other went to the same MARAC before it."""
    same = select(Recipient.id).where(
        col(Recipient.referral_id) == before.id,
        col(Recipient.team_id) == place.team_id,
        col(Recipient.given_at).is_not(None),
    )
    had = (await work.db.execute(same)).first() is not None
    if later.sent_at is None or before.sent_at is None or not had:
        raise Invalid.field("earlier", NOT_EARLIER, "NOT_EARLIER")
    if before.id == later.id or before.sent_at >= later.sent_at:
        raise Invalid.field("earlier", NOT_EARLIER, "NOT_EARLIER")
    return later.sent_at


async def _counted_from(work: Work, rule: RepeatRule, before: Referral, sent: datetime) -> date:
    """The day from which the rule counts: that of the referral, or that of its last meeting."""
    if rule.anchor == RepeatAnchor.LAST_REFERRAL:
        return london(before.sent_at or sent).date()
    heard = (
        select(func.max(MaracMeeting.held_on))
        .join(MaracListing, col(MaracListing.meeting_id) == col(MaracMeeting.id))
        .where(
            col(MaracListing.referral_id) == before.id,
            col(MaracMeeting.held_on) <= london(sent).date(),
        )
    )
    day: date | None = (await work.db.execute(heard)).scalar_one()
    if day is None:
        raise Invalid.field("earlier", NOT_HEARD, "NOT_EARLIER")
    return day
