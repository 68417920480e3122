"""Whether somebody may make a move, and what it has to say; refusals name what is possible."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from portal.calendars.days import Calendar, end_of
from portal.errors import Finding
from portal.referrals.engine.checks import CONSENT_GIVEN, CONSENT_REFUSED, RECORDED_IN_ERROR
from portal.referrals.engine.machine import ANSWERS, Impossible, advance, begin, in_order
from portal.referrals.engine.pathway import FieldOf, Kind, Lies, Move, Part, Pathway, Saying
from portal.referrals.engine.standing import Event, Standing, Value

ERROR_REASONS: Mapping[str, str] = {
    "wrong_case": "It belongs to another case.",
    "wrong_day": "It happened at another time.",
    "wrong_step": "Another step was meant.",
    "twice": "It was recorded twice.",
    "not_done": "It did not happen.",
}
"""Why something was recorded in error."""
URN = re.compile(r"[0-9]{2}[A-Z0-9]{2}[0-9]{7}")
REFERENCE = re.compile(r"RF-[A-Z0-9]{6}")
MOVE, EVENT = ("move",), ("event",)


def possible(standing: Standing, part: Part, at: datetime | None = None) -> tuple[str, ...]:
    """The moves and events that this part can make now, in the file's order."""
    pathway = standing.pathway
    sayings = (*pathway.moves.values(), *pathway.events.values())
    found = [one.name for one in sayings if part in one.by and standing.allows(one, at)]
    if part is _consenting(standing):
        found += [CONSENT_GIVEN, CONSENT_REFUSED]
    return tuple(found)


def check_move(
    standing: Standing,
    move: str,
    part: Part,
    fields: Mapping[str, Value],
    at: datetime | None = None,
) -> list[Finding]:
    """What speaks against it; nothing if it can be recorded.

    `move` is a move, an event, or the answer to a move that waits for consent. With `at` it is
    seen what is late by then, and that nothing is recorded for a later time already.
    """
    if move in ANSWERS:
        return _check_consent(standing, part, fields)
    saying = standing.pathway.saying(move)
    if saying is None:
        says = f'The pathway has no move or event "{move}".'
        return [Finding(MOVE, f"{says} {_instead(standing, part, at)}", "UNKNOWN_MOVE")]
    if fault := _check_saying(standing, saying, part, at):
        return [fault]
    if at is not None and standing.last_at is not None and at < standing.last_at:
        says = "Something later is recorded already. Say that this is recorded late."
        return [Finding(("at",), says, "OUT_OF_ORDER")]
    return check_fields(standing, saying, fields, at)


def check_fields(
    standing: Standing, saying: Saying, fields: Mapping[str, Value], at: datetime | None = None
) -> list[Finding]:
    """What is missing, unknown or of the wrong kind in what a move or event says."""
    known = standing.pathway.fields
    needed = [*saying.needs, *_by_other_fields(standing.pathway, saying, fields)]
    for clock, more in saying.needs_when_late.items():
        needed += more if at is not None and standing.late(clock, at) else ()
    missing = [name for name in dict.fromkeys(needed) if fields.get(name) in (None, "", [], ())]
    found = [
        Finding(("fields", name), f"Say this too: {_asked(standing.pathway, name)}", "REQUIRED")
        for name in missing
    ]
    for name, value in fields.items():
        if name not in saying.fields:
            has = ", ".join(saying.fields) or "no fields"
            says = f'"{saying.title}" has no such field. It has: {has}.'
            found.append(Finding(("fields", name), says, "UNKNOWN_FIELD"))
        elif name not in missing and not _fits(standing.pathway, known[name], value):
            found.append(Finding(("fields", name), _wrong(standing, known[name]), "NOT_A_CODE"))
    return found


def check_recorded_late(
    pathway: Pathway, events: Sequence[Event], event: Event, calendar: Calendar
) -> list[Finding]:
    """Whether an event could be recorded when it happened, and all that was recorded for later
    times could have happened after it.
    """
    standing = begin(pathway)
    for one in in_order(pathway, events):
        if one.at <= event.at:
            standing = advance(standing, one, calendar)
    found = check_move(standing, event.name, event.part, event.fields, event.at)
    return found or _history(pathway, [*events, event], calendar, "With it")


def check_days(pathway: Pathway, fields: Mapping[str, Value], on: date) -> list[Finding]:
    """Each day that does not lie where it must, seen from the day on which the step happens."""
    found = []
    for name, value in fields.items():
        known = pathway.fields.get(name)
        if known is None or known.lies is None or not _reads(Kind.DAY, value):
            continue
        day = date.fromisoformat(str(value))
        if known.lies is Lies.BEHIND and day > on:
            says = "This day is still to come. Give the day on which it was so."
            found.append(Finding(("fields", name), says, "FUTURE"))
        if known.lies is Lies.AHEAD and day < on:
            says = "This day has passed. Give one to come, or record it late, with `at`."
            found.append(Finding(("fields", name), says, "PAST"))
    return found


def dated(
    pathway: Pathway, fields: Mapping[str, Value], at: datetime
) -> tuple[str, datetime] | None:
    """The field that says on which earlier day a step happened, and the end of that day."""
    for name, value in fields.items():
        known = pathway.fields.get(name)
        if known is not None and known.dates and _reads(Kind.DAY, value):
            then = end_of(date.fromisoformat(str(value)))
            return (name, then) if then < at else None
    return None


def check_error(
    pathway: Pathway, events: Sequence[Event], mark: Event, calendar: Calendar
) -> list[Finding]:
    """Whether `mark` may be recorded: `recorded_in_error`, with the event that it is about in
    `error_of` and a code of `ERROR_REASONS` as its field `reason`. That it is the mover's own team
    that marks it, whoever knows teams has to see.
    """
    wrong = next((one for one in events if one.id == mark.error_of), None)
    if wrong is None or wrong.name == RECORDED_IN_ERROR:
        return [Finding(EVENT, "There is no such move or event in this case.", "INVALID")]
    if any(one.error_of == wrong.id for one in events):
        return [Finding(EVENT, "It is marked as recorded in error already.", "ENDED")]
    if wrong.part is not mark.part:
        says = f"Only the team that recorded it can mark it: that of the {_spoken(wrong.part)}."
        return [Finding(EVENT, says, "OTHER_PART")]
    if mark.fields.get("reason") not in ERROR_REASONS:
        says = f"Choose why it was recorded in error: {', '.join(ERROR_REASONS)}."
        return [Finding(("reason",), says, "NOT_A_CODE")]
    if wrong.name in pathway.moves and pathway.sends(wrong.name):
        says = "It has been sent, and others may have seen it: withdraw it instead."
        return [Finding(EVENT, says, "SENT")]
    return _history(pathway, [*events, mark], calendar, "Without it")


def _history(
    pathway: Pathway, events: Sequence[Event], calendar: Calendar, how: str
) -> list[Finding]:
    """Each later move that could not have been made, if this were the history."""
    standing, found = begin(pathway), []
    for event in in_order(pathway, events):
        try:
            standing = advance(standing, event, calendar)
        except Impossible as problem:
            saying = pathway.saying(event.name)
            title = saying.title if saying else event.name
            says = f'{how}, "{title}" of {event.at:%d.%m.%Y %H:%M} is impossible: {problem.why}.'
            remedy = " Mark that one as recorded in error first, if it is one."
            found.append(Finding(EVENT, says + remedy, "IMPOSSIBLE_MOVE"))
    return found


def _consenting(standing: Standing) -> Part | None:
    waits = standing.pending
    return standing.pathway.moves[waits.name].consent if waits else None


def _check_consent(standing: Standing, part: Part, fields: Mapping[str, Value]) -> list[Finding]:
    asked = _consenting(standing)
    if asked is None:
        return [Finding(MOVE, "Nothing waits for consent here.", "IMPOSSIBLE_MOVE")]
    if asked is not part:
        return [Finding(MOVE, f"This is for the {_spoken(asked)} to answer.", "OTHER_PART")]
    says = "An answer has no fields of its own."
    return [Finding(("fields", name), says, "UNKNOWN_FIELD") for name in fields]


def _check_saying(
    standing: Standing, saying: Saying, part: Part, at: datetime | None
) -> Finding | None:
    why = standing.obstacle(saying)
    late = saying.when_late
    if why is None and late and at is not None and not standing.late(late, at):
        why = f'it is possible only once "{standing.pathway.clocks[late].says}" is late'
    if why:
        remedy = f" {saying.remedy}" if saying.remedy else ""
        says = f'"{saying.title}" cannot be recorded: {why}.{remedy} {_instead(standing, part, at)}'
        return Finding(MOVE, says, "IMPOSSIBLE_MOVE")
    if part not in saying.by:
        by = " or ".join(_spoken(one) for one in Part if one in saying.by)
        says = f'"{saying.title}" is for the {by} to record. {_instead(standing, part, at)}'
        return Finding(MOVE, says, "OTHER_PART")
    if isinstance(saying, Move) and saying.consent and standing.pending:
        waits = standing.pathway.moves[standing.pending.name].title
        return Finding(MOVE, f'"{waits}" waits for consent already.', "ALREADY_ASKED")
    return None


def _instead(standing: Standing, part: Part, at: datetime | None) -> str:
    names = ", ".join(possible(standing, part, at)) or "nothing"
    return f'From "{standing.state.title}" the {_spoken(part)} can record: {names}.'


def _spoken(part: Part) -> str:
    return part.value.replace("_", " ")


def _by_other_fields(
    pathway: Pathway, saying: Saying, fields: Mapping[str, Value]
) -> tuple[str, ...]:
    return tuple(
        name
        for name in saying.fields
        for other, codes in pathway.fields[name].required_when.items()
        if fields.get(other) in codes
    )


def _asked(pathway: Pathway, name: str) -> str:
    one = pathway.fields[name]
    codes = ", ".join(_codes(pathway, one))
    return f"{one.says} Choose of: {codes}." if codes else one.says


def _codes(pathway: Pathway, one: FieldOf) -> Mapping[str, str]:
    return pathway.codes.get(one.codes or "", {})


def _wrong(standing: Standing, one: FieldOf) -> str:
    if one.kind not in {Kind.CODE, Kind.CODES}:
        return f"Write {_WANTED[one.kind]}."
    how = "one or more of these codes" if one.kind is Kind.CODES else "one of these codes"
    codes = ", ".join(_codes(standing.pathway, one))
    return f"Write {how}, and no words of your own: {codes}."


_WANTED: Mapping[Kind, str] = {
    Kind.DAY: "a date like 2026-11-16",
    Kind.MOMENT: "a date and time with its zone, like 2026-11-16T10:00:00Z",
    Kind.NUMBER: "a whole number, not below nought",
    Kind.YES_NO: "true or false",
    Kind.URN: "the eleven characters of a URN, such as 05A10012326",
    Kind.RECORD: "the id of a record of the portal",
    Kind.REFERENCE: "the portal's reference of a case, such as RF-7K2P9W",
}


def _fits(pathway: Pathway, one: FieldOf, value: object) -> bool:
    if one.kind is Kind.CODE:
        return isinstance(value, str) and value in _codes(pathway, one)
    if one.kind is Kind.CODES:
        listed = list(value) if isinstance(value, list | tuple) else []
        known = all(isinstance(one_, str) and one_ in _codes(pathway, one) for one_ in listed)
        return bool(listed) and known and len(set(listed)) == len(listed)
    if one.kind is Kind.NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if one.kind is Kind.YES_NO:
        return isinstance(value, bool)
    return _reads(one.kind, value)


def _reads(kind: Kind, value: object) -> bool:
    """Days, moments, numbers of cases and ids, as such or as the text that JSON has for them."""
    if kind in {Kind.URN, Kind.REFERENCE}:
        form = URN if kind is Kind.URN else REFERENCE
        return isinstance(value, str) and form.fullmatch(value) is not None
    try:
        if kind is Kind.DAY:
            is_day = isinstance(value, date) and not isinstance(value, datetime)
            return is_day or bool(isinstance(value, str) and date.fromisoformat(value))
        if kind is Kind.MOMENT:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return moment.tzinfo is not None
        return isinstance(value, UUID) or bool(UUID(str(value)))
    except ValueError:
        return False
