"""An operator migrates, checks and serves, and is told in one line what is wrong."""

import re
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from support.commands import run, started
from support.databases import environ_of, execute
from support.keyrings import throwaway_folder

from portal.cli import COMMANDS
from portal.store.bootstrap import bootstrap
from portal.store.migrations.migrate import head
from portal.store.server import Server

NOWHERE = "postgresql:///portal?host=/nowhere&user=portal_runtime"


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """A database that somebody has just been given."""
    bootstrap(server.dsn, "operated")
    return {**environ_of(server, "operated"), "PORTAL_KEYS_FOLDER": str(throwaway_folder())}


def where(environ: dict[str, str]) -> str:
    """The first line of `portal check`."""
    folder = parse_qs(urlsplit(environ["PORTAL_DATABASE_URL"]).query)["host"][0]
    return (
        f"This is the database operated on {folder}, as PORTAL_*_DATABASE_URL say. Mode: demo;"
        " PORTAL_MODE=production turns the strict checks on.\n"
    )


def test_the_operator_is_led_from_an_empty_database_to_one_that_is_served(environ):
    empty = run("check", environ=environ)
    assert (empty.exit_code, empty.output) == (
        1,
        where(environ) + "The database is empty: run `portal migrate`.\n",
    )
    first = run("migrate", environ=environ)
    assert (first.exit_code, first.output) == (
        0,
        f"Migrated from an empty database to {head()}.\nNext: portal check\n",
    )
    assert f"is at {head()} already" in run("migrate", environ=environ).output
    well = run("check", environ=environ)
    assert (well.exit_code, well.output) == (
        0,
        where(environ) + "Nothing is missing or unsafe. Next: portal serve\n",
    )
    check_it_is_served(environ)


def check_it_is_served(environ) -> None:
    base = {**environ, "PORTAL_BASE_URL": "http://localhost:8000"}
    with started("serve", "--port", "0", until="Serving", environ=base) as served:
        assert "Serving http://localhost:8000 on 127.0.0.1:" in served.said
        said = re.search(r"127\.0\.0\.1:(\d+), from operated on /", served.said)
        assert said, served.said
        port = said[1]
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=60).status_code == 200
        assert served.stop(signal.SIGTERM)[0] == 0


def test_each_missing_setting_is_named_with_a_remedy(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("portal.cli.common.at_work", lambda: None)
    ran = run("check")
    assert ran.exit_code == 1
    assert ran.output.startswith("No database is named, and no demo is at work here.\n")
    for name in ("DATABASE", "AUTH_DATABASE", "COMMAND_DATABASE", "OWNER_DATABASE"):
        assert f"PORTAL_{name}_URL is not set: set it to" in ran.output
    for command in ("migrate", "serve"):
        one = run(command)
        assert (one.exit_code, one.output.count("\n")) == (1, 1)
        assert "is not set: set it to the address for" in one.output
        assert "`portal demo`" in one.output


def test_a_setting_that_makes_no_sense_is_named(environ):
    for command in ("check", "migrate", "serve"):
        ran = run(command, environ={**environ, "PORTAL_POOL_SIZE": "many"})
        assert ran.exit_code == 1
        assert "PORTAL_POOL_SIZE=many" in ran.output


def test_a_password_is_never_printed(environ):
    url = "postgresql://portal_runtime:secret@db.invalid:1/portal"
    ran = run("check", environ={**environ, "PORTAL_DATABASE_URL": url})
    assert ran.output.startswith("This is the database portal on db.invalid:1, as PORTAL_")
    assert "secret" not in ran.output


def test_a_database_that_does_not_answer_is_said_in_one_line(environ):
    ran = run("check", environ={**environ, "PORTAL_DATABASE_URL": NOWHERE})
    assert ran.exit_code == 1
    assert "PORTAL_DATABASE_URL does not lead to a database that answers: " in ran.output
    ran = run("migrate", environ={**environ, "PORTAL_OWNER_DATABASE_URL": NOWHERE})
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert ran.output.startswith("Error: The database does not answer: ")


@pytest.mark.parametrize(
    ("role", "power"),
    [
        ("postgres", "is a superuser"),
        ("portal_owner", "owns tables"),
        ("portal_auth", "reaches the credentials"),
        ("portal_command", "may act as anybody"),
    ],
)
def test_a_role_that_no_rule_binds_is_found(server: Server, environ, role, power):
    assert run("migrate", environ=environ).exit_code == 0
    loose = {**environ, "PORTAL_DATABASE_URL": server.dsn(role, "operated")}
    ran = run("check", environ=loose)
    assert ran.exit_code == 1
    assert f"PORTAL_DATABASE_URL signs in as a role that {power}" in ran.output


def test_a_database_that_another_release_has_migrated_is_left_alone(server: Server, tmp_path: Path):
    bootstrap(server.dsn, "newer")
    environ = environ_of(server, "newer")
    assert run("migrate", environ=environ).exit_code == 0
    execute(server.dsn("portal_owner", "newer"), "UPDATE alembic_version SET version_num = 'x'")
    assert "Another release has migrated" in run("check", environ=environ).output
    ran = run("migrate", environ=environ)
    assert (ran.exit_code, "which this release does not know" in ran.output) == (1, True)
    again = run("demo", "--port", "0", "--folder", str(tmp_path), environ=environ)
    assert (again.exit_code, "Another version of the portal" in again.output) == (1, True)


def test_nothing_unsafe_is_served_in_production(environ):
    ran = run("serve", "--port", "0", environ={**environ, "PORTAL_MODE": "production"})
    assert ran.exit_code == 1
    assert "PORTAL_BASE_URL is http://localhost:8000: set it to the public https://" in ran.output
    assert "Nothing is served." in ran.output


def test_a_demo_at_size_is_seeded_from_nothing(server: Server):
    bootstrap(server.dsn, "seeded")
    environ = environ_of(server, "seeded")
    for _ in range(2):
        ran = run("seed", "--initiatives", "3", environ=environ)
        assert ran.exit_code == 0, ran.output
        assert "3 initiatives and 0 referrals added." in ran.output
    assert run("seed", "--initiatives", "0", environ=environ).exit_code == 2


def test_the_sample_is_never_written_beside_real_agencies(server: Server, tmp_path: Path):
    bootstrap(server.dsn, "real")
    environ = environ_of(server, "real")
    assert run("migrate", environ=environ).exit_code == 0
    execute(
        server.dsn("portal_owner", "real"),
        "INSERT INTO agency (id, name, short_name, kind, in_partnership, shows_names)"
        " VALUES (gen_random_uuid(), 'A', 'A', 'council', true, true)",
    )
    for command in (
        ("demo", "--port", "0", "--folder", str(tmp_path)),
        ("seed", "--initiatives", "1"),
    ):
        ran = run(*command, environ=environ)
        assert ran.exit_code == 1
        assert ran.output == (
            "Error: The database holds agencies that are no sample: it stays as it is.\n"
        )
    reset = run("demo", "--port", "0", "--folder", str(tmp_path), "--reset", environ=environ)
    assert (reset.exit_code, "PORTAL_DATABASE_URL names yours" in reset.output) == (1, True)


def test_there_is_no_demo_in_production(server: Server, tmp_path: Path):
    environ = {**environ_of(server, "portal"), "PORTAL_MODE": "production"}
    for command in (
        ("demo", "--port", "0", "--folder", str(tmp_path)),
        ("seed", "--initiatives", "1"),
    ):
        ran = run(*command, environ=environ)
        assert (ran.exit_code, ran.output.startswith("Error: PORTAL_MODE")) == (1, True)


def test_every_command_explains_itself():
    listed = run("--help").output
    for name, (_, says) in COMMANDS.items():
        assert f"{name}  " in listed
        assert says in listed
        explained = run(name, "--help")
        assert explained.exit_code == 0
        assert len(explained.output) > 150
