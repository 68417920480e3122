"""A newcomer goes through each story of the demo from end to end, and sees what came of it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import PORTAL, run, started

from portal.cli.walk import STORIES
from portal.store.cluster import home

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A demo of its own, where an unprivileged PostgreSQL can get to."""
    folder = home() / f"walks-test-{os.getpid()}"
    with started("demo", "--port", "0", "--folder", str(folder), until="Ctrl-C stops") as demo:
        yield folder
        demo.stop(signal.SIGINT)
    shutil.rmtree(folder, ignore_errors=True)


def walked(folder: Path, story: str, *more: str) -> str:
    ran = run("walk", story, "--folder", str(folder), *more)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_charity_refers_to_a_marac_and_the_university_sees_nothing(folder: Path) -> None:
    told = walked(folder, "marac")
    case = re.search(r"(RF-\w{6}), MeRIT 74\.", told)
    assert case, told
    assert re.search(r"representative +Merseyside Police: Protecting vulnerable people", told)
    assert re.search(r"RF-\w{6} to Wirral, Family safety unit: WAITING", told)
    assert f"{case[1]}: submitted -> accepted" in told
    force, _, university = told.partition("6. The University of Liverpool")
    assert f"{case[1]}: MERIT 74, grade gold" in force
    assert "Merseyside Police answer: KNOWN" in force
    assert force.count("by its reference: 0 found; in its list: False") == 1
    assert university.count("by its reference: 0 found; in its list: False") == 2
    assert "its full view, by its id: nothing" in university


def test_two_suspects_come_to_two_outcomes_and_the_days_are_kept_apart(folder: Path) -> None:
    told = walked(folder, "matter")
    for suspect in (
        "suspect 1: magistrates, turn court; days held: court 3, cps 5, police 6",
        "suspect 2: nfa_notified, turn none; days held: cps 7, police 7",
    ):
        assert suspect in told.partition("Two outcomes")[2]
    again = walked(folder, "matter")
    assert "suspect 2: nfa_notified" in again
    assert "->" not in again


def test_a_suspended_agreement_closes_what_each_party_was_shown(folder: Path) -> None:
    told = walked(folder, "agreement")
    shown = re.search(r"(\d+) previewed, \1 closed: yes, for every agency the very same", told)
    assert shown, told
    assert int(shown[1]) > 0
    own = re.search(r"Wirral: (RF-[\w, -]+)\n", told)
    assert own, told
    assert f"Wirral's IDVA service saw {own[1].count('RF-')}, sees 0; gone: {own[1]}" in told
    assert "everybody sees what they saw before" in told


def test_the_owner_sees_who_opened_its_record_and_why(folder: Path) -> None:
    told = walked(folder, "opened")
    lines = re.findall(r"2026-11-16T\S+Z  Wirral, a program: (\w+)", told)
    assert sorted(lines[:2]) == ["SAFETY", "WORK_ON_CASE"]
    assert told.rstrip().endswith("0 found")


def test_the_requests_of_a_story_can_be_pasted(folder: Path) -> None:
    told = walked(folder, "opened", "--commands")
    first = told.partition("   $ ")[2].partition("\n   Safe contact")[0]
    assert first.startswith("portal query graphql/operations/referral-file.graphql"), told
    ran = subprocess.run(  # noqa: S603 - what a person pastes
        [PORTAL, *shlex.split(first.replace("\\\n", ""))[1:]],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, '"safeContact"' in ran.stdout) == (0, True), ran.stderr


def test_who_has_no_demo_is_told_to_start_one(tmp_path: Path) -> None:
    ran = run("walk", "marac", "--folder", str(tmp_path))
    assert ran.exit_code == 4
    assert "Start `portal demo` in another terminal." in ran.output
    assert ran.output.count("\n") == 1


def test_a_demo_that_has_stopped_is_said_to_be_silent(folder: Path, tmp_path: Path) -> None:
    noted = (folder / "demo.json").read_text()
    (tmp_path / "demo.json").write_text(re.sub(r"localhost:\d+", "localhost:9", noted))
    (tmp_path / "keys").symlink_to(folder / "keys")
    ran = run("walk", "opened", "--folder", str(tmp_path))
    assert ran.exit_code == 4
    assert "does not answer" in ran.output
    assert "Start `portal demo`" in ran.output


def test_the_stories_are_listed_in_the_help() -> None:
    told = run("walk", "--help").output
    assert all(f"{story} " in told for story in STORIES)
    unknown = run("walk", "elsewhere")
    assert (unknown.exit_code, "marac" in unknown.output) == (2, True)
