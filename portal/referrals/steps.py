"""What happens with a referral, along its pathway: moves and events, each recorded and none ever
altered. Where it stands is replayed from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import Text, Uuid, literal
from sqlalchemy import column as column_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import col, func, select

from auth.roles import Scope
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.calendars.known import calendar_of
from portal.errors import Invalid, NotAllowed
from portal.referrals import access
from portal.referrals.escalating import keep, lies_with
from portal.referrals.machine import replay
from portal.referrals.moving import ERROR_REASONS, check_error, check_move, check_recorded_late
from portal.referrals.pathway import Hold, Kind, Part, Pathway
from portal.referrals.pathway_checks import RECORDED_IN_ERROR
from portal.referrals.standing import Event, Standing, Value
from portal.referrals.tables import EventCodes, Recipient, Referral, ReferralEvent, RunningClock
from portal.referrals.tracks import days_until, opened
from portal.referrals.verbs import RecipientId, pathway_of

WITHDRAW = "withdraw"
Fields = Mapping[str, Value]


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
        raise Invalid.field("recipient", "It is not with this team now.", "WRONG_STATE")
    said = read_fields(pathway_of(referral), fields or [])
    for track, name in await opened(work, referral, row, move, said):
        await step(work, referral, track, name, parts, fields or [], at)
    return row


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
    part = _acting_as(pathway, move, parts)
    late = at is not None and any(event.at > at for event in events)
    if at is not None and at > work.now:
        raise Invalid.field("at", "This is still to come. Give the moment at which it happened.")
    if late and at is not None:
        new = Event(id=uuid4(), name=move, at=at, part=part, fields=fields)
        findings = check_recorded_late(pathway, events, new, calendar)
    else:
        standing = replay(pathway, events, calendar)
        findings = check_move(standing, move, part, fields, at or work.now)
    if findings:
        raise Invalid(*findings)
    recorded = await record(work, referral, recipient, move, part, fields, at)
    await settle(
        work, referral, recipient, replay(pathway, [*events, recorded], calendar), calendar
    )
    if move == WITHDRAW:
        recipient.lost_at, recipient.is_open = work.now, False
    return recipient


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
    if wrong.recipient_id is None:
        raise Invalid.field("event", "This event changed no state.")
    row = await work.seen(Recipient, wrong.recipient_id)
    row = await work.hold(row, row.version)
    pathway, calendar, events = await _case(work, referral, row)
    part = Part(wrong.part)
    said: dict[str, Value] = {"reason": reason}
    mark = Event(
        id=uuid4(), name=RECORDED_IN_ERROR, at=wrong.at, part=part, fields=said, error_of=wrong.id
    )
    if findings := check_error(pathway, events, mark, calendar):
        raise Invalid(*findings)
    recorded = await record(
        work, referral, row, RECORDED_IN_ERROR, part, said, None, error_of=wrong.id
    )
    await settle(work, referral, row, replay(pathway, [*events, recorded], calendar), calendar)
    return row


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


async def events_of(work: Work, pathway: Pathway, recipient: Recipient) -> list[Event]:
    """What has happened with a recipient, as it was recorded, with the fields that steer the case:
    those that the caller may not see, too, or the case would stand elsewhere for them.
    """
    found = select(ReferralEvent).where(col(ReferralEvent.recipient_id) == recipient.id)
    found = found.order_by(col(ReferralEvent.recorded_at), col(ReferralEvent.position))
    rows = list((await work.db.execute(found)).scalars())
    said: dict[UUID, dict[str, Value]] = {row.id: {} for row in rows}
    steers = literal(sorted(pathway.steers), ARRAY(Text))
    facts = func.steering_codes(recipient.id, steers).table_valued(
        column_("event_id", Uuid), column_("codes", JSONB)
    )
    for event, codes in (await work.db.execute(select(facts.c.event_id, facts.c.codes))).all():
        said[event] |= codes
    return [
        Event(
            id=row.id,
            name=row.name,
            at=row.at,
            part=Part(row.part),
            fields=said[row.id],
            error_of=row.error_of_id,
        )
        for row in rows
    ]


async def record(  # noqa: PLR0913, PLR0917 - what an event is made of
    work: Work,
    referral: Referral,
    recipient: Recipient,
    name: str,
    part: Part,
    fields: Fields,
    at: datetime | None,
    error_of: UUID | None = None,
) -> Event:
    """Write an event, and its fields each under its data category."""
    pathway = pathway_of(referral)
    saying = pathway.moves.get(name)
    recipient.events += 1
    row = ReferralEvent(
        referral_id=referral.id,
        recipient_id=recipient.id,
        position=recipient.events,
        name=name,
        part=part,
        to_state=saying.to if saying else None,
        at=at or work.now,
        recorded_at=work.now,
        by_id=work.caller.principal_id,
        by_agency_id=work.caller.agency_id,
        error_of_id=error_of,
    )
    work.db.add(row)
    await work.db.flush()
    by_category: dict[str, dict[str, Value]] = {}
    for field, value in fields.items():
        known = pathway.fields.get(field)
        by_category.setdefault(known.category if known else "reasons", {})[field] = value
    for category, codes in by_category.items():
        await must_cover(work, referral, category)
        said = EventCodes(
            referral_id=referral.id,
            event_id=row.id,
            category=DataCategory(category),
            codes=codes,
        )
        work.db.add(said)
    return Event(id=row.id, name=name, at=row.at, part=part, fields=fields, error_of=error_of)


async def must_cover(work: Work, referral: Referral, category: str) -> None:
    """Nothing is written that the writer's agreement does not cover, as when it runs off."""
    opens = col(Referral.full_acl).bool_op("&&")(func.caller_keys(category))
    covered = select(opens).where(col(Referral.id) == referral.id)
    if not (await work.db.execute(covered)).scalar_one_or_none():
        raise NotAllowed(
            f"The agreement under which your agency has this case does not cover {category} now.",
            rule="referral.category_covered",
            granted_by="the parties of the agreement",
        )


async def settle(
    work: Work, referral: Referral, recipient: Recipient, standing: Standing, calendar: Calendar
) -> None:
    """Let the recipient's row and its clocks say what the events say."""
    recipient.state = standing.state.name
    recipient.turn = standing.turn
    recipient.hold = standing.hold
    recipient.is_open = standing.hold is not Hold.ENDED and recipient.lost_at is None
    recipient.due_at = standing.due_at
    recipient.state_on, recipient.held = days_until(standing)
    found = select(RunningClock).where(col(RunningClock.recipient_id) == recipient.id)
    rows = {(row.name, row.started_at): row for row in (await work.db.execute(found)).scalars()}
    for one in standing.clocks:
        row = rows.pop((one.clock.name, one.started_at), None)
        if row is None:
            row = RunningClock(
                referral_id=recipient.referral_id,
                recipient_id=recipient.id,
                name=one.clock.name,
                started_at=one.started_at,
                holder=one.holder,
            )
            work.db.add(row)
        team = lies_with(standing.pathway, one.holder, referral.sender_team_id, recipient.team_id)
        keep(row, one, calendar, team)
    for gone in rows.values():  # it was started by what was recorded in error
        await work.db.delete(gone)
