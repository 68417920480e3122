"""An administrator replaces a program's key and ends a program; nobody else does."""

import json
from pathlib import Path

import pytest
from support.commands import run
from support.databases import environ_of, execute, value

from portal.client import read_key
from portal.sample.partnership import membership_id
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

ADMIN = ("--as", "police.administrator")
USABLE = "SELECT string_agg(thumbprint, ' ') FROM client_key WHERE retired_at IS NULL"
NEWEST = "SELECT concat_ws(' ', verb, outcome, rule, object_id) FROM audit_line"


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """The sample partnership."""
    bootstrap(server.dsn, "ending")
    environ = environ_of(server, "ending")
    assert run("seed", "--initiatives", "1", environ=environ).exit_code == 0
    return environ


@pytest.fixture
def client(environ: dict[str, str], tmp_path: Path):
    return lambda *said: run("client", *map(str, said), environ=environ)


@pytest.fixture
def program(client, tmp_path: Path) -> str:
    """A program of the police, its key in old.json."""
    given = ("--owner", "police.coordinator", "--name", "Rota", "--key", tmp_path / "old.json")
    ran = client("add", *ADMIN, *given)
    assert ran.exit_code == 0, ran.output
    return ran.output.partition("Added Rota: ")[2].split()[0]


def usable(environ: dict[str, str], program: str) -> object:
    return value(environ["PORTAL_OWNER_DATABASE_URL"], f"{USABLE} AND client_id = '{program}'")


def newest(environ: dict[str, str]) -> object:
    return value(environ["PORTAL_OWNER_DATABASE_URL"], f"{NEWEST} ORDER BY at DESC LIMIT 1")


def test_a_key_is_replaced_without_a_gap(client, environ, program, tmp_path: Path):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    added = client("key", "add", program, *ADMIN, "--key", new)
    assert added.exit_code == 0, added.output
    assert newest(environ).startswith("add_client_key done ")
    both = {read_key(file).thumbprint() for file in (old, new)}
    assert set(usable(environ, program).split()) == both
    retired = client("key", "retire", program, json.loads(old.read_text())["kid"], *ADMIN)
    assert retired.exit_code == 0, retired.output
    assert newest(environ).startswith("retire_client_key done ")
    assert usable(environ, program) == read_key(new).thumbprint()


def test_an_ended_program_is_ended_once_and_gets_no_more_keys(client, environ, program, tmp_path):
    assert client("end", program, *ADMIN).output == f"Ended {program}.\n"
    assert newest(environ) == f"end_client done {program}"
    for said in (("end",), ("key", "add")):
        key = ("--key", tmp_path / "new.json") if "add" in said else ()
        ran = client(*said, program, *ADMIN, *key)
        assert (ran.exit_code, "has ended" in ran.output) == (1, True)
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("who", ["police.coordinator", "wirral.administrator"])
def test_nobody_else_touches_an_agencys_program(client, environ, program, tmp_path, who):
    says = "Only an administrator" if who.startswith("police") else "Your agency has no such"
    kid = json.loads((tmp_path / "old.json").read_text())["kid"]
    attempts = {
        "end_client": ("end", program),
        "add_client_key": ("key", "add", program, "--key", tmp_path / "new.json"),
        "retire_client_key": ("key", "retire", program, kid),
    }
    for verb, said in attempts.items():
        ran = client(*said, "--as", membership(environ, who))
        assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
        assert says in ran.output
        assert newest(environ).startswith(f"{verb} refused ")
    assert usable(environ, program) == kid
    assert not (tmp_path / "new.json").exists()


def membership(environ: dict[str, str], who: str) -> str:
    """Wirral's viewer is its administrator here: the sample has none."""
    if who == "police.coordinator":
        return who
    row = membership_id("wirral.viewer")
    given = f"INSERT INTO membership_role VALUES ('{row}', 'agency_administrator')"  # noqa: S608
    execute(environ["PORTAL_OWNER_DATABASE_URL"], f"{given} ON CONFLICT DO NOTHING")
    return str(row)


def test_the_only_key_is_retired_only_when_that_is_meant(client, environ, program, tmp_path):
    kid = json.loads((tmp_path / "old.json").read_text())["kid"]
    ran = client("key", "retire", program, kid, *ADMIN)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert "Add its new key first" in ran.output
    assert usable(environ, program) == kid
    assert client("key", "retire", program, kid, *ADMIN, "--even-the-last").exit_code == 0
    assert usable(environ, program) is None


def test_a_program_is_changed_renewed_and_listed(client, environ, program, tmp_path: Path):
    back = ("--redirect-uri", "http://localhost:3000/back")
    ran = client("change", program, *ADMIN, "--name", "Rota 2", *back)
    assert ran.exit_code == 0, ran.output
    assert "works with a demonstration portal only" in ran.output
    assert client("renew", program, *ADMIN, "--days", "5").exit_code == 0
    listed = client("list", *ADMIN).output
    kid = json.loads((tmp_path / "old.json").read_text())["kid"]
    assert f"{program}  until " in listed
    assert "Rota 2  (initiatives:read)" in listed
    assert kid in listed
    assert kid not in client("list", "--as", "police.viewer").output
    changed = "SELECT array_to_string(grants, ' ') FROM client WHERE id = "
    dsn = environ["PORTAL_OWNER_DATABASE_URL"]
    assert value(dsn, f"{changed}'{program}'") == "authorization_code client_credentials"
    assert client("change", program, *ADMIN, "--for-itself-only").exit_code == 0
    assert value(dsn, f"{changed}'{program}'") == "client_credentials"


def test_a_program_that_cannot_be_is_refused_with_a_line_for_each_fault(client, tmp_path: Path):
    given = ("--owner", "wirral.viewer", "--name", " ", "--key", tmp_path / "bad.json")
    ran = client("add", *ADMIN, *given, "--redirect-uri", "http://example.org/")
    assert ran.exit_code == 1
    lines = ran.output.removeprefix("Error: ").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["name", "redirectUris.0", "owner"]
    assert not (tmp_path / "bad.json").exists()
    neither = client("add", *ADMIN, "--owner", "police.coordinator", "--name", "Rota")
    assert "--jwks-uri" in neither.output


@pytest.mark.parametrize("unknown", ["nonsense", "--begins-as-one-thumbprint-in-64-may"])
def test_a_key_that_is_not_known_is_answered_with_those_in_use(
    client, program, tmp_path: Path, unknown
):
    ran = client("key", "retire", program, unknown, *ADMIN)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert f"In use: {read_key(tmp_path / 'old.json').thumbprint()}." in ran.output


@pytest.mark.parametrize("dates", ["ends_on = '2026-01-01'", "starts_on = '2999-01-01'"])
def test_an_owner_who_is_not_at_work_answers_for_no_program(client, environ, tmp_path, dates):
    owner = environ["PORTAL_OWNER_DATABASE_URL"]
    row = membership_id("police.contributor")
    was = value(owner, f"SELECT starts_on::text FROM membership WHERE id = '{row}'")  # noqa: S608
    execute(owner, f"UPDATE membership SET {dates} WHERE id = '{row}'")  # noqa: S608
    given = ("--owner", "police.contributor", "--name", "Late", "--key", tmp_path / "late.json")
    ran = client("add", *ADMIN, *given)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert "is not at work for your agency today" in ran.output
    assert not (tmp_path / "late.json").exists()
    back = f"UPDATE membership SET starts_on = '{was}', ends_on = NULL WHERE id = '{row}'"  # noqa: S608
    execute(owner, back)
