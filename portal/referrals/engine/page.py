"""A pathway as a page of plain text: what it is for, states, moves, events, clocks and terms."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from portal.referrals.engine.pathway import (
    Automatic,
    Clock,
    EventKind,
    Hold,
    Move,
    Part,
    Pathway,
    RepeatRule,
    Routes,
    Saying,
    State,
    Threshold,
    Turn,
)

WIDTH = 110
_LAST = 24
"""What the last column has at least, where the others leave too little."""


def page(pathway: Pathway) -> str:
    """For whoever wrote the file, or wants to know what it says."""
    return "\n".join(_lines(pathway))


def _lines(pathway: Pathway) -> Iterator[str]:
    yield f"{pathway.title} ({pathway.name}, version {pathway.version})"
    yield from wrap(pathway.says, WIDTH)
    yield from wrap(pathway.closes, WIDTH)
    data = ", ".join(sorted(pathway.categories))
    yield from wrap(f"Purpose: {pathway.purpose}. Data: {data}.", WIDTH)
    if pathway.about:
        named = " and ".join(f"the {role.value.replace('_', ' ')}" for role in pathway.about)
        yield f"Sent once it names {named}, as a number."
    if pathway.each:
        yield f"Each {pathway.each.role.value.replace('_', ' ')} is followed apart."
    yield from _table("States", map(_state, pathway.states.values()))
    yield from _table("Moves", (_move(pathway, one) for one in pathway.moves.values()))
    yield from _table("Events", (_event(pathway, one) for one in pathway.events.values()))
    yield from _table("Clocks", map(_clock, pathway.clocks.values()))
    yield from _table("Differs by area and date", _local(pathway))
    yield from ("", "Terms")
    for term in pathway.terms:
        yield from wrap(term, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _table(title: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    yield from ("", title)
    widths = [max(map(len, column)) for column in list(zip(*listed, strict=True))[:-1]]
    for row in listed:
        before = "  " + "".join(f"{one:<{w + 2}}" for one, w in zip(row[:-1], widths, strict=True))
        room = max(WIDTH - len(before), _LAST)
        first, *rest = wrap(row[-1], room) or [""]
        yield (before + first).rstrip()
        yield from (" " * len(before) + line for line in rest)


def _state(state: State) -> tuple[str, ...]:
    turn = "nobody's turn" if state.turn is Turn.NONE else f"{state.turn}'s turn"
    hold = "final" if state.final else {Hold.ENDED: "ended", Hold.TAKEN: "taken on"}.get(state.hold)
    return state.name, turn, hold or "asked", state.says


def _by(saying: Saying) -> str:
    return ", ".join(part.value for part in Part if part in saying.by)


def _within(pathway: Pathway, states: frozenset[str]) -> str:
    any_ = {one.name for one in pathway.states.values() if not one.final} - {pathway.begins}
    if len(states) > 3 and any_ <= states:
        return ", ".join(["any", *sorted(states - any_)])
    return ", ".join(name for name in pathway.states if name in states)


def _move(pathway: Pathway, move: Move) -> tuple[str, ...]:
    waits = f"; {move.consent.replace('_', ' ')} consents" if move.consent else ""
    way = f"{_within(pathway, move.source)} > {move.to}"
    return move.name, _by(move) + waits, f"{way}{_and(_more(move))}"


def _event(pathway: Pathway, event: EventKind) -> tuple[str, ...]:
    return event.name, _by(event), f"{_within(pathway, event.within)}{_and(_more(event))}"


def _and(more: str) -> str:
    return f"; {more}" if more else ""


def _more(saying: Saying) -> str:
    said = [
        ("needs", saying.needs),
        ("may have", saying.may),
        ("after", saying.after),
        ("not since", saying.not_since),
        ("unless", saying.unless),
        ("where", [f"{name} is {' or '.join(codes)}" for name, codes in saying.where.items()]),
        ("once late:", (saying.when_late,) if saying.when_late else ()),
        ("once", ("every action is done or given up",) if saying.all_done else ()),
    ]
    return "; ".join(f"{word} {', '.join(names)}" for word, names in said if names)


def _clock(clock: Clock) -> tuple[str, ...]:
    limit = f"by {clock.until}" if clock.until else str(clock.limit)
    others = "".join(f"; {code}: {one}" for code, one in clock.limits.items())
    said = [
        ("from", clock.starts),
        ("provisionally from", clock.provisional),
        ("counted from", [clock.since] if clock.since else []),
        ("until", clock.stops),
        ("stands still in", clock.pauses),
    ]
    how = "; ".join(f"{word} {', '.join(sorted(names))}" for word, names in said if names)
    told = ", ".join(_rung(clock, rung) for rung in clock.escalates)
    return (
        clock.name,
        f"{limit}{others}{_doubt(clock.unconfirmed)}",
        how + _and(f"tells {told}" if told else ""),
    )


def _local(pathway: Pathway) -> Iterator[tuple[str, ...]]:
    """What the file says; what two people have laid down since comes before it."""
    for one in pathway.thresholds:
        yield *_where(one), f"{one.tool} is {one.grade} from {one.score}{_doubt(one.unconfirmed)}"
    for row in pathway.routes:
        marks = f"; {row.incidents} incidents at least" if row.incidents else ""
        said = f"{row.field}: {', '.join(row.open)}{marks}{_doubt(row.unconfirmed)}"
        yield *_where(row), said
    for rule in pathway.repeats:
        said = f"a repeat is {rule.trigger} within {rule.within} of {rule.anchor}"
        yield *_where(rule), said + _doubt(rule.unconfirmed)
    for other in pathway.automatic:
        said = f"{other.when} brings {other.pathway} with it"
        yield *_where(other), said if other.on else f"{other.when} brings no {other.pathway}"


def _where(row: Threshold | Routes | RepeatRule | Automatic) -> tuple[str, str]:
    return row.area or "elsewhere", f"from {row.valid_from}"


def _doubt(unconfirmed: bool) -> str:
    return " (unconfirmed)" if unconfirmed else ""


def _rung(clock: Clock, rung: str) -> str:
    return str(clock.contact) if rung == "contact" else rung
