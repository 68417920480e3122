"""One page of a list: filters, keyset, order, and the parts of a connection that were asked for."""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type
from sqlalchemy import bindparam, false, true

from portal.reading import declare
from portal.reading.cursors import read_cursor
from portal.reading.jsonsql import Written, json_array, json_object, or_null, type_name
from portal.reading.pieces import ASK, Piece, Row, condition
from portal.reading.sorting import Sorting, sorting
from portal.reading.wires import wire_of

if TYPE_CHECKING:
    from portal.reading.compose import Composer, Details, Place


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
        self.origin = composer.origins.of(self.node_type.name)
        self.site = composer.binds.site(place.field, place.node)
        self.arguments = composer.binds.arguments(self.site, composer.variables)
        self.sorting = self._sorting(read.listing)
        self.first = int(self.arguments["first"])
        if not 1 <= self.first <= declare.MOST:
            message = f"`first` is {self.first}: ask for 1 to {declare.MOST} rows at a time."
            raise composer.binds.refused(self.site, message)

    def _sorting(self, listing: declare.Listing) -> Sorting:
        chosen = self.arguments["orderBy"]
        order, name = listing.by[chosen], str(getattr(chosen, "value", chosen))
        key = declare.SOURCES[self.node_type.name].key
        return self.origin.kept(
            (order, name), lambda: sorting(self.origin.listed, order, name, key)
        )

    def json(self) -> str:
        """The connection's JSON."""
        page = self.composer.name()
        below = self.composer.below(self.kind, self.place.details)
        self.tells = any(d[0].node.name.value == "pageInfo" for d in below.values())
        parts = [(key, self._part(details, page)) for key, details in below.items()]
        # HAVING makes it an aggregate whatever was asked: one answer, on an empty page too.
        return f"(SELECT {json_object(parts)} FROM ({self._page()}) AS {page} HAVING true)"  # noqa: S608 - of pieces

    def _page(self) -> str:
        """The rows; if the page tells where it stands, numbered, and one more than asked for:
        whether that came is `hasNextPage`.
        """
        name, binds = self.composer.name(), self.composer.binds
        by = self.sorting.by.written(binds, listed=name)
        numbered = (
            f", row_number() OVER (ORDER BY {by}) AS position_"
            f", lead(true) OVER (ORDER BY {by}) AS more_"
        )
        conditions = [*self._conditions(name), *self._after(name)]
        size = self.first + 1 if self.tells else self.first
        return (
            f"SELECT {name}.*{numbered if self.tells else ''} {self._from(name, conditions)}"
            f" ORDER BY {by} LIMIT {size}"
        )

    def _from(self, name: str, conditions: list[str]) -> str:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM {self.origin.source} AS {name}{where}"

    def _cursor(self, page: str) -> str:
        """Of the rows that are asked for theirs: to make one for each row took a quarter of the
        whole statement.
        """
        return self.sorting.cursor.written(self.composer.binds, listed=page)

    def _conditions(self, name: str) -> list[str]:
        found = []
        if joins := self.read.joins:
            row, listed = self.place.row.origin.row, self.origin.listed
            piece = self.place.kept("joins", lambda: condition(joins(row, listed, ASK)))
            outer = self.place.row.name
            found.append(piece.written(self.composer.binds, row=outer, listed=name))
        given = self.arguments.get("filter") or {}
        found += [self._filter(each, name) for each in given if given[each] is not None]
        return found

    def _filter(self, name: str, row: str) -> str:
        kind, given = get_named_type(self.place.field.args["filter"].type), self.arguments["filter"]
        if not isinstance(kind, GraphQLInputObjectType):
            raise TypeError(f"{kind} is no filter")
        field = kind.fields[name]
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        wire = wire_of(get_named_type(field.type), many=isinstance(inner, GraphQLList))
        # A yes or no is in the plan's key; only a constant proves a partial index.
        fixed = given[name] if isinstance(given[name], bool) else None

        def make() -> Piece:
            value: Any = bindparam("arg_value", None, type_=wire.bound)
            if fixed is not None:
                value = true() if fixed else false()
            return condition(declare.declared(field)["where"](self.origin.listed, value, ASK))

        piece, binds = self.origin.kept((kind.name, name, fixed), make), self.composer.binds
        if fixed is not None:
            return piece.written(binds, listed=row)
        value = binds.take(self.site, lambda a: wire.argument(a["filter"][name]))
        return piece.written(binds, listed=row, arg_value=value)

    def _after(self, name: str) -> list[str]:
        """Keyset: strictly past the cursor's row. A bad cursor is refused when values are bound."""
        if self.arguments.get("after") is None:
            return []
        binds, sort = self.composer.binds, self.sorting

        def bound(at: int) -> str:
            return binds.take(
                self.site, lambda a: read_cursor(a["after"], sort.name, sort.types)[at]
            )

        bounds = {f"arg_{at}": bound(at) for at in range(len(sort.types))}
        return [sort.after.written(binds, listed=name, **bounds)]

    def _part(self, details: "Details", page: str) -> Written:
        match details[0].node.name.value:
            case "totalCount":
                return Written(self._total())
            case "pageInfo":
                return Written(self._page_info(details, page))
            case "nodes":
                return Written(self._listed(self._node(details, page), page))
            case "edges":
                below = self.composer.below(self.edge_type, details)
                edge = [(key, self._edge_part(d, page)) for key, d in below.items()]
                return Written(self._listed(json_object(edge), page))
        return type_name(self.kind.name)

    def _edge_part(self, details: "Details", page: str) -> Written:
        match details[0].node.name.value:
            case "cursor":
                return Written(self._cursor(page), bare=True)
            case "node":
                return Written(self._node(details, page))
        return type_name(self.edge_type.name)

    def _node(self, details: "Details", page: str) -> str:
        below = self.composer.below(self.node_type, details)
        return self.composer.object(self.node_type, below, Row(self.origin, page))

    def _listed(self, item: str, page: str) -> str:
        if self.tells:
            return json_array(item, f"{page}.position_", f"{page}.position_ <= {self.first}")
        return json_array(item)  # PostgreSQL aggregates in the order of the subquery

    def _page_info(self, details: "Details", page: str) -> str:
        below = self.composer.below(self.info_type, details)
        return json_object(
            [(key, self._told(d[0].node.name.value, page)) for key, d in below.items()]
        )

    def _told(self, name: str, page: str) -> Written:
        """A field of `pageInfo`; no parameter may be numbered that the statement does not use."""
        at, limit = f"{page}.position_", self.first
        match name:
            case "hasNextPage":
                return Written(f"(count(*) > {limit})::text")
            case "hasPreviousPage":
                return Written("'true'" if self.arguments.get("after") is not None else "'false'")
            case "startCursor":
                return self._marked(f"{at} = 1", page)
            case "endCursor":
                last = f"{at} = {limit} OR {page}.more_ IS NULL AND {at} <= {limit}"
                return self._marked(last, page)
        return type_name("PageInfo")

    def _marked(self, only: str, page: str) -> Written:
        """The cursor of the one row for which the condition holds."""
        return or_null(f"""'"' || max({self._cursor(page)}) FILTER (WHERE {only}) || '"'""")

    def _total(self) -> str:
        name = self.composer.name()
        return f"(SELECT count(*)::text {self._from(name, self._conditions(name))})"
