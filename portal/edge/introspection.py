"""Questions about the schema, answered from a memory of what was said already.

The same selection on the same type is written once, so a query that walks from types to fields to
types costs what its distinct parts cost; only the length of the answer grows, and that is priced.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from portal.edge.conditions import holds
from portal.edge.cost import is_introspection
from portal.edge.plan import Entry, Level

Writer: TypeAlias = Callable[[object], str]
"""From a part of the schema to JSON."""


def only_introspects(root: Level) -> bool:
    """Whether nothing but the schema (or the name of the root type) is asked for."""
    return all(is_introspection(entry) or entry.name == "__typename" for entry in root.entries)


@dataclass(frozen=True)
class Info:
    """What graphql-core's resolvers of introspection fields look at."""

    schema: GraphQLSchema
    parent_type: GraphQLObjectType


class Answerer:
    """Writes one answer; every level becomes a function once, arguments and conditions included."""

    def __init__(self, schema: GraphQLSchema, variables: VariableValues) -> None:
        self._schema = schema
        self._variables = variables
        self._writers: dict[int, Writer] = {}

    def answer(self, root: Level) -> str:
        """The data as JSON."""
        return self._level(root)(None)

    def _level(self, level: Level) -> Writer:
        if id(level) not in self._writers:
            self._writers[id(level)] = self._object(level)
        return self._writers[id(level)]

    def _object(self, level: Level) -> Writer:
        answered = (e for e in level.entries if holds(e.when, self._variables.coerced))
        fields = [(json.dumps(e.key) + ":", self._field(level, e)) for e in answered]
        written: dict[object, str] = {}

        def write(source: object) -> str:
            # Named parts of the schema come as fresh pairs of a name and the lasting part.
            part = (source[0], id(source[1])) if isinstance(source, tuple) else id(source)
            if part not in written:
                written[part] = "{" + ",".join([key + field(source) for key, field in fields]) + "}"
            return written[part]

        return write

    def _field(self, level: Level, entry: Entry) -> Writer:
        resolve = entry.definition.resolve
        if resolve is None:
            raise LookupError(f"{level.type.name}.{entry.name} is not about the schema")
        arguments = get_argument_values(entry.definition, entry.node, self._variables)
        info = Info(self._schema, level.type)
        one = self._value(entry)
        several = is_list_type(get_nullable_type(entry.definition.type))

        def write(source: object) -> str:
            value = resolve(source, info, **arguments)
            if value is None:
                return "null"
            return "[" + ",".join(map(one, value)) + "]" if several else one(value)

        return write

    def _value(self, entry: Entry) -> Writer:
        if entry.below:
            return self._level(entry.below[0])
        leaf = get_named_type(entry.definition.type)
        if not is_leaf_type(leaf):
            raise LookupError(f"{leaf.name} is no leaf")
        return lambda value: json.dumps(leaf.coerce_output_value(value))
