"""An administrator lets a program of the agency in; nobody else does, and no further."""

import stat
from pathlib import Path

import pytest
from support.commands import run
from support.databases import environ_of, value

from portal.client import read_key
from portal.sample.partnership import membership_id
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

SCOPES = ("--scope", "initiatives:read", "--scope", "initiatives:contribute")


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """The sample partnership."""
    bootstrap(server.dsn, "admitting")
    environ = environ_of(server, "admitting")
    assert run("seed", "--initiatives", "1", environ=environ).exit_code == 0
    return environ


@pytest.fixture
def add(environ: dict[str, str], tmp_path: Path):
    """`portal client add` with what a careful administrator gives, but for the changes."""

    def add(*more: str, who: str = "police.administrator", owner: str = "police.coordinator"):
        key = str(tmp_path / "key.json")
        given = ("--as", who, "--owner", owner, "--name", "Rota", "--key", key)
        return run("client", "add", *given, *more, environ=environ)

    return add


def count(environ: dict[str, str]) -> object:
    return value(environ["PORTAL_OWNER_DATABASE_URL"], "SELECT count(*) FROM client")


def test_an_administrator_lets_a_program_in(add, environ, tmp_path: Path):
    ran = add(*SCOPES)
    assert ran.exit_code == 0, ran.output
    client_id = ran.output.partition("Added Rota: ")[2].split()[0]
    key = tmp_path / "key.json"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert f"portal query FILE --client {client_id} --key {key}" in ran.output
    known = (
        "SELECT concat_ws(' ', c.id, k.thumbprint, a.short_name, array_length(c.scopes, 1), l.verb)"
        " FROM client c JOIN client_key k ON k.client_id = c.id JOIN agency a ON a.id = agency_id"
        " JOIN audit_line l ON l.object_id = c.id AND l.outcome = 'done' WHERE c.name = 'Rota'"
    )
    found = value(environ["PORTAL_OWNER_DATABASE_URL"], known)
    assert found == f"{client_id} {read_key(key).thumbprint()} Police 2 add_client"


def test_who_may_not_is_told_who_could(add):
    ran = add(who="police.coordinator")
    administrator = membership_id("police.administrator")
    assert f"Who could: --as {administrator} (Gil Thorne)" in ran.output
    assert "Your agency has no administrator yet" in add(who="cheshire.viewer").output


REFUSED = {
    "a coordinator": (("police.coordinator",) * 2, "initiatives:read", "Only an administrator"),
    "a viewer elsewhere": (("wirral.viewer",) * 2, "initiatives:read", "Only an administrator"),
    "for another agency's member": (
        ("police.administrator", "wirral.coordinator"), "initiatives:read", "your own agency",
    ),
    "for one without the right": (
        ("police.administrator",) * 2, "initiatives:read", "do not allow initiatives:read",
    ),
    "beyond its owner's roles": (
        ("police.administrator", "police.coordinator"), "audit:read", "do not allow audit:read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_not_is_told_why_and_nothing_is_left(add, environ, tmp_path, case):
    (who, owner), scope, says = REFUSED[case]
    before = count(environ)
    ran = add("--scope", scope, who=who, owner=owner)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert says in ran.output
    assert not (tmp_path / "key.json").exists()
    assert count(environ) == before
    newest = "SELECT verb || ' ' || outcome FROM audit_line ORDER BY at DESC LIMIT 1"
    assert value(environ["PORTAL_OWNER_DATABASE_URL"], newest) == "add_client refused"


def test_a_key_file_is_never_overwritten(add, tmp_path: Path):
    (tmp_path / "key.json").write_text("precious")
    ran = add()
    assert (ran.exit_code, "is there already" in ran.output) == (1, True)
    assert (tmp_path / "key.json").read_text() == "precious"


def test_nobody_adds_a_program_by_hand_to_another_agency(server: Server, environ):
    """The row rule itself, without the command's kind words."""
    admin = membership_id("police.administrator")
    row = (
        "INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, created_at,"
        " expires_at) SELECT gen_random_uuid(), m.agency_id, 'x', m.id, '{initiatives:read}',"
        " now(), now() + interval '1 day' FROM membership m JOIN agency a ON a.id = m.agency_id"
        " WHERE a.short_name = 'Wirral' LIMIT 1"
    )
    opening = f"SELECT principal_id FROM open_command_caller('{admin}', NULL)"  # noqa: S608
    with pytest.raises(Exception, match="row-level security"):
        value(server.dsn("portal_command", "admitting"), opening, row)


def test_an_unknown_id_is_told_so(add):
    ran = add(who="00000000-0000-4000-8000-000000000000")
    assert (ran.exit_code, "This id has no access" in ran.output) == (1, True)
