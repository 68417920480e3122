"""What is written down for people names what is there, and all of it."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from graphql import build_schema, parse, validate

from portal.acting.codes import FAULTS, REFUSALS, WARNINGS
from portal.changes.keeping import KEYS_KEPT
from portal.cli import COMMANDS
from portal.edge.codes import Code
from portal.edge.limits import Limits

README, ARCHITECTURE = Path("README.md"), Path("ARCHITECTURE.md")
PAGES = (README, ARCHITECTURE, *(Path(f, "README.md") for f in ("graphql", "deploy")))
TOOLS = tomllib.loads(Path("pyproject.toml").read_text())["tool"]
SPOKEN = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*")
CALLS = {"Finding": "fault", "field": "fault", "Warned": "warning", "warn": "warning"}
"""What names a code last, or as `code`, and what the code then is."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("portal", "auth"):
        for file in sorted(Path(folder).rglob("*.py")):
            yield file, ast.parse(file.read_text())


def spoken(node: ast.AST | None) -> str | None:
    """The code that a node is, if it is one."""
    text = node.value if isinstance(node, ast.Constant) else None
    return text if isinstance(text, str) and SPOKEN.fullmatch(text) else None


def named_code(key: ast.AST | None) -> bool:
    return isinstance(key, ast.Constant) and key.value == "code"


def said(node: ast.AST) -> tuple[str, str] | None:
    """What a piece of source says: (kind, code)."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=more):
            named = [k.value for k in more if k.arg == "code"] or args[-1:]
            code = spoken(named[0]) if named else None
            kind = "refusal" if name == "_about" else CALLS.get(name)
            return (kind, code) if kind and code else None
        case ast.AnnAssign(target=ast.Name(id="code"), value=value) if code := spoken(value):
            return "fault", code
        case ast.Dict(keys=keys, values=values):
            found = [spoken(v) for k, v in zip(keys, values, strict=True) if named_code(k)]
            return ("refusal", found[0]) if found and found[0] else None
    return None


def used(kind: str) -> set[str]:
    found = (said(node) for _, tree in sources() for node in ast.walk(tree))
    return {pair[1] for pair in found if pair and pair[0] == kind}


@pytest.mark.parametrize(("kind", "listed"), [("fault", FAULTS), ("warning", WARNINGS)])
def test_every_code_of_a_fault_or_warning_is_listed_and_none_is_listed_in_vain(
    kind: str, listed: dict[str, str]
) -> None:
    assert used(kind) == set(listed), "mend portal/acting/codes.py, then run `poe contract`"


def test_every_code_of_a_refusal_is_listed_and_none_is_listed_in_vain() -> None:
    assert used("refusal") - set(Code.__members__) == set(REFUSALS)


def rooms() -> list[str]:
    """Each folder and module of portal/ as a person would write it."""
    portal = Path("portal")
    folders = [f"{p.name}/" for p in portal.iterdir() if (p / "__init__.py").exists()]
    modules = [p.name for p in portal.glob("*.py") if p.name != "__init__.py"]
    return sorted(folders + modules)


def test_the_architecture_names_every_room_and_module() -> None:
    page = ARCHITECTURE.read_text()
    assert [name for name in rooms() if not re.search(rf"[`/]{re.escape(name)}`", page)] == []


def test_the_architecture_names_no_path_that_is_not_there() -> None:
    page = ARCHITECTURE.read_text()
    named = re.findall(r"`((?:portal|auth|tests|graphql|deploy)/[\w./-]*)`", page)
    assert [path for path in named if not Path(path).exists()] == []


def test_the_architecture_draws_the_arrows_that_are_held() -> None:
    drawn = re.search(r"```layers\n(.*?)```", ARCHITECTURE.read_text(), re.DOTALL)
    assert drawn, "ARCHITECTURE.md has a block ```layers"
    assert drawn[1].splitlines() == TOOLS["importlinter"]["contracts"][0]["layers"]


def test_the_order_of_the_drawers_is_held_in_every_feature() -> None:
    held = TOOLS["importlinter"]["contracts"][1]["containers"]
    features = {file.parent for file in Path("portal").glob("*/api.py")}
    assert {".".join(feature.parts) for feature in features} <= set(held)


def commands() -> set[str]:
    """Every command as a person types it."""
    found: set[str] = set()
    for name, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        found |= typed(name, getattr(importlib.import_module(module), attribute))
    return found


def typed(name: str, command: click.Command) -> set[str]:
    if not isinstance(command, click.Group):
        return {name}
    return {word for inner, c in command.commands.items() for word in typed(f"{name} {inner}", c)}


def test_the_readme_has_every_command_and_no_other() -> None:
    table = README.read_text().partition("## Commands")[2].partition("\n## ")[0]
    listed = re.findall(r"`portal ([a-z ]*[a-z])", table)
    assert sorted(listed) == sorted(commands())


def test_every_command_that_a_page_names_is_one() -> None:
    for page in PAGES:
        named = set(re.findall(r"(?:`|uv run |^)portal ([a-z]+)", page.read_text(), re.MULTILINE))
        assert named <= set(COMMANDS), page


def test_every_link_between_the_pages_leads_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page}: {link}"


def test_every_poe_task_that_a_page_names_is_one() -> None:
    for page in PAGES:
        named = set(re.findall(r"(?:`|uv run )poe ([a-z-]+)", page.read_text()))
        assert named <= set(TOOLS["poe"]["tasks"]), page


def test_the_queries_that_the_guide_prints_fit_the_schema() -> None:
    guide = Path("graphql/README.md").read_text()
    printed = re.findall(r"```graphql\n(.*?)```", guide, re.DOTALL)
    schema = build_schema(Path("graphql/schema.graphql").read_text())
    assert len(printed) > 3
    assert [error for text in printed for error in validate(schema, parse(text))] == []


def test_the_guide_prints_the_limits_that_hold() -> None:
    guide, limits = Path("graphql/README.md").read_text(), Limits()
    table = guide.partition("## Limits")[2].partition("## Errors")[0]
    printed = [int(n.replace(",", "")) for n in re.findall(r"\| ([\d,]+) \|", table)]
    assert printed == [
        limits.cost, limits.fields, limits.depth, limits.aliases, limits.characters,
        limits.body_bytes, limits.seconds,
    ]  # fmt: skip
    assert f"kept for {KEYS_KEPT.days} days" in guide
