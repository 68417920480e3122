"""A clean clone gets the versions that were tried, although uv.lock is not committed."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from portal.write_constraints import constrained, direct, further

TEXT = Path("pyproject.toml").read_text()
LISTED = """\
alpha==1.0
beta==2.0 ; sys_platform == 'win32'
gamma==3.0 ; python_full_version < '3.12'
gamma==3.1 ; python_full_version >= '3.12'
"""


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None  # not needed on this platform


def test_what_is_installed_is_what_is_pinned() -> None:
    pinned = tomllib.loads(TEXT)["tool"]["uv"]["constraint-dependencies"]
    pairs = [line.split("==") for line in pinned if ";" not in line]
    found = {name: installed(name) for name, _ in pairs}
    assert {n: v for n, v in pairs if found[n] not in {v, None}} == {}, "run `uv sync`"
    assert len(pairs) > 20


def test_what_is_pinned_as_a_dependency_is_no_constraint_too() -> None:
    declared = direct(TEXT)
    pinned = tomllib.loads(TEXT)["tool"]["uv"]["constraint-dependencies"]
    assert {"sqlalchemy", "ruff"} <= declared
    assert [line for line in pinned if line.partition("==")[0] in declared] == []


def test_a_version_depends_on_the_platform_only_where_there_are_two() -> None:
    assert further(LISTED, {"alpha"}) == ["beta==2.0", *LISTED.splitlines()[2:]]


def test_the_constraints_replace_those_of_before_and_touch_nothing_else() -> None:
    once = constrained("[tool.uv]\ncache = true\n\n[other]\nlist = []\n", ["a==1"])
    assert tomllib.loads(once) == {
        "tool": {"uv": {"constraint-dependencies": ["a==1"], "cache": True}},
        "other": {"list": []},
    }
    assert constrained(once, ["a==1"]) == once


def test_neither_names_a_host() -> None:
    assert "://" not in TEXT
