"""A command without settings, beside a demo at work, lives on the demo's day and at its address."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4
from zipfile import ZipFile

import pytest
from support.commands import PORTAL, run
from support.databases import environ_of, value

from auth.oauth.clients import new_private_key, write_private_key
from portal.sample.notes import Notes
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

ADDRESS, DAY = "http://localhost:18123", "2026-11-05"
WHO = ("--as", "wirral.coordinator")
NEWEST = (
    "SELECT (at AT TIME ZONE 'Europe/London')::date || ' ' || verb"
    " FROM audit_line WHERE verb = '{}' LIMIT 1"
)


@pytest.fixture(scope="module")
def databases(server: Server) -> dict[str, str]:
    bootstrap(server.dsn, "beside")
    environ = environ_of(server, "beside")
    assert run("seed", "--initiatives", "1", environ=environ).exit_code == 0
    return environ


@pytest.fixture
def demo(databases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a demo that serves these databases; the environment says nothing of it."""
    at_work = SimpleNamespace(environ=lambda: databases)
    monkeypatch.setattr("portal.cli.common.at_work", lambda: at_work)
    monkeypatch.setattr("portal.cli.common.demo_folder", lambda: tmp_path)
    Notes(ADDRESS, DAY, tmp_path).write()
    return tmp_path


def exported(file: Path, **environ: str) -> str:
    """All texts of an export."""
    ran = run("export", "initiatives", str(file), *WHO, environ=environ)
    assert ran.exit_code == 0, ran.output
    with ZipFile(file) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def test_an_export_names_the_demos_address_and_day(demo: Path):
    said = exported(demo / "out.xlsx")
    assert ADDRESS in said
    assert f"{DAY} " in said


def test_a_program_asks_the_demo_at_whatever_port_it_is(demo: Path):
    write_private_key(demo / "key.json", new_private_key())
    whose = ("--client", str(uuid4()), "--key", str(demo / "key.json"))
    asked = ("token", *whose)
    assert f"{ADDRESS} does not answer" in run(*asked).output
    given = run(*asked, environ={"PORTAL_BASE_URL": "http://localhost:18124"}).output
    assert "http://localhost:18124 does not answer" in given
    (demo / "demo.json").unlink()
    assert "http://localhost:8000" in run("query", "--help").output


def test_what_the_environment_says_comes_first(demo: Path):
    said = exported(demo / "out.xlsx", PORTAL_TODAY="2026-10-01")
    assert "2026-10-01 " in said
    assert ADDRESS in said


def test_an_import_happens_on_the_demos_day(demo: Path, databases):
    file = demo / "in.csv"
    ran = run("export", "initiatives", str(file), *WHO)
    head = file.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    row = {
        "Initiative": "W1",
        "Title": "Walks home",
        "Summary": "Together.",
        "Visibility": "partnership",
    }
    file.write_text("\n".join([",".join(head), ",".join(row.get(name, "") for name in head)]))
    ran = run("import", "initiatives", str(file), *WHO, "--apply")
    assert ran.exit_code == 0, ran.output
    owner = databases["PORTAL_OWNER_DATABASE_URL"]
    made = "SELECT (created_at AT TIME ZONE 'Europe/London')::date::text FROM initiative"
    assert value(owner, f"{made} WHERE title = 'Walks home'") == DAY


def test_a_program_is_let_in_on_the_demos_day(demo: Path, databases):
    who = ("--as", "police.administrator", "--owner", "police.coordinator")
    ran = run("client", "add", *who, "--name", "Rota", "--key", str(demo / "key.json"))
    assert ran.exit_code == 0, ran.output
    line = value(databases["PORTAL_OWNER_DATABASE_URL"], NEWEST.format("add_client"))
    assert line == f"{DAY} add_client"
    # Tokens and keys live in real time, as the demo's own programs do.
    alive = "SELECT created_at <= now() AND expires_at > now() FROM client WHERE name = 'Rota'"
    assert value(databases["PORTAL_OWNER_DATABASE_URL"], alive) is True


def test_a_demo_that_is_not_ready_is_waited_for(demo: Path):
    (demo / "demo.json").unlink()
    ran = run("export", "initiatives", str(demo / "out.csv"), *WHO)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert "wait until `portal demo` says it is ready" in ran.output


def test_a_check_says_first_that_it_looks_at_the_demo(demo: Path, databases):
    said = run("check").output.splitlines()
    assert said[0].startswith(f"This is the demo at {ADDRESS} and its database beside on /")
    assert said[0].endswith(": PORTAL_*_DATABASE_URL name no other.")
    own = run("check", environ=databases).output
    assert own.startswith("This is the database beside on /")


def test_a_command_says_that_it_works_on_the_demo_and_is_silent_on_a_database_of_ones_own(
    demo: Path, databases
):
    told = f"With the database of the demo at {ADDRESS}: PORTAL_*_DATABASE_URL name none.\n"
    export = ("export", "initiatives", str(demo / "said.csv"), *WHO, "--replace")
    assert run(*export).stderr == told
    assert run("serve", "--port", "0").stderr.startswith(told)
    assert run(*export, environ=databases).stderr == ""


def test_in_production_no_demo_is_meant(demo: Path):
    ran = run(
        "export", "initiatives", str(demo / "o.csv"), *WHO, environ={"PORTAL_MODE": "production"}
    )
    assert (ran.exit_code, "PORTAL_COMMAND_DATABASE_URL is not set" in ran.output) == (1, True)


def test_ctrl_c_ends_a_command_with_one_line_and_nothing_half_done(tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text("Initiative,Title\na,b\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://portal_command@127.0.0.1:{silent.getsockname()[1]}/portal"
        process = subprocess.Popen(  # noqa: S603 - our own command
            [PORTAL, "import", "initiatives", file, *WHO],
            env={**os.environ, "PORTAL_COMMAND_DATABASE_URL": url},
            stderr=subprocess.PIPE,
            text=True,
        )
        with silent.accept()[0] as line:
            line.recv(1)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    told = "\nStopped. What was under way has been taken back.\n"
    assert (process.returncode, said) == (130, told)
