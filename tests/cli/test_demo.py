"""A newcomer starts the demo, pastes the query it prints, stops it and comes back."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import Key
from support.commands import PORTAL, Started, becomes_empty, run, started

from portal.cli.common import demo_folder
from portal.client import Client, Refused, read_key
from portal.sample.matters import REFERENCE
from portal.sample.partnership import PEOPLE
from portal.store.cluster import home

README = Path(__file__).parents[2] / "README.md"
GUIDE = README.parent / "graphql" / "README.md"
READY = "Ctrl-C stops everything"
TITLES = "{ initiatives(first: 50) { nodes { title } } }"
LOG = "mutation($input: LogInitiativeInput!) { logInitiative(input: $input) { __typename } }"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where an unprivileged PostgreSQL can get to."""
    folder = home() / f"demo-test-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def demo(folder: Path, *more: str):
    return started("demo", "--port", "0", "--folder", str(folder), *more, until=READY)


def notes(folder: Path) -> dict:
    return json.loads((folder / "demo.json").read_text())


def ask(folder: Path, agency: str, document: str = TITLES, **variables) -> dict:
    noted = notes(folder)
    client = next(c for c in noted["clients"] if c["agency"] == agency)
    with httpx2.Client() as http:
        program = Client(noted["base_url"], client["id"], read_key(Path(client["key_file"])), http)
        return program.query(document, variables)["data"]


def test_the_demo_answers_the_query_it_prints_and_is_warm_the_next_time(folder: Path):
    with demo(folder) as first:
        check_the_printed_query(first)
        check_the_readmes_first_query(folder)
        check_the_guides_invitation(folder)
        check_the_guides_matter(folder)
        check_the_notes(folder)
        given = {"title": "Entered by hand", "idempotencyKey": "1"}
        made = ask(folder, "Wirral Council", LOG, input=given)
        assert made == {"logInitiative": {"__typename": "InitiativePayload"}}
        code, rest = first.stop(signal.SIGINT)
    assert (code, "Stopped." in rest) == (0, True)
    assert becomes_empty(folder / "database")
    made_at = (folder / "database" / "PG_VERSION").stat().st_mtime
    lost, kept = (folder / "keys" / f"{agency}.jwk.json" for agency in ("rasa", "wirral"))
    old, before = read_key(lost), kept.read_text()
    lost.unlink()
    with demo(folder) as second:
        assert {"title": "Entered by hand"} in ask(folder, "Wirral Council")["initiatives"]["nodes"]
        check_only_the_new_key_is_accepted(folder, old)
        assert second.stop(signal.SIGTERM)[0] == 0
    assert becomes_empty(folder / "database")
    assert (folder / "database" / "PG_VERSION").stat().st_mtime == made_at
    assert kept.read_text() == before


def check_only_the_new_key_is_accepted(folder: Path, old: Key) -> None:
    assert ask(folder, "RASA Merseyside")["initiatives"]["nodes"]
    [client] = [c for c in notes(folder)["clients"] if c["key"] == "rasa"]
    with httpx2.Client() as http, pytest.raises(Refused, match="Client authentication failed"):
        Client(notes(folder)["base_url"], client["id"], old, http).query(TITLES, {})


def check_the_printed_query(demo: Started) -> None:
    """After the address of the pages, which comes first and leads to the sign-in."""
    lines = demo.said.splitlines()
    opened = re.fullmatch(r"Open (http://localhost:\d+/) in a browser, and .*", lines[1])
    assert opened, demo.said
    page = httpx2.get(opened[1], follow_redirects=True)
    assert (page.status_code, "Sign in as a person of the sample" in page.text) == (200, True)
    begin = next(n for n, line in enumerate(lines) if line.startswith("  echo "))
    pasted = "\n".join(lines[begin : begin + 2]).replace("uv run portal", str(PORTAL))
    ran = subprocess.run(  # noqa: S602 - a person pastes it into a shell
        pasted, shell=True, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert len(json.loads(ran.stdout)["data"]["initiatives"]["nodes"]) == 5


def pasted(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a person sees who pastes a command of a page into a shell, in the checkout."""
    environ = {"PORTAL_BASE_URL": notes(folder)["base_url"], "KEYS": str(folder / "keys")}
    command = command.replace("uv run portal", "portal").replace("portal query", f"{PORTAL} query")
    return subprocess.run(  # noqa: S602 - a person pastes it into a shell
        command.replace(".portal/keys", "$KEYS"),
        shell=True,
        cwd=README.parent,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def check_the_readmes_first_query(folder: Path) -> None:
    _, _, after = README.read_text().partition("## A first query")
    ran = pasted(folder, after.split("```sh\n")[1].split("```")[0])
    assert ran.returncode == 0, ran.stderr
    assert "errors" not in json.loads(ran.stdout)
    assert re.search(r'"nodes": \[\s+\{', ran.stdout)


def check_the_guides_invitation(folder: Path) -> None:
    """RASA's coordination desk accepts; its dashboard was told who could."""
    _, _, after = GUIDE.read_text().partition("Try it in the demo: the police")
    command = after.split("```sh\n")[1].split("```")[0]
    desk, dashboard = (
        next(f"--client {c['id']} --key .portal/keys/{c['key']}.jwk.json" for c in clients)
        for clients in (
            [c for c in notes(folder)["clients"] if c["key"] == key]
            for key in ("rasa-coordinator", "rasa")
        )
    )
    assert desk in command
    refused = pasted(folder, command.replace(desk, dashboard))
    assert refused.returncode == 1
    assert "Who could: an initiative coordinator" in refused.stderr, refused.stderr
    ran = pasted(folder, command)
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)["data"]["acceptInvitation"]
    assert told["partner"]["state"] == "COMMITTED"


def check_the_guides_matter(folder: Path) -> None:
    """Two suspects of one matter come to two outcomes, and the days are kept apart."""
    _, _, after = GUIDE.read_text().partition("## A case, step by step")
    ran = pasted(folder, after.split("```sh\n")[1].split("```")[0])
    assert (ran.returncode, ran.stderr) == (0, "")
    reader, answers, rest = json.JSONDecoder(), [], ran.stdout.strip()
    while rest:
        answer, end = reader.raw_decode(rest)
        answers.append(answer["data"])
        rest = rest[end:].strip()
    before, after_it = (
        [one for one in answer["queue"]["nodes"] if one["referral"]["reference"] == REFERENCE]
        for answer in (answers[0], answers[-1])
    )
    assert {one["suspect"]: one["state"] for one in before} == {1: "magistrates", 2: "action_plan"}
    assert {one["suspect"]: one["state"] for one in after_it} == {
        1: "magistrates",
        2: "nfa_notified",
    }
    held = {
        one["suspect"]: {each["holder"]: each["days"] for each in one["daysHeld"]}
        for one in after_it
    }
    assert held == {1: {"police": 6, "cps": 5, "court": 3}, 2: {"police": 7, "cps": 7}}


def check_the_notes(folder: Path) -> None:
    noted = notes(folder)
    assert noted["base_url"].startswith("http://localhost:")
    assert {client["agency"] for client in noted["clients"]} >= {
        "RASA Merseyside",
        "Wirral Council",
        "Wirral MARAC",
        "Merseyside Police",
        "CPS Mersey-Cheshire",
        "University of Liverpool",
    }
    for client in noted["clients"]:
        assert stat.S_IMODE(Path(client["key_file"]).stat().st_mode) == 0o600
    people = {person["key"]: person for person in noted["people"]}
    assert set(people) == set(PEOPLE)
    assert people["wirral.coordinator"]["roles"] == ["initiative_coordinator"]


def test_the_help_says_where_everything_is_kept():
    told = run("demo", "--help").output
    assert f"The database:        {home()}\n" in told
    assert f"Keys and demo.json:  {demo_folder()}\n" in told
    assert (os.geteuid() == 0) == ("/var/lib/portal-" in told or "/var/tmp/portal-" in told)  # noqa: S108 - root's


def test_reset_forgets_what_was_entered(folder: Path):
    with demo(folder, "--reset"):
        nodes = ask(folder, "Wirral Council")["initiatives"]["nodes"]
        assert nodes
        assert {"title": "Entered by hand"} not in nodes
        second = run("demo", "--port", "0", "--folder", str(folder), "--reset")
        assert (second.exit_code, second.output.count("\n")) == (1, 1)
        assert "already in use" in second.output


def test_a_port_that_is_taken_is_said_before_anything_is_started(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("demo", "--port", str(port), "--folder", str(tmp_path / "new"))
    assert ran.exit_code == 1
    assert ran.output.startswith(f"Error: Port {port} of 127.0.0.1 cannot be used")
    assert f"--port {port + 1}" in ran.output
    assert ran.output.count("\n") == 1
    assert not (tmp_path / "new").exists()
