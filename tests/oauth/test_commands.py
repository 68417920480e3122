"""`portal query` and `portal token`: the API from a terminal."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from auth.oauth.clients import new_private_key, write_private_key
from auth.oauth.jose import read
from portal.cli import COMMANDS, main
from portal.client import Client, ClientProblem, Refused, Unreachable

DOCUMENT = "{ caller }"
LOOK = "Look at the client's id, its key file and this computer's clock."


@pytest.fixture
def key_file(tmp_path, partner):
    path = tmp_path / "key.json"
    write_private_key(path, partner.key)
    return path


@pytest.fixture
def run(tmp_path, partner, key_file, listening):
    document = tmp_path / "document.graphql"
    document.write_text(DOCUMENT)
    options = {"--client": str(partner.id), "--key": str(key_file), "--url": listening.url}

    def run(*arguments, command="query", **changes):
        given = options | {f"--{name}": value for name, value in changes.items()}
        rest = [str(document)] if command == "query" and not arguments else list(arguments)
        pairs = [part for pair in given.items() for part in pair]
        return CliRunner().invoke(main, [command, *rest, *pairs])

    return run


class Line(httpx2.BaseTransport):
    """The network between program and server: it can break, and others can speak on it."""

    def __init__(self, *events):
        self.events, self.sent, self.real = list(events), [], httpx2.HTTPTransport()

    def handle_request(self, request):
        request.read()
        self.sent.append(request)
        event = self.events.pop(0) if self.events else None
        if isinstance(event, Exception):
            raise event
        return event or self.real.handle_request(request)

    def close(self):
        self.real.close()


@pytest.fixture
def over(listening, partner):
    """A client whose line does as told."""
    opened = []

    def over(*events):
        line = Line(*events)
        client = Client(listening.url, partner.id, partner.key, httpx2.Client(transport=line))
        opened.append(client)
        return client, line

    yield over
    for client in opened:
        client.http.close()


def test_a_query_prints_its_answer(run, partner, listening):
    ran = run()
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == {"data": {"caller": str(partner.id)}}
    assert ran.stdout.startswith('{\n  "data"')
    assert listening.lines == ["POST /oauth/token", "POST /graphql"]


def test_a_token_is_printed_and_bound_to_the_key_in_the_file(run, desk, partner):
    ran = run(command="token")
    printed = json.loads(ran.stdout)
    assert printed["token_type"] == "DPoP"
    assert len(printed["access_token"]) == 43
    assert printed["scope"] == "initiatives:contribute initiatives:read"


async def test_the_printed_token_works_with_the_key_of_the_file(run, desk, partner):
    token = json.loads(run(command="token").stdout)["access_token"]
    own = type(partner)(partner.id, partner.key, partner.key)
    assert (await desk.use(own, token)).status_code == 200
    assert (await desk.use(partner, token)).status_code == 401


@pytest.mark.parametrize(
    "key", [OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)], ids=["Ed25519", "RSA"]
)
async def test_any_accepted_kind_of_key_works(listening, admit, key):
    program = await admit(key)
    with httpx2.Client() as http:
        client = Client(listening.url, program.id, key, http, proof_key=key)
        assert client.query(DOCUMENT, {}) == {"data": {"caller": str(program.id)}}


def test_a_key_others_can_read_is_warned_about(run, key_file):
    key_file.chmod(0o644)
    ran = run()
    assert ran.exit_code == 0
    assert ran.stderr == f"Warning: others can read {key_file}: chmod 600 it.\n"


def test_a_new_key_file_is_its_owners_alone_and_replaces_nothing(tmp_path):
    path = tmp_path / "new.json"
    key = new_private_key()
    write_private_key(path, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ECKey.import_key(json.loads(path.read_text())).thumbprint() == key.thumbprint()
    with pytest.raises(FileExistsError):
        write_private_key(path, new_private_key())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key",
        "[]",
        "{}",
        '{"kty": "EC"}',
        json.dumps(OctKey.generate_key(256).as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        "\xff",
    ],
    ids=range(9),
)
def test_a_file_without_a_usable_key_is_named_in_one_line(run, key_file, text):
    key_file.write_bytes(text.encode("latin-1"))
    ran = run()
    assert ran.exit_code == 2
    assert ran.stderr == (
        f"Error: {key_file} holds no private key (P-256, Ed25519 or RSA) as JSON.\n"
    )


def test_a_missing_key_file_is_named_in_one_line(run, tmp_path):
    ran = run(key=str(tmp_path / "none.json"))
    assert ran.exit_code == 2
    assert ran.stderr == f"Error: {tmp_path / 'none.json'}: No such file or directory\n"


def test_wrong_use_is_explained(run):
    assert "is not a valid UUID" in run(client="me").stderr
    assert "this is not JSON" in run(variables="{").stderr
    assert "give one object" in run(variables="[1]").stderr
    assert "No such file" in run("none.graphql").stderr
    assert {run(client="me").exit_code, run("none.graphql").exit_code} == {2}


def test_a_key_the_portal_does_not_know_is_refused_in_one_line(run, key_file, partner):
    key_file.unlink()
    write_private_key(key_file, new_private_key())
    ran = run()
    assert ran.exit_code == 3
    assert ran.stderr == f"Error: No token for {partner.id}: Client authentication failed. {LOOK}\n"


def test_a_program_the_portal_does_not_know_is_refused_the_same_way(run):
    stranger = str(uuid4())
    ran = run(client=stranger)
    assert ran.exit_code == 3
    assert ran.stderr == f"Error: No token for {stranger}: Client authentication failed. {LOOK}\n"


def test_a_server_called_by_another_name_says_its_own(run, listening):
    other = listening.url.replace("127.0.0.1", "localhost")
    ran = run(url=other)
    assert ran.exit_code == 3
    assert ran.stderr.endswith(f" The server calls itself {listening.url}: use that address.\n")


def test_a_closing_slash_changes_nothing(run, listening):
    assert run(url=listening.url + "/").exit_code == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "localhost:8000", "ftp://localhost", ""])
def test_an_address_where_nobody_answers_is_said_in_one_line(run, url):
    ran = run(url=url)
    assert ran.exit_code == 4
    assert ran.stderr.startswith(f"Error: {url} does not answer: ")
    assert "`portal demo` starts a portal here; --url says where another is.\n" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_one_broken_line_is_mended_and_two_are_not(over, partner):
    broken = httpx2.ConnectError("broken")
    client, line = over(broken)
    assert client.query(DOCUMENT, {})["data"] == {"caller": str(partner.id)}
    assert [request.url.path for request in line.sent] == ["/oauth/token"] * 2 + ["/graphql"]
    client, _ = over(broken, broken)
    with pytest.raises(Unreachable, match="broken"):
        client.query(DOCUMENT, {})


def test_a_repeated_request_carries_a_fresh_proof(over):
    client, line = over(None, httpx2.ReadError("broken"))
    assert "data" in client.query(DOCUMENT, {})
    proofs = [read(request.headers["dpop"]).claims["jti"] for request in line.sent]
    assert len(set(proofs)) == 3


def test_a_token_that_no_longer_works_is_replaced_once(over):
    client, line = over(None, httpx2.Response(401, json={"error": "invalid_token"}))
    assert "data" in client.query(DOCUMENT, {})
    paths = [request.url.path for request in line.sent]
    assert paths == ["/oauth/token", "/graphql"] * 2
    refused = httpx2.Response(401, json={"error_description": "The token has ended."})
    client, _ = over(None, refused, None, refused)
    with pytest.raises(Refused, match=r"The token has ended\.$"):
        client.query(DOCUMENT, {})


def test_a_token_is_used_until_it_is_about_to_end(over):
    client, line = over()
    for _ in range(3):
        client.query(DOCUMENT, {})
    assert [request.url.path for request in line.sent].count("/oauth/token") == 1
    short = {"access_token": "A" * 43, "scope": "", "expires_in": 5}
    client, line = over(*[httpx2.Response(200, json=short)] * 2)
    assert client.token() != client.token()


def test_a_nonce_the_server_asks_for_is_signed(over):
    asks = httpx2.Response(400, json={"error": "use_dpop_nonce"}, headers={"dpop-nonce": "n-1"})
    client, line = over(asks)
    assert "data" in client.query(DOCUMENT, {})
    said = [read(request.headers["dpop"]).claims.get("nonce") for request in line.sent]
    assert said == [None, "n-1", "n-1"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(502, text="<html>"),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={}),
        httpx2.Response(500, json={"error": "broken"}),
    ],
    ids=["a proxy", "a page", "a list", "nothing", "a fault"],
)
def test_an_answer_that_makes_no_sense_is_said_in_one_line(over, answer):
    for before in ([], [None]):
        client, _ = over(*before, answer)
        with pytest.raises(ClientProblem) as problem:
            client.query(DOCUMENT, {})
        assert "\n" not in str(problem.value)


def test_errors_in_the_answer_are_printed_and_end_with_one(run, monkeypatch):
    said = {"errors": [{"message": "No such field."}]}
    monkeypatch.setattr(Client, "_ask", lambda *_: httpx2.Response(200, json=said))
    ran = run()
    assert ran.exit_code == 1
    assert json.loads(ran.stdout) == said


def test_each_command_is_found_and_has_help():
    for name in COMMANDS:
        ran = CliRunner().invoke(main, [name, "--help"])
        assert ran.exit_code == 0, ran.output
    assert "query" in CliRunner().invoke(main, ["--help"]).output
    assert Path("portal/cli/__init__.py").exists()
