"""The written files of graphql/, and what of a change would break a partner's program."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import strawberry
from graphql import (
    DirectiveNode,
    Node,
    StringValueNode,
    Visitor,
    build_schema,
    find_breaking_changes,
    parse,
    visit,
)

from portal.publishing.access_table import access_table

SDL, ACCESS = "schema.graphql", "access.md"
RELEASED = "released.graphql"
"""The schema that partners know: written at a release, compared with at every check."""


@dataclass(frozen=True)
class Stale:
    """A written file that no longer says what the code says."""

    path: Path
    should_say: str


def written(schema: strawberry.Schema, folder: Path) -> dict[Path, str]:
    """Every written file of the contract that needs no database, with its text."""
    core = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    return {folder / SDL: schema.as_str().rstrip() + "\n", folder / ACCESS: access_table(core)}


def stale(texts: dict[Path, str]) -> list[Path]:
    """The files that are missing or say something else."""
    return [p for p, text in texts.items() if not p.exists() or p.read_text() != text]


def breaking_changes(before: str, after: str, changelog: str) -> list[str]:
    """What a partner's program may trip over; a change that CHANGELOG names is announced.

    A line of CHANGELOG names a change when it holds the description that graphql-core gives it.
    """
    found = find_breaking_changes(build_schema(before), build_schema(after))
    return [c.description for c in found if c.description not in changelog]


def undated_deprecations(sdl: str) -> list[str]:
    """What is deprecated without a day: partners need to know since when, as `2026-11-16`."""
    found = _Undated()
    visit(parse(sdl), found)
    return found.places


class _Undated(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def enter_directive(
        self, node: DirectiveNode, _key: object, _parent: object, _path: object, above: list[object]
    ) -> None:
        if node.name.value != "deprecated":
            return
        reasons = [each.value for each in node.arguments or ()]
        if not any(isinstance(r, StringValueNode) and _names_a_day(r.value) for r in reasons):
            names = (getattr(each, "name", None) for each in above if isinstance(each, Node))
            self.places.append(".".join(name.value for name in names if name))


def _names_a_day(reason: str) -> bool:
    for found in re.findall(r"\b\d{4}-\d{2}-\d{2}\b", reason):
        try:
            date.fromisoformat(found)
        except ValueError:
            continue
        return True
    return False
