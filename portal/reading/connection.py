"""One page of a list: filters, keyset, order, and the parts of a Relay connection that were asked for."""

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)
from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from portal.reading import declare
from portal.reading.cursors import cursor_sql, read_cursor
from portal.reading.wires import wire_of

if TYPE_CHECKING:
    from portal.reading.compose import Composer

EMPTY = literal_column("'[]'::json")


class Page:
    """Composes one connection field; `row` is the parent row, or None at the root."""

    def __init__(
        self,
        composer: "Composer",
        field: GraphQLField,
        details: list[Any],
        read: declare.Many,
        row: FromClause | None,
    ) -> None:
        self.composer = composer
        self.details = details
        self.read = read
        self.parent = row
        self.kind = get_named_type(field.type)
        assert isinstance(self.kind, GraphQLObjectType)
        node_type = get_named_type(self.kind.fields["nodes"].type)
        assert isinstance(node_type, GraphQLObjectType)
        self.node_type = node_type
        self.source = declare.SOURCES[node_type.name]
        self.site = composer.binds.site(field, details[0].node)
        self.arguments = composer.binds.arguments(self.site, composer.variables)
        self.filter_type = (
            get_named_type(field.args["filter"].type) if "filter" in field.args else None
        )
        self.order_name = _enum(self.arguments["orderBy"])
        self.order = read.listing.by[self.arguments["orderBy"]]
        self.first: int = self.arguments["first"]

    def json(self) -> ColumnElement[Any]:
        """The connection's JSON."""
        page = self._page().subquery()
        parts = []
        for key, details in self.composer.below(self.kind, self.details).items():  # type: ignore[arg-type]  # asserted
            parts.append((key, self._part(details, page)))
        # HAVING makes it an aggregate whatever was asked: one answer, on an empty page too.
        return select(self._object(parts)).select_from(page).having(true()).scalar_subquery()

    def _page(self) -> Select[Any]:
        """One row more than asked for, numbered: whether it came is `hasNextPage`."""
        table = self.source.table.alias()
        order = self._order(table)
        sorted_by = [c.desc() if self.order.descending else c.asc() for c in order]
        chosen = select(
            table,
            func.row_number().over(order_by=sorted_by).label("position_"),
            func.lead(literal_column("true")).over(order_by=sorted_by).label("more_"),
            cursor_sql(self.order_name, order).label("cursor_"),
        )
        chosen = chosen.where(*self._conditions(table), *self._after(order)).order_by(*sorted_by)
        return self._tied(chosen.limit(literal_column(str(self.first + 1))))  # type: ignore[arg-type]  # a literal int

    def _order(self, table: FromClause) -> list[ColumnElement[Any]]:
        return [*self.order.columns(table.c), table.c[self.source.key]]

    def _tied(self, chosen: Select[Any]) -> Select[Any]:
        return chosen if self.parent is None else chosen.correlate(self.parent)

    def _conditions(self, table: FromClause) -> list[ColumnElement[bool]]:
        conditions = []
        ask = self.composer.ask
        if self.read.joins is not None:
            conditions.append(
                self.read.joins(self.parent.c if self.parent is not None else None, table.c, ask)
            )
        for name in self.arguments.get("filter") or {}:
            if self.arguments["filter"][name] is not None:
                conditions.append(self._filter(name, table))
        return conditions

    def _filter(self, name: str, table: FromClause) -> ColumnElement[bool]:
        assert isinstance(self.filter_type, GraphQLInputObjectType)
        field = next(f for key, f in self.filter_type.fields.items() if (f.out_name or key) == name)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        wire = wire_of(get_named_type(field.type), many=isinstance(inner, GraphQLList))
        value = self.composer.binds.take(
            self.site, wire.bound, lambda a: wire.argument(a["filter"][name])
        )
        condition: ColumnElement[bool] = declare.declared(field)["where"](
            table.c, value, self.composer.ask
        )
        return condition

    def _after(self, order: list[ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """Keyset: strictly past the cursor's row. A bad cursor is refused when the values are bound."""
        if self.arguments.get("after") is None:
            return []
        types = [column.type for column in order]
        name = self.order_name
        bounds = [
            self.composer.binds.take(
                self.site, kind, lambda a, at=at: read_cursor(a["after"], name, types)[at]
            )
            for at, kind in enumerate(types)
        ]
        left, right = tuple_(*order), tuple_(*bounds)
        return [left < right if self.order.descending else left > right]

    def _part(self, details: list[Any], page: FromClause) -> ColumnElement[Any]:
        name = details[0].node.name.value
        if name == "__typename":
            return literal_column(f"'{self.kind.name}'::text")
        if name == "totalCount":
            return self._total()
        if name == "pageInfo":
            return self._page_info(details, page)
        if name == "nodes":
            return self._listed(self._node(details, page), page)
        edge_type = get_named_type(self.kind.fields["edges"].type)  # type: ignore[union-attr]  # asserted above
        assert isinstance(edge_type, GraphQLObjectType)
        edge = [
            (key, self._edge_part(below, page, edge_type))
            for key, below in self.composer.below(edge_type, details).items()
        ]
        return self._listed(self._object(edge), page)

    def _edge_part(
        self, details: list[Any], page: FromClause, edge_type: GraphQLObjectType
    ) -> ColumnElement[Any]:
        match details[0].node.name.value:
            case "cursor":
                return page.c.cursor_
            case "node":
                return self._node(details, page)
        return literal_column(f"'{edge_type.name}'::text")

    def _node(self, details: list[Any], page: FromClause) -> ColumnElement[Any]:
        return self.composer.object(
            self.node_type, self.composer.below(self.node_type, details), page
        )

    def _listed(self, item: ColumnElement[Any], page: FromClause) -> ColumnElement[Any]:
        ordered = aggregate_order_by(item, page.c.position_)
        return func.coalesce(
            func.json_agg(ordered).filter(page.c.position_ <= self._limit()), EMPTY
        )

    def _limit(self) -> ColumnElement[int]:
        return literal_column(str(self.first))

    def _page_info(self, details: list[Any], page: FromClause) -> ColumnElement[Any]:
        kind = get_named_type(self.kind.fields["pageInfo"].type)  # type: ignore[union-attr]  # asserted above
        assert isinstance(kind, GraphQLObjectType)
        limit = self._limit()
        known: dict[str, ColumnElement[Any]] = {
            "__typename": literal_column("'PageInfo'::text"),
            "hasNextPage": func.count() > limit,
            "hasPreviousPage": literal_column(
                "true" if self.arguments.get("after") is not None else "false"
            ),
            "startCursor": func.max(page.c.cursor_).filter(page.c.position_ == 1),
            "endCursor": func.max(page.c.cursor_).filter(
                (page.c.position_ == limit) | (page.c.more_.is_(None) & (page.c.position_ <= limit))
            ),
        }
        below = self.composer.below(kind, details)
        return self._object([(key, known[d[0].node.name.value]) for key, d in below.items()])

    def _total(self) -> ColumnElement[Any]:
        table = self.source.table.alias()
        counted = self._tied(
            select(func.count()).select_from(table).where(*self._conditions(table))
        )
        return counted.scalar_subquery()

    def _object(self, parts: list[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
        flat = [piece for key, part in parts for piece in (literal_column(f"'{key}'"), part)]
        return func.json_build_object(*flat)


def _enum(member: Any) -> str:  # noqa: ANN401 - an enum member of any listing
    return str(getattr(member, "value", member))
