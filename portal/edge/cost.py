"""What an operation may cost: its objects, times the pages they come on.

Every object field costs 1, every leaf 0, the wrappers of a page (`edges`, `pageInfo`) 0; what is
inside a list counts once for each row the page may have. A field may declare `cost` (its own
weight) and `size` (the length of its list) in its extensions or metadata.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ValueNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    parse,
)

from portal.edge.conditions import holds
from portal.edge.limits import Limits
from portal.edge.plan import LENGTH_ARGUMENT, PAGE_ARGUMENTS, Entry, Level, Plan, Planner, argument

KEPT_PRICES = 64
OFTEN_NULL = 0.5
"""`ofType` ends after one or two steps, however long a tool writes the chain."""


@dataclass(frozen=True)
class Price:
    """What is asked for and how much is allowed; both are in `extensions.cost`."""

    requested: int
    limit: int

    @property
    def too_much(self) -> bool:
        """Whether it is refused."""
        return self.requested > self.limit


class Tariff:
    """The prices of one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._limits = limits
        self._introspected = _introspection_sizes(schema)
        self._introspection_limit = self._standard_introspection(schema)

    def price(self, plan: Plan, variables: Mapping[str, object]) -> Price:
        """The price of a plan with these variables; the same values are not added up twice."""
        values = tuple(_measured(variables.get(name)) for name in plan.variables)
        if values not in plan.prices:
            if len(plan.prices) >= KEPT_PRICES:
                plan.prices.clear()
            plan.prices[values] = math.ceil(_Sum(self, variables).level(plan.root, None))
        introspects = any(is_introspection(entry) for entry in plan.root.entries)
        limit = self._introspection_limit if introspects else self._limits.cost
        return Price(plan.prices[values], limit)

    def weight(self, entry: Entry) -> float:
        """What one such field costs, without what is inside it."""
        declared = _declared(entry.definition, "cost")
        if declared is not None:
            return declared
        kind = get_named_type(entry.definition.type)
        if kind.name.startswith("__"):
            return 1
        return 1 if entry.below and not _wraps(kind) else 0

    def size(self, entry: Entry, page: float | None, variables: Mapping[str, object]) -> float:
        """How many of it there may be; `page` is that of the connection it stands in."""
        if entry.name == "ofType":
            return OFTEN_NULL
        if not is_list_type(get_nullable_type(entry.definition.type)):
            return 1
        if _is_meta(entry):
            return self._introspected.get(entry.name, 1)
        told = (
            _length(entry, variables),
            self.page(entry, variables),
            _declared(entry.definition, "size"),
            page,
        )
        return next((size for size in told if size is not None), self._limits.list_size)

    def page(self, entry: Entry, variables: Mapping[str, object]) -> float | None:
        """How many rows its page may have; None for what is no page."""
        offered = [name for name in PAGE_ARGUMENTS if name in entry.definition.args]
        if not offered:
            return None
        told = [_number(argument(entry.node, name), variables) for name in offered]
        default = [entry.definition.args[name].default_value for name in offered]
        known = [float(size) for size in (*told, *default) if isinstance(size, int)]
        return max(known[0], 0) if known else self._limits.page

    def _standard_introspection(self, schema: GraphQLSchema) -> int:
        """The price of what every tool asks, and a quarter more."""
        query = get_introspection_query(
            specified_by_url=True, directive_is_repeatable=True, schema_description=True,
            input_value_deprecation=True, one_of=True,
        )  # fmt: skip
        operation, *fragments = parse(query, no_location=True).definitions
        by_name = {fragment.name.value: fragment for fragment in fragments}  # type: ignore[attr-defined]
        plan = Planner(schema, by_name, Limits()).plan(operation)  # type: ignore[arg-type]
        return math.ceil(_Sum(self, {}).level(plan.root, None) * 1.25)


class _Sum:
    """One sum over a plan; a level with the same page has the same price everywhere."""

    def __init__(self, tariff: Tariff, variables: Mapping[str, object]) -> None:
        self._tariff = tariff
        self._variables = variables
        self._known: dict[tuple[int, float | None], float] = {}

    def level(self, level: Level, page: float | None) -> float:
        place = (id(level), page)
        if place not in self._known:
            self._known[place] = sum(
                self._entry(entry, page)
                for entry in level.entries
                if holds(entry.when, self._variables)
            )
        return self._known[place]

    def _entry(self, entry: Entry, page: float | None) -> float:
        weight = self._tariff.weight(entry)
        if not entry.below:
            return weight
        inner = self._tariff.page(entry, self._variables)
        inside = max(self.level(level, inner) for level in entry.below)
        return self._tariff.size(entry, page, self._variables) * (weight + inside)


def _measured(value: object) -> object:
    return len(value) if isinstance(value, list) else value


def is_introspection(entry: Entry) -> bool:
    """Whether the field asks about the schema."""
    return entry.name in ("__schema", "__type")


def _is_meta(entry: Entry) -> bool:
    return get_named_type(entry.definition.type).name.startswith("__")


def _wraps(kind: GraphQLNamedType) -> bool:
    return kind.name == "PageInfo" or kind.name.endswith("Edge")


def _declared(definition: GraphQLField, name: str) -> float | None:
    """A number the field declares, in GraphQL's extensions or in Strawberry's metadata."""
    extensions = definition.extensions
    metadata = getattr(extensions.get("strawberry-definition"), "metadata", None) or {}
    number = extensions.get(name, metadata.get(name))
    return float(number) if isinstance(number, int | float) else None


def _number(value: ValueNode | None, variables: Mapping[str, object]) -> int | None:
    match value:
        case IntValueNode():
            return int(value.value)
        case VariableNode():
            told = variables.get(value.name.value)
            return told if isinstance(told, int) else None
    return None


def _length(entry: Entry, variables: Mapping[str, object]) -> int | None:
    """A list by ids has as many rows as ids."""
    match argument(entry.node, LENGTH_ARGUMENT):
        case ListValueNode() as literal:
            return len(literal.values)
        case VariableNode() as variable:
            told = variables.get(variable.name.value)
            return len(told) if isinstance(told, list) else 1
    return None


def _introspection_sizes(schema: GraphQLSchema) -> dict[str, float]:
    """How long the lists of an introspection are, on average, in this schema."""
    types = list(schema.type_map.values())
    fielded = [t for t in types if is_object_type(t) or is_interface_type(t)]
    fields = [f for t in fielded for f in t.fields.values()]
    inputs = [len(t.fields) for t in types if is_input_object_type(t)]
    return {
        "types": len(types),
        "fields": _mean([len(t.fields) for t in fielded]),
        "args": _mean([len(f.args) for f in fields]),
        "inputFields": _mean(inputs),
        "directives": len(schema.directives),
        "interfaces": 2,
        "possibleTypes": _mean([len(schema.get_possible_types(t)) for t in types
                                if is_interface_type(t)]),
        "enumValues": 8,
    }  # fmt: skip


def _mean(numbers: list[int]) -> float:
    return max(sum(numbers) / len(numbers), 1) if numbers else 1
