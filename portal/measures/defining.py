"""What people do with shared definitions: define what is counted, revise it, retire it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.caller import Caller
from portal.acting.checks import length_fault, one_line, refuse, title_fault
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.measures import access
from portal.measures.tables import Direction, Frequency, MeasureDefinition, MeasureKind
from portal.proposals.access import may_propose
from portal.proposals.holding import holds, must_hold
from portal.proposals.tables import ProposalState
from portal.proposals.verbs import Reason, confirm, day_fault, decline
from portal.reading.ids import to_global

DefinitionId = Annotated[UUID, Ref("MeasureDefinition")]
ValidFrom = Annotated[date, "Its first day, today or to come; today when absent."]
_KEY = re.compile(r"[a-z][a-z0-9-]{1,59}")
PER_LIMIT = 1_000_000


@dataclass(frozen=True)
class DefinitionWords:
    """What is counted, in which unit, and which way it should move."""

    name: Annotated[str, "What it is called, at most 120 characters."]
    unit: Annotated[str, "What one of it is: cases, allegations, people, per cent, days."]
    direction: Annotated[Direction, "Which way it should move."]
    kind: Annotated[MeasureKind, "Whether it counts what was done or what that changed."]
    frequency: Annotated[Frequency, "How often a figure is due."]
    meaning: Annotated[str | None, "What counts and what does not; plain text."] = None
    numerator_label: Annotated[str | None, "What the numerator counts."] = None
    denominator_label: Annotated[str | None, "Out of what; absent for a plain count."] = None
    per: Annotated[int | None, "For each how many: 100 for per cent, 1 for an average."] = None
    source: Annotated[str | None, "Where the figures come from."] = None


def check_definition(words: DefinitionWords) -> list[Finding]:
    """Every fault of a definition, as paths below `words`."""
    faults = [
        title_fault(words.name, 120, "name"),
        None if one_line(words.unit) else Finding(("unit",), "Say what is counted: the unit."),
        length_fault("unit", one_line(words.unit), 40),
        length_fault("meaning", words.meaning, 2000),
        length_fault("numeratorLabel", words.numerator_label, 120),
        length_fault("denominatorLabel", words.denominator_label, 120),
        length_fault("source", words.source, 200),
        _fraction_fault(words),
    ]
    return [Finding(("words", *f.path), f.message, f.code) for f in faults if f is not None]


def _fraction_fault(words: DefinitionWords) -> Finding | None:
    over, under = said(words.numerator_label), said(words.denominator_label)
    if under is None:
        if words.per is None:
            return None
        return Finding(("per",), "Name the denominator too, or leave this out for a plain count.")
    if over is None:
        return Finding(("numeratorLabel",), "Say what the numerator counts, too.")
    if words.per is None or not 0 < words.per <= PER_LIMIT:
        message = f"Say for each how many, 1 to {PER_LIMIT:,}: 100 makes it a percentage."
        return Finding(("per",), message)
    return None


def said(text: str | None) -> str | None:
    """The text on one line; an empty one is none."""
    return (one_line(text) or None) if text else None


def new_definition(
    words: DefinitionWords,
    key: str,
    by: Caller,
    valid_from: date,
    before: MeasureDefinition | None = None,
) -> MeasureDefinition:
    """The row of a definition without faults, proposed; `before` is the edition it follows."""
    return MeasureDefinition(
        valid_from=valid_from,
        key=key,
        edition=before.edition + 1 if before else 1,
        supersedes_id=before.id if before else None,
        name=one_line(words.name),
        meaning=(words.meaning or "").strip(),
        unit=one_line(words.unit),
        numerator_label=said(words.numerator_label),
        denominator_label=said(words.denominator_label),
        per=words.per,
        direction=words.direction,
        kind=words.kind,
        frequency=words.frequency,
        source=said(words.source),
        defined_by_agency_id=by.agency_id,
        proposed_by_id=by.principal_id,
    )


async def define_measure(
    work: Work,
    key: Annotated[str, "A short name for programs, such as `dvds-in-time`; kept by new editions."],
    words: Annotated[DefinitionWords, "What is counted."],
    valid_from: ValidFrom | None = None,
) -> MeasureDefinition:
    """Define what is counted, for every initiative of every agency to use, once another person has
    confirmed it.
    """
    access.may_define(work.caller)
    day = valid_from or work.today
    bad_key = None
    if not _KEY.fullmatch(key):
        message = "Use 2 to 60 small letters, digits and hyphens, beginning with a letter."
        bad_key = Finding(("key",), message)
    refuse(bad_key, *check_definition(words), day_fault(day, work.today))
    known = await work.db.scalar(
        select(MeasureDefinition).where(
            col(MeasureDefinition.key) == key,
            col(MeasureDefinition.edition) == 1,
            col(MeasureDefinition.state) != ProposalState.DECLINED,
        )
    )
    if known is not None:
        message = f"{key} is defined already, as “{known.name}”. Use it, or choose another key."
        raise Invalid.field("key", message, "KNOWN_KEY")
    definition = new_definition(words, key, work.caller, day)
    work.db.add(definition)
    return definition


async def revise_measure_definition(
    work: Work,
    id: DefinitionId,
    expected_version: int,
    words: Annotated[DefinitionWords, "All of what the new edition says."],
    valid_from: ValidFrom | None = None,
) -> MeasureDefinition:
    """Bring out a new edition, which another person confirms; initiatives go on counting by the
    edition they chose.
    """
    before = await work.seen(MeasureDefinition, id)
    access.may_keep(work.caller, before, await work.own_agencies())
    may_propose(work.caller)
    before = await work.hold(before, expected_version)
    must_hold(before, "id", before.name, work.today)
    newer = await newer_edition(work, before, waiting=True)
    if newer is not None:
        known = to_global("MeasureDefinition", newer.id)
        message = f"There is a newer edition: revise {known}."
        if not holds(newer, work.today):
            message = f"A newer edition has been brought out: {known}. Confirm or decline it first."
        raise Invalid.field("id", message, "NOT_NEWEST")
    day = valid_from or work.today
    refuse(*check_definition(words), day_fault(day, work.today))
    definition = new_definition(words, before.key, work.caller, day, before)
    work.db.add(definition)
    return definition


async def confirm_measure_definition(
    work: Work, id: DefinitionId, expected_version: int
) -> MeasureDefinition:
    """Confirm, as a second person, what is counted: from its first day on it can be used."""
    definition = await work.seen(MeasureDefinition, id)
    access.may_answer(work.caller)
    return await confirm(work, definition, expected_version)


async def decline_measure_definition(
    work: Work, id: DefinitionId, expected_version: int, reason: Reason
) -> MeasureDefinition:
    """Decline a proposed definition, or take back your own proposal."""
    definition = await work.seen(MeasureDefinition, id)
    access.may_answer(work.caller)
    return await decline(work, definition, expected_version, reason)


async def newer_edition(
    work: Work, definition: MeasureDefinition, *, waiting: bool = False
) -> MeasureDefinition | None:
    """The newest edition of a definition, when it is not this one; also one that waits to be
    confirmed or for its first day, if asked.
    """
    newer = (
        select(MeasureDefinition)
        .where(
            col(MeasureDefinition.key) == definition.key,
            col(MeasureDefinition.edition) > definition.edition,
            col(MeasureDefinition.state) != ProposalState.DECLINED,
        )
        .order_by(col(MeasureDefinition.edition).desc())
    )
    found = (await work.db.execute(newer)).scalars().all()
    return next((each for each in found if waiting or holds(each, work.today)), None)


async def retire_measure_definition(
    work: Work,
    id: DefinitionId,
    expected_version: int,
    on: Annotated[date | None, "Its last day; today when absent."] = None,
) -> MeasureDefinition:
    """Take a definition out of use; initiatives that count by it keep their figures."""
    definition = await work.seen(MeasureDefinition, id)
    access.may_keep(work.caller, definition, await work.own_agencies())
    if definition.state is not ProposalState.CONFIRMED:
        raise Invalid.field("id", f"It is {definition.state}: it was never in use.", "WRONG_STATE")
    definition = await work.hold(definition, expected_version)
    if definition.retired_on is not None:
        raise Invalid.field("id", "This definition is retired already.", "RETIRED")
    if on is not None and on > work.today:
        raise Invalid.field("on", "Retire it on the day, not ahead of it.", "FUTURE")
    definition.retired_on = on or work.today
    return definition
