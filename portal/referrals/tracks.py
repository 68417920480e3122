"""Tracks: where a pathway follows each suspect apart, a team has a recipient row for each of them,
with states, events and clocks of its own.
"""

from collections.abc import Mapping
from datetime import date

from sqlmodel import col, func, select

from portal.acting.work import Work
from portal.calendars.days import london
from portal.errors import Invalid
from portal.referrals.codes import SubjectRole
from portal.referrals.details import Subject
from portal.referrals.engine.pathway import Turn
from portal.referrals.engine.standing import Standing, Value
from portal.referrals.tables import Recipient, Referral
from portal.referrals.verbs import pathway_of, recipients_of


async def opened(
    work: Work, referral: Referral, recipient: Recipient, move: str, said: Mapping[str, Value]
) -> list[tuple[Recipient, str]]:
    """With whom a step is made, and by which move: with every suspect, where it opens their
    tracks; else with the recipient alone.
    """
    pathway = pathway_of(referral)
    follows = move in pathway.moves and pathway.opens_tracks(move)
    if pathway.each is None or not follows or recipient.suspect is not None:
        return [(recipient, move)]
    known = await how_many(work, referral, pathway.each.role)
    must_agree(said.get(pathway.each.count), known, pathway.each.count)
    recipient.suspect = 1
    rest = [track_of(recipient, number) for number in range(2, known + 1)]
    work.db.add_all(rest)
    await work.db.flush()
    return [(recipient, move), *((track, pathway.opening) for track in rest)]


def must_agree(said: Value | None, known: int, field: str) -> None:
    """Refuse a count that is not that of the suspects who are named, as numbers, in the case."""
    if said is not None and (known == 0 or said != known):
        raise Invalid.field(
            f"fields.{field}",
            f"The case names {known} suspects. Add each with `nameSubject` before it is"
            " registered, or with `addSuspect` afterwards, and say how many there are.",
            "SUSPECT_COUNT",
        )


def track_of(other: Recipient, number: int) -> Recipient:
    """A further suspect's track, with the team and by the right of another."""
    return Recipient(
        referral_id=other.referral_id,
        agency_id=other.agency_id,
        team_id=other.team_id,
        suspect=number,
        rank=other.rank,
        agreement_id=other.agreement_id,
        gateway=other.gateway,
        given_at=other.given_at,
        disclosure_read_at=other.disclosure_read_at,
        is_open=True,
    )


async def how_many(work: Work, referral: Referral, role: SubjectRole) -> int:
    """How many of this role the case is about."""
    found = select(func.count()).where(
        col(Subject.referral_id) == referral.id, col(Subject.role) == role
    )
    return (await work.db.execute(found)).scalar_one()


async def must_not_be_followed(work: Work, referral: Referral, role: SubjectRole) -> None:
    """Whoever is followed apart is added with a track, once those of the others are open."""
    each = pathway_of(referral).each
    if each is None or role is not each.role:
        return
    if any(one.suspect is not None for one in await recipients_of(work, referral)):
        raise Invalid.field(
            "role", "The matter is registered: add a further suspect with `addSuspect`.", "SENT"
        )


def days_until(standing: Standing) -> tuple[date | None, dict[str, int]]:
    """Since which day it is in its state, and for how many days it lay with whom until then."""
    if not standing.spans:
        return None, {}
    since = standing.spans[-1].since
    held = {turn.value: days for turn, days in standing.days_held(since).items()}
    if standing.turn is not Turn.NONE:
        held.setdefault(standing.turn.value, 0)
    return london(since).date(), held
