"""How a change is shown: which record it is about, whether that is gone, and which changes are
settled.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    select,
)

from portal.changes.tables import ChangeKind
from portal.reading.declare import SOURCES, Ask, Columns, Source
from portal.store.rules import RECORDED

SETTLED = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
"""Every transaction before this one has ended. A later one may yet commit, and would then stand
before what has been read already: so its rows are held back, and those of all that began after it.
"""


def _nodes() -> dict[str, Source]:
    """The types whose changes are recorded under their own id."""
    return {name: source for name, source in SOURCES.items() if RECORDED in source.table.info}


def _own(row: Columns) -> ColumnElement[bool]:
    """Whether the changed row is shown as a record of its own, not as part of its initiative."""
    names = literal_column(f"'{{{','.join(sorted(_nodes()))}}}'", ARRAY(Text()))
    own: ColumnElement[bool] = row.object_type == func.any(names)
    return own


def shown_type(row: Columns, _: Ask) -> ColumnElement[str]:
    """The record's type."""
    return case(
        (_own(row), cast(row.object_type, Text)), else_=literal_column("'Initiative'", Text)
    )


def shown_id(row: Columns, _: Ask) -> ColumnElement[Any]:
    """The record's row."""
    return case((_own(row), row.object_id), else_=row.initiative_id)


def shown_kind(row: Columns, _: Ask) -> ColumnElement[str]:
    """What happened to the record; a part that comes or goes changes its initiative."""
    changed = literal_column(f"'{ChangeKind.UPDATED}'", Text)
    visibility = row.kind == literal_column(f"'{ChangeKind.VISIBILITY}'", Text)
    return case((_own(row) | visibility, cast(row.kind, Text)), else_=changed)


def node_id(row: Columns, ask: Ask) -> ColumnElement[str]:
    """The record's id in the API."""
    return func.concat(shown_type(row, ask), ":", cast(shown_id(row, ask), Text))


def gone(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Whether the caller does not see the record any more, for whatever reason."""
    name, row_id = shown_type(row, ask), shown_id(row, ask)
    seen = [
        (name == literal_column(f"'{kind}'", Text), ~exists(_same(source, row_id)))
        for kind, source in _nodes().items()
    ]
    return case(*seen, else_=false())


def _same(source: Source, row_id: ColumnElement[Any]) -> Any:  # noqa: ANN401 - a select of one literal
    table = source.table.alias("same")
    return select(literal_column("1")).select_from(table).where(table.c[source.key] == row_id)


def verb_name(row: Columns, _: Ask) -> ColumnElement[str]:
    """`share_initiative` as the contract writes it: `shareInitiative`."""
    words = func.replace(func.initcap(func.replace(row.verb, "_", " ")), " ", "")
    return func.lower(func.left(words, 1)).concat(func.substr(words, 2))
