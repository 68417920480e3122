"""What happens with a referral, along its pathway: moves and events, each recorded and none ever
altered. Where it stands is replayed from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from auth.roles import Scope
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.calendars.days import Calendar, london
from portal.calendars.known import calendar_of
from portal.charging.kept import keep
from portal.errors import Finding, Invalid, NotAllowed
from portal.marac.believing import hand_on_belief
from portal.marac.listing import list_anew
from portal.referrals import access
from portal.referrals.engine.checks import CLOCKS_RECOMPUTED, RECORDED_IN_ERROR
from portal.referrals.engine.machine import replay
from portal.referrals.engine.moving import (
    ERROR_REASONS,
    EVENT,
    MOVE,
    check_days,
    check_error,
    check_move,
    check_recorded_late,
    dated,
)
from portal.referrals.engine.pathway import Hold, Kind, Part, Pathway
from portal.referrals.engine.standing import Event, Value
from portal.referrals.follow.following import follow
from portal.referrals.passing import (
    FOLLOWED,
    Read,
    ToTeam,
    asked_again,
    open_place,
    place_for,
    put_back,
    take_back,
    transfers,
)
from portal.referrals.recording import events_of, record, settle
from portal.referrals.routes import must_accuse_no_partners_own
from portal.referrals.tables import Recipient, Referral, ReferralEvent
from portal.referrals.telling.teams import tell_again
from portal.referrals.tracks import opened
from portal.referrals.verbs import RecipientId, pathway_of

WITHDRAW = "withdraw"
NOT_THERE = "It is not with this team now."


@dataclass(frozen=True)
class FieldGiven:
    """One field of a move or event."""

    name: Annotated[str, "Its name, as the pathway has it."]
    values: Annotated[list[str], "Its code or codes; or one date, number, or true or false."]


At = Annotated[datetime | None, "When it happened, if that is recorded late; now if left out."]
Given = Annotated[list[FieldGiven] | None, "What the pathway wants to be said with it, in codes."]


async def move_referral(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    recipient: RecipientId,
    expected_version: int,
    move: Annotated[str, "A move or event of the pathway, such as `accept`."],
    fields: Given = None,
    at: At = None,
) -> Recipient:
    """Make a move along the pathway, or say what else has happened."""
    row = await work.seen(Recipient, recipient, "recipient")
    referral = await work.seen(Referral, row.referral_id)
    parts = parts_of(work, referral, row)
    row = await work.hold(row, expected_version)
    if row.given_at is None or row.lost_at is not None:
        raise Invalid.field("recipient", NOT_THERE, "WRONG_STATE")
    pathway = pathway_of(referral)
    if move in pathway.moves and pathway.moves[move].consent is Part.NEW_RECEIVER:
        says = "Name the team that is to take it over: `transferReferral` makes this move."
        raise Invalid.field("move", says, "IMPOSSIBLE_MOVE")
    said = read_fields(pathway, fields or [])
    for track, name in await opened(work, referral, row, move, said):
        await step(work, referral, track, name, parts, fields or [], at)
    return row


async def transfer_referral(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    recipient: RecipientId,
    expected_version: int,
    team: ToTeam,
    fields: Given = None,
    disclosure_read: Read = False,
) -> Recipient:
    """Ask another team to take a case over. It agrees by taking it on; until then, and if it
    declines, the case stays where it is. Afterwards your team keeps the summary.
    """
    row = await work.seen(Recipient, recipient, "recipient")
    referral = await work.seen(Referral, row.referral_id)
    access.may_answer(work.caller, row)
    row = await work.hold(row, expected_version)
    if row.given_at is None or row.lost_at is not None:
        raise Invalid.field("recipient", NOT_THERE, "WRONG_STATE")
    move = transfers(pathway_of(referral))
    parts = [part for part in parts_of(work, referral, row) if part is not Part.SENDER]
    place = await place_for(work, referral, row, team, read=disclosure_read)
    await step(work, referral, row, move, parts, fields or [])
    await open_place(work, referral, row, place, parts[0])
    await hand_on_belief(work, row, place)
    return place


async def step(  # noqa: PLR0913, PLR0917 - what a step is made of
    work: Work,
    referral: Referral,
    recipient: Recipient,
    move: str,
    parts: Sequence[Part],
    given: Sequence[FieldGiven],
    at: datetime | None = None,
) -> Recipient:
    """Check a step as the pathway has it, record it, and let the recipient stand where it led."""
    pathway, calendar, events = await _case(work, referral, recipient)
    fields = read_fields(pathway, given)
    must_accuse_no_partners_own(pathway, fields)
    part = _acting_as(pathway, move, parts)
    if at is not None and at > work.now:
        raise Invalid.field("at", "This is still to come. Give the moment at which it happened.")
    if findings := check_days(pathway, fields, london(at or work.now).date()):
        raise Invalid(*findings)
    earlier = dated(pathway, fields, at or work.now)
    at = earlier[1] if earlier else at
    if at is not None and any(event.at > at for event in events):
        new = Event(id=uuid4(), name=move, at=at, part=part, fields=fields)
        findings = check_recorded_late(pathway, events, new, calendar)
    else:
        standing = replay(pathway, events, calendar)
        findings = check_move(standing, move, part, fields, at or work.now)
    if findings:
        raise Invalid(*(_on_its_day(earlier[0], one) if earlier else one for one in findings))
    recorded = await record(work, referral, recipient, move, part, fields, at)
    events = [*events, recorded]
    stands = replay(pathway, events, calendar)
    await settle(work, referral, recipient, stands, calendar)
    await keep(work, recipient, stands, events)
    if move == WITHDRAW:
        recipient.lost_at, recipient.is_open = work.now, False
    await follow(work, referral, recipient, recorded, stands)
    return recipient


def _on_its_day(field: str, fault: Finding) -> Finding:
    """What speaks against a step on the day that a field says, said of that field."""
    if fault.path not in {MOVE, EVENT}:
        return fault
    how = "Look at this day, and record with `at`, when it happened, what came before."
    return Finding(("fields", field), f"On this day: {fault.message} {how}", fault.code)


async def _case(
    work: Work, referral: Referral, recipient: Recipient
) -> tuple[Pathway, Calendar, list[Event]]:
    calendar = await calendar_of(work.db, referral.area_code, work.today)
    pathway = pathway_of(referral)
    return pathway, calendar, await events_of(work, pathway, recipient)


def read_fields(pathway: Pathway, given: Sequence[FieldGiven]) -> dict[str, Value]:
    """What was given, each as the kind of its field; what fits nothing is left for the checks."""
    return {each.name: _value(pathway, each) for each in given}


def _value(pathway: Pathway, given: FieldGiven) -> Value:
    known = pathway.fields.get(given.name)
    if known is not None and known.kind is Kind.CODES:
        return given.values
    [text] = given.values if len(given.values) == 1 else [""]
    if known is not None and known.kind is Kind.NUMBER and text.isdecimal() and text.isascii():
        return int(text[:9])
    if known is not None and known.kind is Kind.YES_NO and text in {"true", "false"}:
        return text == "true"
    return text


async def correct_referral(
    work: Work,
    event: Annotated[UUID, Ref("ReferralEvent"), "The event that was recorded in error."],
    reason: Annotated[str, f"Why: one of {', '.join(ERROR_REASONS)}."],
) -> Recipient:
    """Say that your own team recorded a move in error; state and clocks are worked out anew."""
    wrong = await work.seen(ReferralEvent, event, "event")
    referral = await work.seen(Referral, wrong.referral_id)
    access.may_correct(work.caller, wrong)
    row = await _where_it_happened(work, wrong)
    pathway, calendar, events = await _case(work, referral, row)
    part = Part(wrong.part)
    if part is Part.NEW_RECEIVER:
        raise Invalid.field("event", FOLLOWED, "WRONG_STATE")
    said: dict[str, Value] = {"reason": reason}
    mark = Event(
        id=uuid4(), name=RECORDED_IN_ERROR, at=wrong.at, part=part, fields=said, error_of=wrong.id
    )
    if findings := check_error(pathway, events, mark, calendar):
        raise Invalid(*findings)
    recorded = await record(
        work, referral, row, RECORDED_IN_ERROR, part, said, None, error_of=wrong.id
    )
    events = [*events, recorded]
    before, stands = row.hold, replay(pathway, events, calendar)
    if wrong.name == WITHDRAW:
        row.lost_at = None
    await settle(work, referral, row, stands, calendar)
    await keep(work, row, stands, events)
    await list_anew(work, referral, row, stands)
    again = [row] if wrong.name == WITHDRAW and stands.pending is None else []
    for place in [*again, *await asked_again(work, row, stands)]:
        await tell_again(work, place)
    if stands.pending is None:
        await take_back(work, row)
    await put_back(work, referral, row, before, stands, reason)
    return row


async def _where_it_happened(work: Work, wrong: ReferralEvent) -> Recipient:
    """The place of an event that can be marked; who lost it, and sees it for an emergency alone,
    marks nothing.
    """
    if wrong.recipient_id is None or wrong.name == CLOCKS_RECOMPUTED:
        raise Invalid.field("event", "This event changed no state.")
    row = await work.seen(Recipient, wrong.recipient_id)
    row = await work.hold(row, row.version)
    if row.lost_at is not None and wrong.name != WITHDRAW:
        raise Invalid.field("event", NOT_THERE, "WRONG_STATE")
    return row


async def ended_unbegun(work: Work, referral: Referral, place: Recipient) -> bool:
    """Whether a place came to its end before anybody there had begun."""
    pathway, calendar, events = await _case(work, referral, place)
    stands = replay(pathway, events, calendar)
    withdraw = pathway.moves.get(WITHDRAW)
    if withdraw is None or stands.hold is not Hold.ENDED:
        return False
    return all(span.state.final or span.state.name in withdraw.source for span in stands.spans)


def parts_of(work: Work, referral: Referral, recipient: Recipient) -> list[Part]:
    """As what the caller may act in this case."""
    parts = []
    if access.receives(work.caller, recipient):
        parts.append(Part.RECEIVER)
        if work.caller.can(Scope.MARAC_COORDINATE):
            parts.append(Part.COORDINATOR)
    if access.sends(work.caller, referral):
        parts.append(Part.SENDER)
    if not parts:
        raise NotAllowed(
            "Only those who work on cases at the agencies between which it goes can do this.",
            rule="referral.parties_move",
            granted_by="the agency that made the referral, or the one that it was sent to",
        )
    return parts


def _acting_as(pathway: Pathway, move: str, parts: Sequence[Part]) -> Part:
    """As what the caller makes this move: as whom it is for, if they are that."""
    saying = pathway.saying(move)
    return next((part for part in parts if saying and part in saying.by), parts[0])
