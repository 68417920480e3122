"""What a document asks for before the schema is known: depth, names, repeats, cycles.

It runs before validation, because graphql-core compares selections pair by pair. Each definition is
read once and each place of the response once, so the work grows with the document, not with what
its fragments expand to.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from portal.edge.codes import Code
from portal.edge.limits import Limits, TooMuch

NESTED = 10
"""How much longer validation compares two fields with arguments or selections than two names."""

Definition = OperationDefinitionNode | FragmentDefinitionNode


@dataclass
class Reading:
    """One definition, read without following its fragments."""

    depth: int = 0
    aliases: int = 0
    selections: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """The fragments it uses and the depth at which their fields come."""


@dataclass(frozen=True)
class Shape:
    """A document within the limits; `steps` is how many selections were looked at."""

    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]
    steps: int


def measure(document: DocumentNode, limits: Limits) -> Shape:
    """The shape of the document; raises TooMuch."""
    operations = tuple(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    named = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    if len(named) > limits.fragments:
        raise TooMuch(
            Code.TOO_MANY_FRAGMENTS,
            f"The query defines {len(named)} fragments; at most {limits.fragments} are read. "
            "Write the smaller ones where they are used.",
        )
    fragments = {fragment.name.value: fragment for fragment in named}
    read = {name: _read(fragment, limits) for name, fragment in fragments.items()}
    asked = [_read(operation, limits) for operation in operations]
    _check_aliases([*read.values(), *asked], limits)
    _check_depth(read, asked, limits)
    places = Places(fragments, limits, sum(r.selections for r in [*read.values(), *asked]))
    places.visit([d.selection_set for d in (*operations, *_unused(fragments, read, asked))])
    return Shape(operations, fragments, places.steps)


def _read(definition: Definition, limits: Limits) -> Reading:
    """Its own depth, aliases and spreads; iterative, for a text may nest as deep as it is long."""
    reading = Reading()
    waiting = [(definition.selection_set, 1)]
    while waiting:
        selection_set, depth = waiting.pop()
        for selection in selection_set.selections:
            reading.selections += 1
            if isinstance(selection, FragmentSpreadNode):
                reading.spreads.append((selection.name.value, depth))
            elif isinstance(selection, InlineFragmentNode):
                waiting.append((selection.selection_set, depth))
            elif isinstance(selection, FieldNode):
                _read_field(selection, depth, reading, limits)
                if selection.selection_set:
                    waiting.append((selection.selection_set, depth + 1))
    return reading


def _read_field(node: FieldNode, depth: int, reading: Reading, limits: Limits) -> None:
    reading.depth = max(reading.depth, depth)
    reading.aliases += node.alias is not None
    key = response_key(node)
    if len(key) > limits.key_bytes:
        raise TooMuch(
            Code.KEY_TOO_LONG,
            f"The name {key[:20]}... has {len(key)} characters; at most {limits.key_bytes} fit. "
            "Choose a shorter alias.",
        )


def response_key(node: FieldNode) -> str:
    """The name under which a field is answered."""
    return (node.alias or node.name).value


def _check_aliases(readings: Iterable[Reading], limits: Limits) -> None:
    aliases = sum(reading.aliases for reading in readings)
    if aliases > limits.aliases:
        raise TooMuch(
            Code.TOO_MANY_ALIASES,
            f"The query renames {aliases} fields; at most {limits.aliases} aliases are read. "
            "Send the rest in a second request.",
        )


def _check_depth(read: Mapping[str, Reading], asked: Iterable[Reading], limits: Limits) -> None:
    uses = {name: {s for s, _ in r.spreads if s in read} for name, r in read.items()}
    try:
        order = tuple(TopologicalSorter(uses).static_order())
    except CycleError as circle:
        path = " > ".join(reversed(circle.args[1][:10]))
        raise TooMuch(
            Code.GRAPHQL_VALIDATION_FAILED, f"A fragment is part of itself: {path}."
        ) from None
    depths: dict[str, int] = {}
    for name in order:
        depths[name] = _whole_depth(read[name], depths)
    deepest = max((_whole_depth(r, depths) for r in (*asked, *read.values())), default=0)
    if deepest > limits.depth:
        raise TooMuch(
            Code.QUERY_TOO_DEEP,
            f"The query nests fields {deepest} deep; at most {limits.depth} levels are read. "
            "Read the inner records by their ids in a second request.",
        )


def _whole_depth(reading: Reading, depths: Mapping[str, int]) -> int:
    below = (at - 1 + depths.get(name, 0) for name, at in reading.spreads)
    return max((reading.depth, *below))


def _unused(
    fragments: Mapping[str, FragmentDefinitionNode],
    read: Mapping[str, Reading],
    asked: Iterable[Reading],
) -> Iterator[FragmentDefinitionNode]:
    """Fragments no operation reaches: validation reads them too."""
    reached: set[str] = set()
    waiting = [name for reading in asked for name, _ in reading.spreads]
    while waiting:
        name = waiting.pop()
        if name in read and name not in reached:
            reached.add(name)
            waiting.extend(spread for spread, _ in read[name].spreads)
    return (fragment for name, fragment in fragments.items() if name not in reached)


class Places:
    """Every place of the response, with the selections that meet there, each visited once."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits, steps: int
    ) -> None:
        self.steps = steps
        self._repeats = 0
        self._fragments = fragments
        self._limits = limits
        self._seen: set[frozenset[int]] = set()

    def visit(self, roots: Iterable[SelectionSetNode]) -> None:
        """All places below the roots."""
        waiting = [[root] for root in roots]
        while waiting:
            meeting = waiting.pop()
            place = frozenset(map(id, meeting))
            if place not in self._seen:
                self._seen.add(place)
                waiting.extend(self._below(meeting))

    def _below(self, meeting: list[SelectionSetNode]) -> Iterable[list[SelectionSetNode]]:
        times: Counter[str] = Counter()
        below: dict[str, list[SelectionSetNode]] = {}
        for node in self._fields(meeting):
            key = response_key(node)
            plain = not node.selection_set and not node.arguments
            self._repeat(times[key] * (1 if plain else NESTED))
            times[key] += 1
            if node.selection_set:
                below.setdefault(key, []).append(node.selection_set)
        return below.values()

    def _fields(self, meeting: list[SelectionSetNode]) -> Iterator[FieldNode]:
        """The fields of one place; a fragment counts once in it, as it does in execution."""
        followed: set[str] = set()
        waiting = list(meeting)
        while waiting:
            for selection in waiting.pop().selections:
                self._step()
                if isinstance(selection, FieldNode):
                    yield selection
                elif isinstance(selection, InlineFragmentNode):
                    waiting.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode):
                    fragment = self._fragments.get(selection.name.value)
                    if fragment and selection.name.value not in followed:
                        followed.add(selection.name.value)
                        waiting.append(fragment.selection_set)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._limits.steps:
            raise TooMuch(
                Code.QUERY_TOO_LARGE,
                "The query's fragments meet in too many ways to be followed. "
                "Write it with fewer fragments, or select each field once.",
            )

    def _repeat(self, times: int) -> None:
        self._repeats += times
        if self._repeats > self._limits.repeats:
            raise TooMuch(
                Code.TOO_MANY_REPEATS,
                "The query selects the same field again and again in one place. "
                "Select each field once.",
            )
