"""Who installs the portal gets the portal, and not the tools that its makers write it with."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal import cli

WHEEL = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
LEFT_OUT = [Path(each) for each in WHEEL["wheel"]["exclude"]]


def left_out(file: Path) -> bool:
    return any(file == each or each in file.parents for each in LEFT_OUT)


def shipped() -> Iterator[Path]:
    for package in WHEEL["wheel"]["packages"]:
        yield from (file for file in Path(package).rglob("*.py") if not left_out(file))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{each.name}" for each in names)


def test_what_is_left_out_is_there_to_be_left_out() -> None:
    assert [str(each) for each in LEFT_OUT if not each.exists()] == []


def test_nothing_that_is_shipped_needs_what_is_not() -> None:
    tools = {".".join(each.with_suffix("").parts) for each in LEFT_OUT}
    needed = {
        (str(file), name)
        for file in shipped()
        for name in imported(file)
        if any(name == tool or name.startswith(f"{tool}.") for tool in tools)
    }
    assert needed == set()


def test_an_installed_portal_does_not_offer_to_write_its_contract(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = CliRunner().invoke(cli.main, ["--help"]).output
    assert "contract" in listed
    monkeypatch.setattr(cli, "find_spec", lambda _: None)  # as where the file is not
    assert "contract" not in CliRunner().invoke(cli.main, ["--help"]).output
    ran = CliRunner().invoke(cli.main, ["contract"])
    assert (ran.exit_code, "No such command" in ran.output) == (2, True)
