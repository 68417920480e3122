"""Documents nobody wrote: valid queries of any shape the schema allows, by seeded chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)
from support.given import Given, Known, Values

from portal.reading.declare import Opened, declared

KEYS = ("a", "b", "x1", "_", "id", "title", "name", "node", "nodes", "edges", "data", "errors")
OBJECTS, DEEP = 60, 7


@dataclass(frozen=True)
class Made:
    """A document with its variables."""

    text: str
    variables: Sequence[Mapping[str, Any]]
    """Twice: the second time with other values, which may share the first one's plan."""
    faults: frozenset[str]
    """Codes of the mistakes that were made on purpose; some may stand where nothing is asked."""
    pages: Sequence[tuple[tuple[str, ...], str]]
    """The connections: where they stand in the answer, and of which list in which order."""

    def cursors(self, data: Any) -> Iterator[tuple[str, str]]:
        """(list, cursor) for each cursor in the answer."""
        for path, listed in self.pages:
            for page in _at(data, path):
                for key, name in (("pageInfo", "endCursor"), ("edges", "cursor")):
                    for part in _at(page, (key,)):
                        if isinstance(part.get(name), str):
                            yield listed, part[name]


def _at(data: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(data, list):
        for item in data:
            yield from _at(item, path)
    elif isinstance(data, dict):
        if not path:
            yield data
        elif path[0] in data:
            yield from _at(data[path[0]], path[1:])


@dataclass(frozen=True)
class Fragment:
    """A fragment that has been written and may be spread again."""

    name: str
    kind: str
    objects: int
    depth: int


@dataclass(frozen=True)
class Place:
    """Where a selection stands: how often it is answered, how much deeper it may go."""

    rows: int
    depth: int
    path: tuple[str, ...]
    fragments: tuple[str, ...] = ()

    def below(self, key: str, rows: int) -> "Place":
        """The selection of a field."""
        return Place(rows, self.depth - 1, (*self.path, key), self.fragments)


@dataclass
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    random: Random
    known: Known
    definitions: list[str] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    pages: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Fields that were asked for, as `Type.field`."""
    objects: int = 0
    _keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given = Given(self.random, Values(self.random, self.known))

    def write(self) -> Made:
        """A query."""
        query = self.schema.query_type
        place = Place(1, self.random.randint(2, DEEP), ())
        selected = self.selection(query, place)
        name = self.random.choice(("", "query", "query Asks"))
        variables = self.given.declarations()
        if variables:
            name = f"{name or 'query'}({variables})"
        text = "\n".join([f"{name} {selected}", *self.definitions])
        values = (self.given.variables, self.given.other_variables())
        return Made(text, values, frozenset(self.given.faults), tuple(self.pages))

    def selection(self, kind: GraphQLNamedType, place: Place) -> str:
        """What is asked of a type, in braces."""
        parts = list(self._parts(kind, place, self.random.randint(1, 5)))
        self.random.shuffle(parts)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _parts(self, kind: GraphQLNamedType, place: Place, number: int) -> Iterator[str]:
        chance = self.random.random
        plain = [t for _ in range(number) if (t := self._field(kind, place))]
        if plain and chance() < 0.15:
            cut = self.random.randrange(len(plain))
            condition = f"on {kind.name} " if chance() < 0.7 else ""
            yield f"... {condition}{self._directive()}{{ {' '.join(plain[cut:])} }}"
            plain = plain[:cut]
        yield from plain
        if is_abstract_type(kind):
            possible = list(self.schema.get_possible_types(kind))
            for each in self.random.sample(possible, min(len(possible), 3)):
                yield f"... on {each.name} {self._directive()}{self.selection(each, place)}"
        if chance() < 0.2 and place.depth > 1:
            yield self._spread(kind, place)
        if isinstance(kind, GraphQLObjectType) and kind.interfaces and chance() < 0.1:
            upper = kind.interfaces[0]
            yield f"... on {upper.name} {{ {self._field(upper, place) or '__typename'} }}"

    def _spread(self, kind: GraphQLNamedType, place: Place) -> str:
        """A named fragment: one that was written before, or a new one."""
        known = [
            f for f in self.fragments
            if f.kind == kind.name and f.name not in place.fragments and f.depth <= place.depth
            and self.objects + f.objects * place.rows < OBJECTS
        ]  # fmt: skip
        if known and self.random.random() < 0.7:
            chosen = self.random.choice(known)
            self.objects += chosen.objects * place.rows
            return f"...{chosen.name} {self._directive()}"
        name = f"Part{len(self.definitions)}"
        self.definitions.append("")
        at, before = len(self.definitions) - 1, self.objects
        inside = Place(place.rows, place.depth, place.path, (*place.fragments, name))
        self.definitions[at] = f"fragment {name} on {kind.name} {self.selection(kind, inside)}"
        objects = (self.objects - before) // max(place.rows, 1) + 1
        self.fragments.append(Fragment(name, kind.name, objects, place.depth))
        return f"...{name} {self._directive()}"

    def _directive(self) -> str:
        if self.random.random() < 0.85:
            return ""
        return f"@{self.random.choice(('skip', 'include'))}(if: {self.given.condition()}) "

    def _field(self, kind: GraphQLNamedType, place: Place) -> str | None:
        """A field of the type, with a key that no other field of the document has."""
        # What is opened leaves a line each time, so that no answer is like the one before.
        fields: Mapping[str, GraphQLField] = {
            name: each
            for name, each in getattr(kind, "fields", {}).items()
            if not isinstance(declared(each).get("read"), Opened)
        }
        leaves = [n for n, f in fields.items() if is_leaf_type(get_named_type(f.type))]
        name = self.random.choice([*fields, *leaves, "__typename"])
        if name == "__typename":
            return f"{self._key(name, '__typename', 'String!')[0]} {self._directive()}"
        asked = fields[name]
        self.asked.add(f"{kind.name}.{name}")
        target = get_named_type(asked.type)
        if is_leaf_type(target):
            return f"{self._key(name, name, str(asked.type))[0]} {self._directive()}"
        return self._object(kind, name, asked, place)

    def _object(
        self, kind: GraphQLNamedType, name: str, asked: GraphQLField, place: Place
    ) -> str | None:
        first = self.random.choice((1, 2, 2, 3, 5))
        rows = place.rows * (first if "first" in asked.args else 4 if _many(asked) else 1)
        if place.depth < 1 or self.objects + rows > OBJECTS:
            return None
        self.objects += rows
        arguments, listed = self._arguments(kind, name, asked, first)
        written, key = self._key(name, f"{name}{arguments}", str(asked.type))
        if listed:
            self.pages.append(((*place.path, key), listed))
        directive = self._directive()
        below = self.selection(get_named_type(asked.type), place.below(key, rows))
        return f"{written}{arguments} {directive}{below}"

    def _arguments(
        self, kind: GraphQLNamedType, name: str, asked: GraphQLField, first: int
    ) -> tuple[str, str | None]:
        """The arguments as text, and the list they ask for if the field is a connection."""
        given: dict[str, str] = {}
        listed = None
        if "first" in asked.args:
            given["first"] = self.given.size(first)
            further = self.random.random() < 0.4
            listed, order = self._order(kind, name, asked, fixed=further)
            if order:
                given["orderBy"] = order
            if further:
                given["after"] = self.given.after(listed)
        for argument, definition in asked.args.items():
            wanted = is_required_argument(definition) or self.random.random() < 0.5
            if argument not in ("first", "after", "orderBy") and wanted:
                target = get_named_type(asked.type).name
                given[argument] = self.given.some(definition.type, f"{target}.{argument}")
        parts = [f"{argument}: {value}" for argument, value in given.items()]
        self.random.shuffle(parts)
        return f"({', '.join(parts)})" if parts else "", listed

    def _order(
        self, kind: GraphQLNamedType, name: str, asked: GraphQLField, *, fixed: bool
    ) -> tuple[str, str | None]:
        definition = asked.args["orderBy"]
        orders = get_named_type(definition.type).values
        default = definition.default_value
        known = str(getattr(default, "value", default)).upper()
        if self.random.random() < 0.5:
            return f"{kind.name}.{name}/{known}", None
        chosen = self.random.choice(list(orders))
        given = self.given.choice(definition.type, chosen, [chosen] if fixed else list(orders))
        return f"{kind.name}.{name}/{chosen}", given

    def _key(self, name: str, asked: str, kind: str) -> tuple[str, str]:
        """(`alias: name`, response key); a key asks for one thing everywhere, so all merges."""
        sign = f"{asked} {kind}"
        key = name if self.random.random() < 0.8 else self.random.choice(KEYS)
        number = 0
        while self._keys.setdefault(key, sign) != sign:
            number += 1
            key = f"{name.strip('_')}{number}"
        return (name if key == name else f"{key}: {name}"), key


def _many(asked: GraphQLField) -> bool:
    kind = asked.type
    return is_list_type(getattr(kind, "of_type", kind)) or is_list_type(kind)
