"""An operator lets an agency's people sign in at their own provider, after it has answered."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import Result
from support.commands import run
from support.databases import environ_of, value
from support.keyrings import throwaway_folder, throwaway_ring
from support.partner import CLIENT_ID, Partner

from auth.federation.providers import about_secret
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

Environ = dict[str, str]


@pytest.fixture(scope="module")
def environ(server: Server) -> Environ:
    """The sample partnership."""
    bootstrap(server.dsn, "providing")
    environ = {
        **environ_of(server, "providing"),
        "PORTAL_KEYS_FOLDER": str(throwaway_folder()),
        "PORTAL_BASE_URL": "https://portal.example",
        "PORTAL_MODE": "demo",
    }
    assert run("seed", "--initiatives", "1", environ=environ).exit_code == 0
    return environ


@pytest.fixture
def add(environ: Environ, partner: Partner) -> Iterator[object]:
    """`portal provider add`, ended again afterwards."""
    name = uuid4().hex[:12]
    partner.add(name)
    added: list[str] = []

    def add(*more: str, agency: str = "Wirral Council", issuer: str = "") -> Result:
        given = ("--agency", agency, "--issuer", issuer or partner.issuer(name))
        ran = run("provider", "add", *given, "--client-id", CLIENT_ID, *more, environ=environ)
        if ran.exit_code == 0:
            added.append(ran.output.split()[1].rstrip("."))
        return ran

    add.partner = partner.providers[name]
    yield add
    for provider in added:
        run("provider", "end", provider, environ=environ)


def asked(environ: Environ, sql: str) -> object:
    return value(environ["PORTAL_OWNER_DATABASE_URL"], sql)


def test_the_operator_is_told_what_the_partner_must_know(add, environ: Environ):
    ran = add("--mfa-acr", "urn:two", "--roles-claim", "roles", "--role", "Portal View=viewer")
    assert ran.exit_code == 0, ran.output
    provider = ran.output.split()[1].rstrip(".")
    assert f"https://portal.example/sign-in/back/{provider}" in ran.output
    assert f"https://portal.example/sign-in/logout/{provider}" in ran.output
    listed = run("provider", "list", environ=environ).output
    assert listed.split()[:3] == [provider, "Wirral", "Council"]
    event = "SELECT concat_ws(' ', kind, outcome, reason) FROM auth_event ORDER BY at DESC LIMIT 1"
    assert asked(environ, event) == f"provider_added done by the operator: {provider}"
    mapped = "SELECT concat_ws(' ', app_role, role) FROM role_mapping"
    assert asked(environ, mapped) == "Portal View viewer"


def test_ending_one_is_final(add, environ: Environ):
    provider = add().output.split()[1].rstrip(".")
    ended = run("provider", "end", provider, environ=environ)
    assert (ended.exit_code, ended.output) == (0, f"Ended {provider}, and 0 sessions with it.\n")
    assert provider not in run("provider", "list", environ=environ).output
    again = run("provider", "end", provider, environ=environ)
    assert "There is no such provider, or it has ended" in again.output
    assert again.exit_code == 1


def test_a_secret_is_kept_sealed_and_renewed(add, environ: Environ, tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("first-secret\n")
    add_with = ("--proof", "client_secret_basic", "--secret-file", str(file))
    provider = add(*add_with).output.split()[1].rstrip(".")
    sealed = f"SELECT sealed FROM auth_secret.provider_secret WHERE provider_id = '{provider}'"  # noqa: S608
    ring, about = throwaway_ring(), about_secret(provider)
    first = asked(environ, sealed)
    assert b"first" not in first
    assert ring.open(first, about) == b"first-secret"
    file.write_text("second-secret\n")
    command = ("provider", "secret", provider, "--secret-file", str(file))
    assert run(*command, environ=environ).exit_code == 0
    assert ring.open(asked(environ, sealed), about) == b"second-secret"


REFUSED = {
    "an unknown agency": ({"agency": "Nowhere Council"}, (), "There is no such agency"),
    "a joint body": ({"agency": "Wirral MARAC"}, (), "their own agency's account"),
    "an issuer in clear": ({"issuer": "http://id.example"}, (), "https address"),
    "an issuer with a query": ({"issuer": "https://id.example/?t=1"}, (), "https address"),
    "one that does not answer": ({"issuer": "http://localhost:1/x"}, (), "could not be reached"),
    "a secret without need": ({}, ("--secret-file", __file__), "for nothing else"),
    "no secret where one is needed": ({}, ("--proof", "client_secret_basic"), "Give a secret"),
    "an acr value it does not know": ({}, ("--mfa-acr", "urn:unknown"), "does not know the acr"),
    "an algorithm it does not use": ({}, ("--algorithm", "RS256"), "signs with none of these"),
    "a way it does not take": (
        {},
        ("--proof", "client_secret_post", "--secret-file", __file__),
        "does not take client_secret_post",
    ),
    "roles without a claim": ({}, ("--role", "x=viewer"), "Roles are mapped by"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_work_is_refused_in_a_line(add, environ: Environ, what: str):
    named, options, says = REFUSED[what]
    ran = add(*options, **named)
    assert (ran.exit_code, ran.output.count("Traceback")) == (1, 0)
    assert says in ran.output
    assert asked(environ, "SELECT count(*) FROM identity_provider WHERE ended_at IS NULL") == 0


def test_a_provider_that_calls_itself_otherwise_is_refused(add, environ: Environ):
    add.partner.document = lambda right: {**right, "issuer": "https://id.other.example"}
    ran = add()
    assert ran.exit_code == 1
    assert "names another issuer" in ran.output


@pytest.mark.parametrize("role", ["caseworker", "agency_administrator", "nonsense"])
def test_no_role_over_cases_or_people_can_be_mapped(add, role: str):
    ran = add("--roles-claim", "roles", "--role", f"x={role}")
    assert ran.exit_code == 2
    assert "write it as THEIRS=OURS" in ran.output


def test_one_agency_has_one_provider_and_one_provider_one_agency(add):
    assert add().exit_code == 0
    assert "has a provider already" in add().output
    assert "speaks for another agency" in add(agency="Sefton Council").output
