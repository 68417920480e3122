"""An operation against the schema: the response's levels, each built once per type and selection.

A level is one object of the response: its keys, and below each the levels of the types that may
stand there. Equal selections share a level, so the plan grows with the document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)

from portal.edge.codes import Code
from portal.edge.conditions import Conditions, conditions_of
from portal.edge.limits import Limits, TooMuch
from portal.edge.shape import response_key

PAGE_ARGUMENTS = ("first", "last")
LENGTH_ARGUMENT = "ids"


@dataclass
class Entry:
    """One key of a level: the first selection that asks for it stands for all."""

    key: str
    node: FieldNode
    definition: GraphQLField
    when: list[Conditions]
    """It is answered if one of these holds; an empty one always does."""
    below: tuple["Level", ...] = ()
    """One level for each type that may stand here; none for a leaf."""

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.node.name.value


@dataclass
class Level:
    """One object of the response, of one type."""

    type: GraphQLObjectType
    entries: list[Entry] = field(default_factory=list)
    fields: int = 0
    """Its keys and all keys below, once for each place."""


@dataclass
class Plan:
    """What an operation selects."""

    root: Level
    steps: int
    variables: tuple[str, ...]
    """Those on which its price depends: conditions, sizes of pages, lists of ids."""
    prices: dict[tuple[object, ...], int] = field(default_factory=dict)
    """By the values of these variables; the tariff fills it."""


@dataclass
class _Met:
    """The selections of one response key in one level."""

    node: FieldNode
    when: list[Conditions] = field(default_factory=list)
    below: list[SelectionSetNode] = field(default_factory=list)


def argument(node: FieldNode, name: str) -> ValueNode | None:
    """The value given for an argument."""
    return next((a.value for a in node.arguments or () if a.name.value == name), None)


def _priced_variables(met: _Met) -> Iterator[str]:
    yield from (name for conditions in met.when for name, _ in conditions)
    if not met.node.arguments:
        return
    for priced in (*PAGE_ARGUMENTS, LENGTH_ARGUMENT):
        value = argument(met.node, priced)
        if isinstance(value, VariableNode):
            yield value.name.value


class Planner:
    """Builds the plan of one valid operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        limits: Limits,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._limits = limits
        self._steps = 0
        self._variables: set[str] = set()
        self._levels: dict[tuple[str, frozenset[int]], Level] = {}

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        """The operation's plan; raises TooMuch."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise TooMuch(
                Code.GRAPHQL_VALIDATION_FAILED,
                f"This API has no {operation.operation.value} operations.",
            )
        level = self._level(root, [operation.selection_set])
        return Plan(level, self._steps, tuple(sorted(self._variables)))

    def _level(self, kind: GraphQLObjectType, meeting: Sequence[SelectionSetNode]) -> Level:
        """Recursive: the document's depth is already within its limit."""
        place = (kind.name, frozenset(map(id, meeting)))
        if place not in self._levels:
            level = self._levels[place] = Level(kind)
            met = self._met(kind, meeting)
            self._check_keys(kind, len(met))
            level.entries = [self._entry(kind, key, found) for key, found in met.items()]
            below = (child.fields for entry in level.entries for child in entry.below)
            level.fields = len(met) + sum(below)
            self._check_fields(level.fields)
        return self._levels[place]

    def _entry(self, kind: GraphQLObjectType, key: str, met: _Met) -> Entry:
        definition = self._schema.get_field(kind, met.node.name.value)
        if definition is None:
            raise LookupError(f"{kind.name}.{met.node.name.value} was not validated")
        self._variables.update(_priced_variables(met))
        below = tuple(self._level(child, met.below) for child in self._children(definition))
        return Entry(key, met.node, definition, met.when, below)

    def _children(self, definition: GraphQLField) -> Sequence[GraphQLObjectType]:
        named = get_named_type(definition.type)
        if is_object_type(named):
            return (named,)
        return self._schema.get_possible_types(named) if is_abstract_type(named) else ()

    def _met(self, kind: GraphQLObjectType, meeting: Sequence[SelectionSetNode]) -> dict[str, _Met]:
        met: dict[str, _Met] = {}
        for node, when in self._fields(kind, meeting):
            found = met.setdefault(response_key(node), _Met(node))
            found.when.append(when)
            if node.selection_set:
                found.below.append(node.selection_set)
        return met

    def _fields(
        self, kind: GraphQLObjectType, meeting: Sequence[SelectionSetNode]
    ) -> Iterator[tuple[FieldNode, Conditions]]:
        """Fields in the document's order: key order is part of the answer."""
        followed: set[tuple[str, Conditions]] = set()
        always: Conditions = frozenset()
        waiting = [(node, always) for each in meeting for node in each.selections][::-1]
        while waiting:
            node, inherited = waiting.pop()
            self._step()
            when = conditions_of(node, inherited)
            if when is None:
                continue
            if isinstance(node, FieldNode):
                yield node, when
            else:
                inside = self._inside(kind, node, when, followed)
                waiting.extend((selection, when) for selection in reversed(inside))

    def _inside(
        self,
        kind: GraphQLObjectType,
        node: SelectionNode,
        when: Conditions,
        followed: set[tuple[str, Conditions]],
    ) -> Sequence[SelectionNode]:
        """The selections of a fragment that applies to the type, once for each condition."""
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            applies = condition is None or self._is_a(kind, condition.name.value)
            return node.selection_set.selections if applies else ()
        if isinstance(node, FragmentSpreadNode) and (node.name.value, when) not in followed:
            followed.add((node.name.value, when))
            fragment = self._fragments[node.name.value]
            applies = self._is_a(kind, fragment.type_condition.name.value)
            return fragment.selection_set.selections if applies else ()
        return ()

    def _is_a(self, kind: GraphQLObjectType, name: str) -> bool:
        if kind.name == name:
            return True
        wider = self._schema.get_type(name)
        return is_abstract_type(wider) and self._schema.is_sub_type(wider, kind)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > self._limits.steps:
            raise TooMuch(
                Code.QUERY_TOO_LARGE,
                "The query's fragments and types meet in too many ways to be followed. "
                "Write it with fewer fragments, or ask for fewer types at once.",
            )

    def _check_keys(self, kind: GraphQLObjectType, keys: int) -> None:
        if keys > self._limits.keys:
            raise TooMuch(
                Code.TOO_MANY_KEYS,
                f"A {kind.name} object would be answered with {keys} keys; at most "
                f"{self._limits.keys} fit. Ask for the rest in a second request.",
            )

    def _check_fields(self, fields: int) -> None:
        if fields > self._limits.fields:
            raise TooMuch(
                Code.QUERY_TOO_LARGE,
                f"The query expands to more than {self._limits.fields} fields. "
                "Fragments count at each place that uses them; ask for less at once.",
            )
