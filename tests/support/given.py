"""Arguments for made-up documents: literals or variables, sensible or wrong on purpose."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)
from support.filler import DAYS, FIGURES, MOMENTS, WORDS

BAD_IDS = ("", "1", "Agency", "Agency:", "agency 7", "Agency:0f8f", "Initiative:" + "-" * 36,
           "Agency:0F8FAD5B-D9CB-469F-A165-70867728950E", "\u0130:" + "0" * 36)  # fmt: skip
BAD_CURSORS = ("", "x", "é", "bnVsbA==", "W10=", "eyJhIjoxfQ==", "WyJuZXdlc3QiXQ==", "=" * 9)


@dataclass
class Known:
    """What documents may speak of: ids by type (also of hidden rows), values of unique columns,
    cursors.
    """

    ids: Mapping[str, Sequence[UUID]]
    texts: Mapping[str, Sequence[str]]
    cursors: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Values:
    """Values as JSON has them."""

    random: Random
    known: Known

    def of(self, kind: Any, about: str) -> Any:
        """A value of an input type; `about` is `Type.argument`."""
        if isinstance(kind, GraphQLNonNull):
            return self.of(kind.of_type, about)
        if isinstance(kind, GraphQLList):
            return [self.of(kind.of_type, about) for _ in range(self.random.randint(0, 3))]
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                name: self.of(f.type, f"{about}.{name}")
                for name, f in kind.fields.items()
                if is_required_input_field(f) or self.random.random() < 0.3
            }
        return self.scalar(kind.name, about)

    def scalar(self, kind: str, about: str) -> Any:
        """A value of a scalar."""
        random = self.random
        makers = {
            "ID": lambda: self.id(about),
            "String": lambda: random.choice(self.known.texts.get(about) or self._words()),
            "Int": lambda: random.randint(0, 5),
            "Boolean": lambda: random.random() < 0.5,
            "Date": lambda: random.choice(DAYS).isoformat(),
            "DateTime": lambda: random.choice(MOMENTS).isoformat(),
            "Decimal": lambda: str(random.choice(FIGURES)),
            "UUID": lambda: str(UUID(int=random.getrandbits(128), version=4)),
        }
        return makers[kind]()

    def _words(self) -> Sequence[str]:
        return (*WORDS, "", "a", "e", "S", "council", "%", "_", "\\")

    def id(self, about: str) -> str:
        """An id: of the type that is meant, of another one, or of nothing."""
        kinds = list(self.known.ids)
        meant = (
            about.split(".", maxsplit=1)[0]
            if about.count(".") == 1
            else about.rsplit(".", maxsplit=1)[-1].capitalize()
        )
        kind = meant if meant in kinds and self.random.random() < 0.8 else self.random.choice(kinds)
        if self.random.random() < 0.1 or not self.known.ids[kind]:
            return f"{kind}:{UUID(int=self.random.getrandbits(128), version=4)}"
        return f"{kind}:{self.random.choice(self.known.ids[kind])}"


@dataclass
class Given:
    """The arguments and variables of one document."""

    random: Random
    values: Values
    variables: dict[str, Any] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    """Arguments and parts of input objects that were given, as `Type.argument.part`."""
    _declared: list[str] = field(default_factory=list)
    _others: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def other_variables(self) -> dict[str, Any]:
        """Other values for the same variables."""
        return {name: self._others[name]() for name in self.variables}

    def declarations(self) -> str:
        """The variables as the operation declares them."""
        return ", ".join(self._declared)

    def put(self, kind: str, value: Any, literal: str, other: Callable[[], Any]) -> str:
        """A value in the document: itself, a variable, or a variable with a default."""
        if self.random.random() < 0.5:
            return literal
        name = f"v{len(self._declared)}"
        if "$" not in literal and self.random.random() < 0.2:
            self._declared.append(f"${name}: {kind} = {literal}")
            if self.random.random() < 0.5:
                return f"${name}"
        else:
            self._declared.append(f"${name}: {kind}")
        self.variables[name] = value
        self._others[name] = other
        return f"${name}"

    def condition(self) -> str:
        """Whether to skip or include."""
        value = self.random.random() < 0.5
        return self.put("Boolean!", value, str(value).lower(), lambda: not value)

    def choice(self, kind: Any, chosen: str, names: Sequence[str]) -> str:
        """A member of an enum."""
        return self.put(str(kind), chosen, chosen, lambda: self.random.choice(names))

    def size(self, first: int) -> str:
        """How many rows; one in a hundred is out of bounds."""
        if self.random.random() < 0.01:
            self.faults.add("BAD_USER_INPUT")
            first = self.random.choice((0, -1, 101, 2**31 - 1))
        return self.put("Int!", first, str(first), lambda: self.random.randint(1, 5))

    def after(self, listed: str) -> str:
        """A cursor of this list, if one is known."""
        known = self.values.known.cursors.get(listed)
        if self.random.random() < 0.03:
            self.faults.add("BAD_CURSOR")
            others = [c for key, found in self.values.known.cursors.items() for c in found
                      if key.split("/")[1] != listed.split("/")[1]]  # fmt: skip
            cursor = self.random.choice((*BAD_CURSORS, *others[:9]))
            return self.put("String", cursor, _quoted(cursor), lambda: None)
        if not known or self.random.random() < 0.1:
            return self.put("String", None, "null", lambda: known[0] if known else None)
        cursor = self.random.choice(known)
        return self.put("String", cursor, _quoted(cursor), lambda: self.random.choice(known))

    def some(self, kind: Any, about: str) -> str:
        """A value for an argument."""
        if not isinstance(kind, GraphQLNonNull) and self.random.random() < 0.05:
            return self.put(str(kind), None, "null", lambda: self.values.of(kind, about))
        if get_named_type(kind).name == "ID" and self.random.random() < 0.02:
            self.faults.add("BAD_ID")
            bad = self.random.choice(BAD_IDS)
            many = isinstance(getattr(kind, "of_type", kind), GraphQLList)
            return self._written(kind, [bad] if many else bad, about)
        return self._written(kind, self.values.of(kind, about), about)

    def _written(self, kind: Any, value: Any, about: str) -> str:
        """A value as a literal whose parts may be variables, or as one variable."""
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        self.used.add(about)
        if isinstance(inner, GraphQLInputObjectType):
            self.used |= {f"{about}.{name}" for name in value}
            if self.random.random() < 0.6:
                fields = inner.fields
                parts = [
                    f"{n}: {self._written(fields[n].type, v, about)}" for n, v in value.items()
                ]
                return f"{{{', '.join(parts)}}}"
        literal = _literal(kind, value)
        return self.put(str(kind), value, literal, lambda: self.values.of(kind, about))


def _literal(kind: Any, value: Any) -> str:
    if isinstance(kind, GraphQLNonNull):
        return _literal(kind.of_type, value)
    if isinstance(kind, GraphQLList):
        return f"[{', '.join(_literal(kind.of_type, item) for item in value)}]"
    if isinstance(kind, GraphQLInputObjectType):
        parts = [f"{name}: {_literal(kind.fields[name].type, v)}" for name, v in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(kind, GraphQLEnumType):
        return str(value)
    return _quoted(value)


def _quoted(value: Any) -> str:
    """JSON's escapes are GraphQL's too."""
    return json.dumps(value)
