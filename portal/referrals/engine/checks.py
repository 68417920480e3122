"""Whether the pieces of a pathway fit: every name is known, every state is reached, every case can
end, every clock starts and stops.
"""

from collections.abc import Callable, Iterable, Mapping

from portal.agreements.categories import DataCategory
from portal.referrals.engine.pathway import (
    Clock,
    FieldOf,
    Hold,
    Kind,
    Lies,
    Move,
    Part,
    Pathway,
    Rung,
    Saying,
    Turn,
)
from portal.referrals.engine.toml_tables import NAME, unknown

RECORDED_IN_ERROR, CONSENT_GIVEN, CONSENT_REFUSED = (
    "recorded_in_error",
    "consent_given",
    "consent_refused",
)
CLOCKS_RECOMPUTED = "clocks_recomputed"
RESERVED = frozenset({RECORDED_IN_ERROR, CONSENT_GIVEN, CONSENT_REFUSED, CLOCKS_RECOMPUTED, "any"})
"""Names that every pathway has, and none gives to anything else."""

Note = Callable[[str, str], None]
"""Takes a key of the file, and what is wrong there with its remedy."""


def check(pathway: Pathway, note: Note) -> None:
    """Note everything that does not fit."""
    _names(pathway, note)
    _words(pathway, note)
    _about(pathway, note)
    for move in pathway.moves.values():
        _move(pathway, move, note)
    for event in pathway.events.values():
        _saying(pathway, f"events.{event.name}", event, note)
        _known(note, f"events.{event.name}.within", "state", event.within, pathway.states)
    for clock in pathway.clocks.values():
        _clock(pathway, clock, note)
    for one in pathway.fields.values():
        _field(pathway, one, note)
    _reference(pathway, note)
    _tracks(pathway, note)
    if pathway.begins in pathway.states:
        _graph(pathway, note)


def _about(pathway: Pathway, note: Note) -> None:
    """Who must be named must be among what is shared."""
    if pathway.about and DataCategory.IDENTITY_LINK not in pathway.shares:
        note("about", "needs `identity_link` in `shares`: those whom it names would see nobody.")


def _tracks(pathway: Pathway, note: Note) -> None:
    """Who is followed apart begins with a move that sends, and says how many there are."""
    if pathway.each is None:
        return
    _known(note, "each.keeps", "field", pathway.each.keeps, pathway.fields)
    count = pathway.fields.get(pathway.each.count)
    if count is None or count.kind is not Kind.NUMBER:
        note("each.count", "is no field of the kind number: name one that says how many there are.")
    elif not any(pathway.sends(name) and pathway.opens_tracks(name) for name in pathway.moves):
        note("each.count", "is needed by no move that sends: add it to the `needs` of one.")


def _known(
    note: Note, key: str, noun: str, said: Iterable[str], known: Mapping[str, object]
) -> None:
    for one in sorted(set(said) - known.keys()):
        note(key, unknown(one, noun, list(known)))


def _names(pathway: Pathway, note: Note) -> None:
    if not NAME.fullmatch(pathway.name):
        note("name", "must be in small letters, digits and _: it is how programs call it.")
    where: dict[str, str] = {}
    for kind in ("states", "moves", "events"):
        for name in getattr(pathway, kind):
            if name in RESERVED:
                note(f"{kind}.{name}", "is a name the portal uses itself: choose another.")
            if name in where:
                note(
                    f"{kind}.{name}",
                    f"is the name of one of the {where[name]} too: give one of them another name,"
                    " so that clocks can tell them apart.",
                )
            where[name] = kind


def _words(pathway: Pathway, note: Note) -> None:
    if pathway.begins not in pathway.states:
        note("begins", unknown(pathway.begins, "state", list(pathway.states)))
    for state in pathway.states.values():
        key = f"states.{state.name}"
        _turn(pathway, f"{key}.turn", state.turn, note)
        if state.final and state.hold is not Hold.ENDED:
            note(f"{key}.hold", 'must be "ended", because the state is final.')


def _turn(pathway: Pathway, key: str, turn: Turn | None, note: Note) -> None:
    if turn in {Turn.POLICE, Turn.CPS} and turn not in {*pathway.parts, *pathway.outside}:
        says = f'is "{turn}": say below [parts] which part that is, such as {turn} = "receiver"'
        note(key, f'{says}, or if they take no part, outside = ["{turn}"].')


def _saying(pathway: Pathway, key: str, saying: Saying, note: Note) -> None:
    _known(note, f"{key}.needs", "field", saying.needs, pathway.fields)
    _known(note, f"{key}.may", "field", saying.may, pathway.fields)
    if both := set(saying.needs) & set(saying.may):
        note(f"{key}.may", f"has what it needs already: take out {', '.join(sorted(both))}.")
    happenings = {**pathway.moves, **pathway.events}
    for list_ in ("after", "not_since", "unless"):
        _known(note, f"{key}.{list_}", "move or event", getattr(saying, list_), happenings)
    if saying.not_since and not saying.after:
        note(f"{key}.not_since", "says since what nothing may have happened: add `after`.")
    _codes_of(pathway, f"{key}.where", saying.where, note)
    late = [saying.when_late] if saying.when_late else []
    _known(note, f"{key}.when_late", "clock", late, pathway.clocks)
    _known(note, f"{key}.needs_when_late", "clock", saying.needs_when_late, pathway.clocks)
    for fields in saying.needs_when_late.values():
        _known(note, f"{key}.needs_when_late", "field", fields, pathway.fields)
        for one in set(fields) - set(saying.may):
            note(f"{key}.needs_when_late", f'add "{one}" to `may`: it is refused otherwise.')
    if Part.NEW_RECEIVER in saying.by:
        note(f"{key}.by", "a new receiver only consents: name who proposes it.")


def _move(pathway: Pathway, move: Move, note: Note) -> None:
    key = f"moves.{move.name}"
    _saying(pathway, key, move, note)
    _known(note, f"{key}.from", "state", move.source, pathway.states)
    _known(note, f"{key}.to", "state", [move.to], pathway.states)
    if move.to == pathway.begins:
        note(f"{key}.to", "leads back to the first state: what is sent cannot become unsent.")
    if move.consent in move.by:
        note(f"{key}.consent", "is of a part that can propose it itself: name the other side.")
    if pathway.begins in move.source and (move.consent or len(move.source) > 1):
        note(f"{key}.from", "sends the case: it needs nobody's consent, and begins nowhere else.")


def _clock(pathway: Pathway, clock: Clock, note: Note) -> None:
    key = f"clocks.{clock.name}"
    names = {**pathway.states, **pathway.moves, **pathway.events}
    for list_ in ("starts", "stops", "provisional"):
        said = getattr(clock, list_)
        _known(note, f"{key}.{list_}", "state, move or event", said, names)
    _known(note, f"{key}.pauses", "state", clock.pauses, pathway.states)
    _turn(pathway, f"{key}.holder", clock.holder, note)
    if (Rung.CONTACT in clock.escalates) != (clock.contact is not None):
        note(f"{key}.contact", 'name a role here exactly if `escalates` has "contact".')
    if clock.until:
        _timed(pathway, f"{key}.until", clock.until, Kind.DAY, clock, note)
    if clock.since:
        _timed(pathway, f"{key}.since", clock.since, Kind.MOMENT, clock, note)
    if bool(clock.by_field) != bool(clock.limits):
        note(f"{key}.by_field", "goes with [limits], a limit for each code: give both, or none.")
    if clock.by_field:
        _by_field(pathway, key, clock, note)


def _timed(  # noqa: PLR0913, PLR0917 - where the fault is, and what it is about
    pathway: Pathway, key: str, name: str, kind: Kind, clock: Clock, note: Note
) -> None:
    """Whether whatever starts the clock says that day or moment. A clock that counts from a moment
    does not start where it need not be said and is not.
    """
    one = pathway.fields.get(name)
    if one is None or one.kind is not kind:
        note(key, f'must be a field of the kind "{kind}".')
    for start in sorted(clock.starts | clock.provisional):
        saying = pathway.saying(start)
        said = saying.fields if saying and kind is Kind.MOMENT else saying.needs if saying else ()
        if name not in said:
            note(key, f'"{start}" starts it and does not need "{name}": add it there.')


def _codes_of(pathway: Pathway, key: str, said: Mapping[str, tuple[str, ...]], note: Note) -> None:
    """Fields, each with codes of its own list."""
    for name, codes in said.items():
        one = pathway.fields.get(name)
        if one is None:
            note(key, unknown(name, "field", list(pathway.fields)))
        else:
            _known(note, key, "code", codes, pathway.codes.get(one.codes or "", {}))


def _by_field(pathway: Pathway, key: str, clock: Clock, note: Note) -> None:
    one = pathway.fields.get(clock.by_field or "")
    if one is None or one.kind is not Kind.CODE:
        note(f"{key}.by_field", 'must be a field of the kind "code".')
    else:
        codes = pathway.codes.get(one.codes or "", {})
        _known(note, f"{key}.limits", "code", clock.limits, codes)


def _field(pathway: Pathway, one: FieldOf, note: Note) -> None:
    key = f"fields.{one.name}"
    coded = one.kind in {Kind.CODE, Kind.CODES}
    if coded and one.codes is None:
        note(f"{key}.codes", "is missing: name the list below [codes] that it chooses from.")
    if not coded and one.codes is not None:
        note(f"{key}.codes", f'goes with the kind "code" or "codes", and this is a {one.kind}.')
    if one.codes is not None:
        _known(note, f"{key}.codes", "list of codes", [one.codes], pathway.codes)
    _codes_of(pathway, f"{key}.required_when", one.required_when, note)
    if one.lies and one.kind is not Kind.DAY:
        note(f"{key}.lies", f'goes with the kind "day", and this is a {one.kind}.')
    if one.dates and one.lies is not Lies.BEHIND:
        note(f"{key}.dates", 'goes with lies = "behind": no step happened on a day to come.')
    if one.accuses_partner:
        _codes_of(pathway, f"{key}.accuses_partner", {one.name: one.accuses_partner}, note)
    sayings = [*pathway.moves.values(), *pathway.events.values()]
    if not any(one.name in saying.fields for saying in sayings):
        note(key, "is asked by no move and no event: add it to one, or take it out.")


def _reference(pathway: Pathway, note: Note) -> None:
    """What differs by area and date, and lists that nothing uses."""
    used = {one.codes for one in pathway.fields.values()}
    for way in pathway.routes:
        _codes_of(pathway, "routes", {way.field: way.open}, note)
    for key, list_, said in (
        ("thresholds", "risk_tool", [one.tool for one in pathway.thresholds]),
        ("thresholds", "risk_grade", [one.grade for one in pathway.thresholds]),
        ("repeats", "repeat_trigger", [one.trigger for one in pathway.repeats]),
        ("repeats", "repeat_anchor", [one.anchor for one in pathway.repeats]),
    ):
        if said:
            used.add(list_)
            _known(note, key, f"code of {list_}", said, pathway.codes.get(list_, {}))
    for key, rows in (
        (
            "thresholds",
            [(one.tool, one.grade, one.area, one.valid_from) for one in pathway.thresholds],
        ),
        ("repeats", [(one.area, one.valid_from) for one in pathway.repeats]),
        ("routes", [(one.field, one.area, one.valid_from) for one in pathway.routes]),
        ("automatic", [(one.pathway, one.area, one.valid_from) for one in pathway.automatic]),
    ):
        if len(set(rows)) < len(rows):
            note(key, "says two things for the same area and day: take one of them out.")
    moves = [one.when for one in pathway.automatic]
    _known(note, "automatic.when", "move", moves, pathway.moves)
    for name in sorted(pathway.codes.keys() - used):
        note(f"codes.{name}", "is used by no field: name it in one, or take it out.")


def _graph(pathway: Pathway, note: Note) -> None:
    reached = _closure({pathway.begins}, pathway, forward=True)
    ended = {s.name for s in pathway.states.values() if s.hold is Hold.ENDED}
    ending = _closure(ended, pathway, forward=False)
    for state in pathway.states.values():
        key = f"states.{state.name}"
        out = [move for move in pathway.moves.values() if state.name in move.source]
        if state.name not in reached:
            note(key, "cannot be reached: let a move lead to it, or take it out.")
        if state.name not in ending:
            note(key, "never ends: let a move lead from it to a state that is ended.")
        if state.final and out:
            note(f"{key}.final", f'"{out[0].name}" leads out of it: it is not final, or leave it.')
        if not state.final and not out:
            note(f"{key}.final", "nothing leads out of it: write final = true, or add a move.")


def _closure(start: Iterable[str], pathway: Pathway, *, forward: bool) -> set[str]:
    found = set(start)
    while True:
        more = set()
        for move in pathway.moves.values():
            if forward and move.source & found:
                more.add(move.to)
            if not forward and move.to in found:
                more |= move.source
        if more <= found:
            return found
        found |= more
