"""A pathway from the tables of its file: the words, piece by piece. `checks.py` sees
whether the pieces fit.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from auth.roles import Role
from portal.agreements.categories import DataCategory, Purpose
from portal.calendars.limits import BadLimit, Limit, Unit, parse
from portal.referrals.codes import SubjectRole
from portal.referrals.engine.pathway import (
    Automatic,
    Clock,
    Each,
    EventKind,
    FieldOf,
    Hold,
    Kind,
    Lies,
    Move,
    OverallRule,
    Part,
    Pathway,
    RepeatRule,
    Routes,
    Rung,
    State,
    Threshold,
    Turn,
)
from portal.referrals.engine.toml_tables import NAME, Table, unknown

T = TypeVar("T")
ANY = "any"
"""In a list of states: each but the first and those that are final."""
EITHER = "either"
"""In a list of parts: sender and receiver."""


def read_pathway(top: Table) -> Pathway:
    """All of a file. Faults are noted in the table, and stand-ins take their place."""
    begins = top.text("begins")
    states = _each(top, "states", _state)
    parts = _parts(top.table("parts"))
    open_states = frozenset(s.name for s in states.values() if not s.final and s.name != begins)
    read = Pathway(
        name=top.text("name"),
        title=top.text("title"),
        version=top.number("version"),
        says=top.text("says"),
        purpose=top.choice("purpose", Purpose),
        terms=top.texts("terms", required=True),
        closes=top.text("closes"),
        begins=begins,
        overall=top.choice("overall", OverallRule, OverallRule.ONE_TAKES),
        shares=top.choices("shares", DataCategory),
        about=top.choices("about", SubjectRole),
        parts=parts,
        outside=top.choices("outside", Turn),
        states=states,
        moves=_each(top, "moves", lambda name, t: _move(name, t, parts, open_states)),
        events=_each(top, "events", lambda name, t: _event(name, t, parts, open_states)),
        clocks=_each(top, "clocks", _clock),
        fields=_each(top, "fields", _field),
        codes=_codes(top),
        thresholds=tuple(_threshold(row) for row in top.rows("thresholds")),
        repeats=tuple(_repeat(row) for row in top.rows("repeats")),
        routes=tuple(_routes(row) for row in top.rows("routes")),
        automatic=tuple(_automatic(row) for row in top.rows("automatic")),
        each=_each_of(top.table("each")) if top.has("each") else None,
    )
    top.no_more()
    return read


def _each(top: Table, key: str, read: Callable[[str, Table], T]) -> dict[str, T]:
    found = {}
    for name, table in top.tables(key).items():
        found[name] = read(name, table)
        table.no_more()
    return found


def _each_of(table: Table) -> Each:
    found = Each(table.choice("role", SubjectRole), table.text("count"), table.texts("keeps"))
    table.no_more()
    return found


def _codes(top: Table) -> dict[str, Mapping[str, str]]:
    lists: dict[str, Mapping[str, str]] = {}
    for name, table in top.tables("codes").items():
        lists[name] = {code: table.text(code) for code in table.raw}
        for code in table.raw:
            if not NAME.fullmatch(code):
                table.fault(code, "is no code: write it in small letters, digits and _.")
        if not lists[name]:
            table.fault("", "has no codes: write at least one, with its meaning.")
    return lists


def _parts(table: Table) -> dict[Turn, Part]:
    found = {}
    for key in table.raw:
        turn = table.one_of(key, key, Turn)
        part = table.choice(key, Part)
        if turn:
            found[turn] = part
    return found


def _title(name: str, table: Table) -> str:
    return table.text("title", name.replace("_", " ").capitalize())


def _state(name: str, table: Table) -> State:
    return State(
        name=name,
        title=_title(name, table),
        says=table.text("says"),
        turn=table.choice("turn", Turn),
        hold=table.choice("hold", Hold),
        final=table.flag("final"),
        victim=table.text_or_none("victim"),
        to_be_told=table.flag("to_be_told"),
        counts=table.texts("counts"),
    )


def _by(table: Table, parts: Mapping[Turn, Part]) -> frozenset[Part]:
    found: set[Part] = set()
    words = {turn.value: frozenset({part}) for turn, part in parts.items()}
    words |= {part.value: frozenset({part}) for part in Part}
    words[EITHER] = frozenset({Part.SENDER, Part.RECEIVER})
    for said in table.texts("by", required=True):
        if said not in words:
            table.fault("by", unknown(said, "part", list(words)))
        found |= words.get(said, frozenset())
    return frozenset(found)


def _spread(said: Iterable[str], open_states: frozenset[str], but: Iterable[str]) -> frozenset[str]:
    named = set(said)
    spread = named - {ANY} | (open_states if ANY in named else set())
    return frozenset(spread - set(but))


def _said(name: str, table: Table, parts: Mapping[Turn, Part]) -> dict[str, Any]:
    late, where = table.table("needs_when_late"), table.table("where")
    return {
        "name": name,
        "title": _title(name, table),
        "says": table.text("says"),
        "by": _by(table, parts),
        "needs": table.texts("needs"),
        "may": table.texts("may"),
        "after": table.texts("after"),
        "not_since": table.texts("not_since"),
        "unless": table.texts("unless"),
        "where": {name: where.texts(name, required=True) for name in where.raw},
        "when_late": table.text_or_none("when_late"),
        "needs_when_late": {clock: late.texts(clock) for clock in late.raw},
        "tells_victim": table.flag("tells_victim"),
        "all_done": table.flag("all_done"),
        "remedy": table.text_or_none("remedy"),
    }


def _move(name: str, table: Table, parts: Mapping[Turn, Part], open_states: frozenset[str]) -> Move:
    source = table.texts("from", required=True)
    return Move(
        **_said(name, table, parts),
        source=_spread(source, open_states, table.texts("except")),
        to=table.text("to"),
        consent=table.choice("consent", Part) if table.has("consent") else None,
    )


def _event(
    name: str, table: Table, parts: Mapping[Turn, Part], open_states: frozenset[str]
) -> EventKind:
    within = table.texts("within") or (ANY,)
    return EventKind(
        **_said(name, table, parts),
        within=_spread(within, open_states, table.texts("except")),
    )


def _limit(table: Table, key: str, default: Limit | None = None) -> Limit:
    said = table.text(key, str(default) if default else None)
    try:
        return parse(said)
    except BadLimit as problem:
        if said:
            table.fault(key, str(problem))
        return Limit(Unit.DAYS, 1)


def _clock(name: str, table: Table) -> Clock:
    until, other = table.text_or_none("until"), table.table("limits")
    return Clock(
        name=name,
        says=table.text("says"),
        limit=_limit(table, "limit", Limit(Unit.END_OF_DAY, 0) if until else None),
        starts=frozenset(table.texts("starts", required=True)),
        stops=frozenset(table.texts("stops", required=True)),
        provisional=frozenset(table.texts("provisional")),
        pauses=frozenset(table.texts("pauses")),
        swaps=table.flag("swaps"),
        holder=table.choice("holder", Turn) if table.has("holder") else None,
        restarts=table.flag("restarts"),
        until=until,
        since=table.text_or_none("since"),
        by_field=table.text_or_none("by_field"),
        limits={code: _limit(other, code) for code in other.raw},
        escalates=table.choices("escalates", Rung),
        every=_limit(table, "every", Limit(Unit.WORKING_DAYS, 1)),
        contact=table.choice("contact", Role) if table.has("contact") else None,
        unconfirmed=table.flag("unconfirmed"),
    )


def _field(name: str, table: Table) -> FieldOf:
    said = table.text("kind")
    kinds = {kind.value for kind in Kind}
    if said and said not in kinds:
        table.fault("kind", f"{unknown(said, 'kind', list(kinds))} {_NO_PROSE}")
    when = table.table("required_when")
    return FieldOf(
        name=name,
        says=table.text("says"),
        kind=Kind(said) if said in kinds else Kind.CODE,
        category=table.choice("category", DataCategory),
        codes=table.text_or_none("codes"),
        required_when={other: when.texts(other, required=True) for other in when.raw},
        lies=table.choice("lies", Lies) if table.has("lies") else None,
        dates=table.flag("dates"),
        accuses_partner=table.texts("accuses_partner"),
    )


_NO_PROSE = "Words about a person are kept nowhere: offer a list of codes instead."


def _threshold(row: Table) -> Threshold:
    found = Threshold(
        tool=row.text("tool"),
        grade=row.text("grade"),
        score=row.number("score"),
        valid_from=row.day("valid_from"),
        area=row.text_or_none("area"),
        unconfirmed=row.flag("unconfirmed"),
    )
    row.no_more()
    return found


def _repeat(row: Table) -> RepeatRule:
    found = RepeatRule(
        within=_limit(row, "within"),
        trigger=row.text("trigger"),
        anchor=row.text("anchor"),
        valid_from=row.day("valid_from"),
        area=row.text_or_none("area"),
        unconfirmed=row.flag("unconfirmed"),
    )
    row.no_more()
    return found


def _routes(row: Table) -> Routes:
    found = Routes(
        open=row.texts("open", required=True),
        valid_from=row.day("valid_from"),
        area=row.text_or_none("area"),
        incidents=row.number("incidents") if row.has("incidents") else 0,
        field=row.text("field", "route"),
        instead=row.text("instead") if row.has("instead") else "",
        unconfirmed=row.flag("unconfirmed"),
    )
    row.no_more()
    return found


def _automatic(row: Table) -> Automatic:
    found = Automatic(
        pathway=row.text("pathway"),
        when=row.text("when"),
        valid_from=row.day("valid_from"),
        area=row.text_or_none("area"),
        on=row.flag("on", default=True),
        unless_sender_offers=row.flag("unless_sender_offers", default=True),
        gives=row.pairs("gives"),
    )
    row.no_more()
    return found
