"""One page of a list: filters, keyset, order, and the parts of a connection that were asked for."""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from portal.reading import declare
from portal.reading.cursors import cursor_sql, read_cursor
from portal.reading.jsonsql import Json, json_array, json_object, type_name
from portal.reading.rows import PAGED, Columns, columns_of
from portal.reading.wires import wire_of

if TYPE_CHECKING:
    from portal.reading.compose import Composer, Details, Place

Sql = ColumnElement[Any]


class Page:
    """Composes one connection field."""

    def __init__(self, composer: "Composer", place: "Place", read: declare.Many) -> None:
        from portal.reading.compose import object_type  # noqa: PLC0415 - it needs this module first

        self.composer = composer
        self.place = place
        self.read = read
        self.kind = place.object
        self.node_type = object_type(get_named_type(self.kind.fields["nodes"].type))
        self.edge_type = object_type(get_named_type(self.kind.fields["edges"].type))
        self.info_type = object_type(get_named_type(self.kind.fields["pageInfo"].type))
        self.source = declare.SOURCES[self.node_type.name]
        self.site = composer.binds.site(place.field, place.node)
        self.arguments = composer.binds.arguments(self.site, composer.variables)
        chosen = self.arguments["orderBy"]
        self.order_name = str(getattr(chosen, "value", chosen))
        self.order = read.listing.by[chosen]
        self.first: int = self.arguments["first"]
        if not 1 <= self.first <= declare.MOST:
            message = f"`first` is {self.first}: ask for 1 to {declare.MOST} rows at a time."
            raise composer.binds.refused(self.site, message)
        self.limit: ColumnElement[int] = literal_column(str(int(self.first)))

    def json(self) -> Sql:
        """The connection's JSON."""
        name = self.composer.name()
        page = columns_of(self.source.table, name, **PAGED)
        below = self.composer.below(self.kind, self.place.details)
        self.tells = any(d[0].node.name.value == "pageInfo" for d in below.values())
        parts = [(key, self._part(details, page)) for key, details in below.items()]
        # HAVING makes it an aggregate whatever was asked: one answer, on an empty page too.
        found = select(json_object(parts)).select_from(self._page().subquery(name))
        return found.having(true()).scalar_subquery()

    def _page(self) -> Select[Any]:
        """The rows; if the page tells where it stands, numbered, and one more than asked for:
        whether that came is `hasNextPage`.
        """
        name = self.composer.name()
        row = columns_of(self.source.table, name)
        order = [*self.order.columns(row), row[self.source.key]]
        by = [c.desc() if self.order.descending else c.asc() for c in order]
        every: ColumnElement[Any] = literal_column(f"{name}.*")
        chosen: Select[Any] = select(every)
        if self.tells:
            chosen = chosen.add_columns(
                func.row_number().over(order_by=by).label("position_"),
                func.lead(literal_column("true")).over(order_by=by).label("more_"),
            )
        size: Any = literal_column(str(self.first + 1 if self.tells else self.first))
        chosen = chosen.select_from(self.source.table.alias(name))
        chosen = chosen.where(*self._conditions(row), *self._after(order))
        return chosen.order_by(*by).limit(size)

    def _cursor(self, page: Columns) -> Sql:
        """Of the rows that are asked for theirs: to make one for each row took a quarter of the
        whole statement.
        """
        order = [*self.order.columns(page), page[self.source.key]]
        return cursor_sql(self.order_name, [*self._mark(), *order])

    def _conditions(self, row: Columns) -> list[ColumnElement[bool]]:
        conditions = []
        if self.read.joins is not None:
            ask = self.composer.ask
            conditions.append(self.read.joins(self.place.columns, row, ask))
        given = self.arguments.get("filter") or {}
        conditions += [self._filter(name, row) for name in given if given[name] is not None]
        return conditions

    def _filter(self, name: str, row: Columns) -> ColumnElement[bool]:
        kind = get_named_type(self.place.field.args["filter"].type)
        if not isinstance(kind, GraphQLInputObjectType):
            raise TypeError(f"{kind} is no filter")
        field = kind.fields[name]
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        wire = wire_of(get_named_type(field.type), many=isinstance(inner, GraphQLList))
        binds = self.composer.binds
        given = self.arguments["filter"][name]
        value: ColumnElement[Any]
        if isinstance(given, bool):  # in the plan's key; only a constant proves a partial index
            value = true() if given else false()
        else:
            value = binds.take(self.site, wire.bound, lambda a: wire.argument(a["filter"][name]))
        condition: ColumnElement[bool] = declare.declared(field)["where"](
            row, value, self.composer.ask
        )
        return condition

    def _after(self, order: list[Sql]) -> list[ColumnElement[bool]]:
        """Keyset: strictly past the cursor's row. A bad cursor is refused when values are bound."""
        if self.arguments.get("after") is None:
            return []
        marks = self._mark()
        types = [column.type for column in (*marks, *order)]
        bounds = [self._bound(types, at) for at in range(len(types))]
        left, right = tuple_(*order), tuple_(*bounds[len(marks) :])
        holds = [self.order.mark.holds(bounds[0])] if self.order.mark else []
        return [*holds, left < right if self.order.descending else left > right]

    def _mark(self) -> list[Sql]:
        return [self.order.mark.made()] if self.order.mark else []

    def _bound(self, types: list[Any], at: int) -> Sql:
        def value(arguments: dict[str, Any]) -> object:
            return read_cursor(arguments["after"], self.order_name, types)[at]

        return self.composer.binds.take(self.site, types[at], value)

    def _part(self, details: "Details", page: Columns) -> Json:
        match details[0].node.name.value:
            case "totalCount":
                return Json(cast(self._total(), Text), certain=True)
            case "pageInfo":
                return Json(self._page_info(details, page), certain=True)
            case "nodes":
                return Json(self._listed(self._node(details, page), page), certain=True)
            case "edges":
                below = self.composer.below(self.edge_type, details)
                edge = [(key, self._edge_part(d, page)) for key, d in below.items()]
                return Json(self._listed(json_object(edge), page), certain=True)
        return type_name(self.kind.name)

    def _edge_part(self, details: "Details", page: Columns) -> Json:
        match details[0].node.name.value:
            case "cursor":
                return Json(self._cursor(page), quoted=True, certain=True)
            case "node":
                return Json(self._node(details, page), certain=True)
        return type_name(self.edge_type.name)

    def _node(self, details: "Details", page: Columns) -> Sql:
        below = self.composer.below(self.node_type, details)
        return self.composer.object(self.node_type, below, page)

    def _listed(self, item: Sql, page: Columns) -> Sql:
        if self.tells:
            return json_array(item, page.position_, page.position_ <= self.limit)
        return json_array(item)  # PostgreSQL aggregates in the order of the subquery

    def _page_info(self, details: "Details", page: Columns) -> Sql:
        at, cursor = page.position_, self._cursor(page)
        last = (at == self.limit) | (page.more_.is_(None) & (at <= self.limit))
        back = "'true'" if self.arguments.get("after") is not None else "'false'"
        known: dict[str, Json] = {
            "__typename": type_name("PageInfo"),
            "hasNextPage": Json(cast(func.count() > self.limit, Text), certain=True),
            "hasPreviousPage": Json(literal_column(back, Text), certain=True),
            "startCursor": Json(func.max(cursor).filter(at == 1), quoted=True),
            "endCursor": Json(func.max(cursor).filter(last), quoted=True),
        }
        below = self.composer.below(self.info_type, details)
        return json_object([(key, known[d[0].node.name.value]) for key, d in below.items()])

    def _total(self) -> Sql:
        name = self.composer.name()
        row = columns_of(self.source.table, name)
        counted = select(func.count()).select_from(self.source.table.alias(name))
        return counted.where(*self._conditions(row)).scalar_subquery()
