"""A list's filters: read from the address, said in words, and each with a way to take it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

Choices = Sequence[tuple[str, str]]
"""What the address holds for each choice, and how it reads."""


@dataclass(frozen=True)
class Chosen:
    """One filter that is set."""

    name: str
    says: str
    without: str
    """The address of the list without it."""


@dataclass(frozen=True)
class Filters:
    """What an address asks for; what it spells wrongly is not asked for."""

    path: str
    given: tuple[tuple[str, str], ...]

    @classmethod
    def read(
        cls, path: str, query: QueryParams, free: Sequence[str], fixed: Mapping[str, Sequence[str]]
    ) -> "Filters":
        """`free` ones take any text, `fixed` ones only what they offer."""
        kept = [
            (name, value.strip())
            for name, value in query.multi_items()
            if value.strip() and (name in free or value in fixed.get(name, ()))
        ]
        return cls(path, tuple(dict.fromkeys(kept)))

    def all(self, name: str) -> list[str]:
        """Every value of a filter."""
        return [value for at, value in self.given if at == name]

    def one(self, name: str) -> str | None:
        """The first value of a filter."""
        return next(iter(self.all(name)), None)

    def address(self, **more: str) -> str:
        """The address of the list with these filters, and more."""
        return self._to([*self.given, *more.items()])

    def chosen(self, labels: Mapping[str, str], choices: Mapping[str, Choices]) -> list[Chosen]:
        """Each filter that is set, as a person reads it."""
        return [
            Chosen(
                name, self._says(labels[name], value, choices.get(name)), self._without(name, value)
            )
            for name, value in self.given
            if name in labels
        ]

    def _says(self, label: str, value: str, choices: Choices | None) -> str:
        if choices is None:
            return f"{label}: {value}" if value != "yes" else label
        return f"{label}: {dict(choices).get(value, value)}"

    def _without(self, name: str, value: str) -> str:
        return self._to([pair for pair in self.given if pair != (name, value)])

    def _to(self, pairs: Sequence[tuple[str, str]]) -> str:
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


def choices_of(rows: Sequence[Mapping[str, Any]], value: str, text: str) -> list[tuple[str, str]]:
    """What a filter offers, from rows that the page's document has read."""
    return [(str(row[value]), str(row[text])) for row in rows]
