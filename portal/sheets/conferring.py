"""A MARAC list becomes referrals: each row by the steps that somebody would take one by one, with
all that they check, and all rows or none.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, func, select

from auth.roles import Scope
from auth.tables import Agency, Team
from portal.acting.act import BEGIN, audit_line
from portal.acting.work import Work
from portal.calendars.days import london
from portal.changes.tables import Outcome
from portal.context import Context
from portal.errors import Conflict, Finding, Invalid, NotAllowed, NotVisible, Refusal
from portal.referrals.assessing import assess_risk
from portal.referrals.codes import SubjectRole
from portal.referrals.detailing import describe_referral, name_subject, set_safe_contact, set_wishes
from portal.referrals.research_tables import MaracSeat
from portal.referrals.sending import audience_of, send_referral
from portal.referrals.steps import FieldGiven, move_referral
from portal.referrals.tables import LocalReference, Overall, Recipient, Referral
from portal.referrals.verbs import address_referral, recipients_of, start_referral
from portal.sheets.conferences import LIST, Case, CaseList, Fault

VERB, PATHWAY = "import_marac_list", "marac"
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('marac list ' || :of, 0))")
"""Of two imports for one agency the second waits, and finds what the first has made."""
_SENT = {
    "route": "route", "judgement": "judgement_reasons", "incidents": "incidents",
    "repeat_of": "repeat_of", "consent": "consent", "no_consent_because": "no_consent_reason",
    "aware": "aware", "not_aware_because": "not_aware_reason",
}  # fmt: skip
_LISTED = {"meeting_on": "meeting_on", "research_by": "research_by"}
"""Columns, and the fields of the move that says them."""
_COLUMNS = {
    "accused": "accused_works_for_a_partner", "employment": "accused_works_for_a_partner",
    "area": "area", "ownReference": "reference", "reasons": "reasons", "flags": "flags",
    "allowed": "safe_ways", "forbidden": "never_by", "awareness": "wishes", "basis": "basis",
    "reason": "against_wishes_because", "tool": "tool", "toolVersion": "tool_version",
    "score": "score", "assessedOn": "assessed_on",
    **{field: column for column, field in (_SENT | _LISTED).items()},
}  # fmt: skip
"""What the checks call a field, and its column."""
_RISK = ("tool", "tool_version", "score", "assessed_on")


@dataclass(frozen=True)
class Wanted:
    """Between which teams, and whether it was read that police may have to disclose it."""

    team: str | None = None
    marac: str | None = None
    disclosure_read: bool = False


@dataclass
class Imported:
    """What came of it, or would; `there` are rows that had been taken before, and as which case."""

    made: list[str] = field(default_factory=list)
    there: list[tuple[int, str]] = field(default_factory=list)
    sees: list[str] = field(default_factory=list)
    """Who has the cases, each team in a line."""
    faults: list[Fault] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)


class _Faulty(Exception):
    """Some rows cannot be taken: none is."""


async def import_list(
    context: Context, cases: CaseList, wanted: Wanted, told: Callable[[int], Any]
) -> Imported:
    """Take every case, as the caller whom the context opens, or none of them and say why. With a
    `Rehearsal` it is all done and taken back.
    """
    done = Imported(faults=list(cases.faults))
    async with context.acting() as db:
        await db.execute(BEGIN, {"verb": VERB})
        rule = None
        try:
            async with db.begin_nested():
                rule = await _all(db, context, cases.cases, wanted, done, told)
                _must_be_faultless(done)
        except _Faulty:
            rule = rule or "Invalid"
        outcome = Outcome.REFUSED if done.faults else Outcome.DONE
        db.add(audit_line(context, VERB, outcome, rule=rule if done.faults else None))
    return done


def _must_be_faultless(done: Imported) -> None:
    if done.faults:
        raise _Faulty


async def _all(  # noqa: PLR0913, PLR0917 - what an import is made of
    db: AsyncSession,
    context: Context,
    cases: Sequence[Case],
    wanted: Wanted,
    done: Imported,
    told: Callable[[int], Any],
) -> str | None:
    work = Work(db, context.caller, context.now, context.today, demonstration=context.demonstration)
    rule = None
    try:
        ours, marac = await _sender(work, wanted.team), await _marac(work, wanted.marac)
    except Invalid as refusal:
        done.faults += [Fault(0, "", finding.message) for finding in refusal.findings]
        return None
    faulty = {fault.row for fault in done.faults}
    await db.execute(_TURN, {"of": str(work.caller.agency_id)})
    known = await _known(work, marac)
    for case in cases:
        told(1)
        if case.row in faulty:
            continue
        if taken := _taken(known[case.given["reference"]], case.given):
            done.there.append((case.row, taken))
            continue
        try:
            async with db.begin_nested():
                done.made.append(await _take(work, case.given, ours, marac, wanted, done))
                await db.flush()
        except Refusal as refusal:
            rule = refusal.rule if isinstance(refusal, NotAllowed) else rule
            done.faults += _of(refusal, case.row)
    done.warnings |= {warned.message for warned in work.warnings}
    return rule


def _of(refusal: Refusal, row: int) -> list[Fault]:
    """In words of the checks, which hold codes, days and numbers alone."""
    if isinstance(refusal, Invalid):
        return [_of_finding(finding, row) for finding in refusal.findings]
    if isinstance(refusal, NotVisible | Conflict):
        return [Fault(row, "", "Somebody has changed this meanwhile. Run it again.")]
    return [Fault(0, "", str(refusal))]  # it is about who asks, and said once


def _of_finding(finding: Finding, row: int) -> Fault:
    if finding.code == "DISCLOSURE_UNREAD":  # of the list as a whole: said once
        return Fault(0, "", f"{finding.message} Add --disclosure-read.")
    return Fault(row, _header(finding.path), finding.message)


def _header(path: Sequence[str]) -> str:
    for name in reversed(path):
        if name in _COLUMNS:
            return LIST.at(_COLUMNS[name]).header
    return ""


async def _sender(work: Work, name: str | None) -> Team:
    """The caller's own team that refers: the one of that name, or the only one they are in."""
    own = select(Team).where(col(Team.agency_id) == work.caller.agency_id)
    teams = [team for team in (await work.db.execute(own)).scalars() if team.ended_on is None]
    if name is None:
        teams = [team for team in teams if team.id in work.caller.team_ids]
    else:
        teams = [team for team in teams if team.name.casefold() == name.strip().casefold()]
    if len(teams) != 1:
        raise Invalid.field("team", "Say which of your agency's teams refers: --team NAME.")
    return teams[0]


async def _marac(work: Work, name: str | None) -> Team:
    """The MARAC's team: the one of that name or agency, or the only one at which anybody sits."""
    seats = select(MaracSeat.marac_team_id)
    found = select(Team, Agency.name).join(Agency, col(Agency.id) == col(Team.agency_id))
    rows = (await work.db.execute(found.where(col(Team.id).in_(seats)))).all()
    wanted = (name or "").strip().casefold()
    teams = [
        team for team, of in rows if not wanted or wanted in {team.name.casefold(), of.casefold()}
    ]
    if len(teams) != 1:
        names = ", ".join(sorted(of for _, of in rows)) or "none that you see"
        raise Invalid.field("marac", f"Say which MARAC: --marac NAME. There are: {names}.")
    return teams[0]


@dataclass(frozen=True)
class Before:
    """A case that the agency has sent to this MARAC before."""

    reference: str
    sent_at: datetime


async def _known(work: Work, marac: Team) -> defaultdict[str, list[Before]]:
    """By the agency's own number, what it has sent to this MARAC and not taken back."""
    own = (
        select(LocalReference.value, Referral.reference, Referral.sent_at)
        .join(Referral, col(Referral.id) == col(LocalReference.referral_id))
        .join(Recipient, col(Recipient.referral_id) == col(Referral.id))
        .where(
            col(LocalReference.agency_id) == work.caller.agency_id,
            col(Referral.sender_agency_id) == work.caller.agency_id,
            col(Referral.pathway) == PATHWAY,
            col(Referral.overall).not_in([Overall.DRAFT, Overall.WITHDRAWN]),
            col(Recipient.team_id) == marac.id,
        )
    )
    known = defaultdict[str, list[Before]](list)
    for value, reference, sent_at in (await work.db.execute(own)).all():
        known[value].append(Before(reference, sent_at))
    return known


def _taken(before: Sequence[Before], given: dict[str, Any]) -> str | None:
    """As which case the row was taken. Her number stays the same when she is referred again: none
    of them is this one that was sent before she was assessed, or not after what it repeats.
    """
    assessed: date | None = given.get("assessed_on")
    repeats = [one.sent_at for one in before if one.reference == given.get("repeat_of")]
    found = (
        one.reference
        for one in before
        if not (assessed and london(one.sent_at).date() < assessed)
        and not any(one.sent_at <= earlier for earlier in repeats)
    )
    return next(found, None)


async def _take(  # noqa: PLR0913, PLR0917 - between whom, and what came of it
    work: Work, given: dict[str, Any], ours: Team, marac: Team, wanted: Wanted, done: Imported
) -> str:
    accused = given["accused_works_for_a_partner"]
    row = await start_referral(
        work, PATHWAY, ours.id, accused, area=given["area"], own_reference=given["reference"]
    )
    steps: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (address_referral, {"team": marac.id}),
        (describe_referral, {"reasons": given["reasons"], "flags": given.get("flags", [])}),
        (set_safe_contact, {"allowed": given["safe_ways"], "forbidden": given.get("never_by")}),
        (set_wishes, {
            "awareness": given["wishes"], "basis": given["basis"],
            "reason": given.get("against_wishes_because"),
        }),
        (name_subject, {"role": SubjectRole.VICTIM}),
        (name_subject, {"role": SubjectRole.ALLEGED_PERPETRATOR, "employment": accused}),
    ]  # fmt: skip
    if any(name in given for name in _RISK):
        _must_be_whole(given)
        steps.append((assess_risk, {name: given[name] for name in _RISK}))
    for verb, more in steps:
        await _fresh(work, row)
        await verb(work, row.id, row.version, **more)
    await _fresh(work, row)
    await _see(work, row, done)
    token = (await work.db.execute(select(func.audience_mark(row.id)))).scalar_one()
    await send_referral(
        work, row.id, row.version, token, fields=_fields(given, _SENT),
        disclosure_read=wanted.disclosure_read,
    )  # fmt: skip
    if "meeting_on" in given:
        await _list(work, row, given)
    return row.reference


def _must_be_whole(given: dict[str, Any]) -> None:
    lacking = [LIST.at(name).header for name in _RISK if name not in given]
    if lacking:
        says = f"An assessment needs {', '.join(lacking)} too, or none of its columns."
        raise Invalid.field("score", says, "REQUIRED")


async def _fresh(work: Work, row: Referral | Recipient) -> None:
    await work.db.flush()
    await work.db.refresh(row)


async def _see(work: Work, row: Referral, done: Imported) -> None:
    """Note who would have it, as its preview says."""
    for party in await audience_of(work, row):
        name = select(Agency.name, Team.name).join_from(
            Agency, Team, col(Team.agency_id) == col(Agency.id)
        )
        name = name.where(col(Team.id) == party.team_id)
        agency, team = (await work.db.execute(name)).one()
        line = f"{agency}, {team} ({party.part})"
        if line not in done.sees:
            done.sees.append(line)


def _fields(given: dict[str, Any], names: dict[str, str]) -> list[FieldGiven]:
    said = {field: given[column] for column, field in names.items() if column in given}
    return [
        FieldGiven(field, [str(one) for one in (value if isinstance(value, list) else [value])])
        for field, value in said.items()
    ]


async def _list(work: Work, row: Referral, given: dict[str, Any]) -> None:
    """Take it on for its meeting, where the MARAC is the caller's own."""
    [place] = await recipients_of(work, row)
    if not work.caller.can(Scope.MARAC_COORDINATE) or place.agency_id != work.caller.agency_id:
        says = "Only the MARAC's own coordinator puts a case on a list: leave this empty."
        raise Invalid.field("meeting_on", says)
    await _fresh(work, place)
    await move_referral(work, place.id, place.version, "accept", _fields(given, _LISTED))
