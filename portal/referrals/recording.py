"""What happened with a recipient is read, written, and made what its row and clocks say."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, literal
from sqlalchemy import column as column_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import col, func, select

from portal.acting.work import Work
from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.errors import NotAllowed
from portal.referrals.engine.checks import CLOCKS_RECOMPUTED
from portal.referrals.engine.pathway import Hold, Kind, Part, Pathway
from portal.referrals.engine.standing import Event, Standing, Value
from portal.referrals.tables import EventCodes, Recipient, Referral, ReferralEvent, RunningClock
from portal.referrals.telling.escalating import keep, lies_with
from portal.referrals.tracks import days_until
from portal.referrals.verbs import pathway_of

Fields = Mapping[str, Value]


async def events_of(work: Work, pathway: Pathway, recipient: Recipient) -> list[Event]:
    """What has happened with a recipient, as it was recorded, with the fields that steer the case:
    those that the caller may not see, too, or the case would stand elsewhere for them. That clocks
    were reckoned anew happened to nobody.
    """
    found = select(ReferralEvent).where(
        col(ReferralEvent.recipient_id) == recipient.id,
        col(ReferralEvent.name) != CLOCKS_RECOMPUTED,
    )
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
            urn=_urn_of(pathway, codes),
        )
        work.db.add(said)
    return Event(id=row.id, name=name, at=row.at, part=part, fields=fields, error_of=error_of)


def _urn_of(pathway: Pathway, codes: Fields) -> str | None:
    kinds = {name: pathway.fields[name].kind for name in codes if name in pathway.fields}
    return next((str(codes[name]) for name, kind in kinds.items() if kind is Kind.URN), None)


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
