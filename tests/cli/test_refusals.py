"""Whoever asks from a terminal sees at once, and a script by the exit code, what was refused."""

import json
import signal
import socket
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from click.testing import CliRunner, Result
from graphql import build_schema, parse, validate
from support.commands import PORTAL

from auth.oauth.clients import new_private_key, write_private_key
from portal.cli import main
from portal.cli.refusals import Asking
from portal.client import Client

SCHEMA = build_schema(Path("graphql/schema.graphql").read_text())
INPUT = {"input": {"id": "Action:1", "expectedVersion": 1, "idempotencyKey": "1"}}
START = "mutation($input: StartActionInput!) { startAction(input: $input) { %s } }"
ERRORS = "... on ValidationError { errors { path message } }"
REFUSED = {"message": "Only the owner's team can.", "code": "NOT_PERMITTED"}


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the portal says to a document, and what the command makes of it."""

    def answer(document: str, said: dict[str, object]) -> Result:
        asked = tmp_path / "asked.graphql"
        asked.write_text(document)
        key = tmp_path / f"{uuid4()}.json"
        write_private_key(key, new_private_key())
        monkeypatch.setattr(Client, "_ask", lambda *_: httpx2.Response(200, json=said))
        return CliRunner().invoke(
            main, ["query", str(asked), "--client", str(uuid4()), "--key", str(key)]
        )

    return answer


def test_a_change_that_was_made_ends_well(answer):
    said = {"data": {"startAction": {"__typename": "ActionPayload"}}}
    ran = answer(START % "__typename", said)
    assert (ran.exit_code, json.loads(ran.stdout), ran.stderr) == (0, said, "")


@pytest.mark.parametrize("kind", ["ValidationError", "NotPermitted", "NotFound", "Conflict"])
def test_a_change_that_was_refused_ends_with_one_and_says_so(answer, kind: str):
    said = {"data": {"startAction": {"__typename": kind, **REFUSED}}}
    ran = answer(START % "__typename ... on Error { message code }", said)
    assert (ran.exit_code, json.loads(ran.stdout)) == (1, said)
    assert ran.stderr == f"Refused: startAction: {kind}. Only the owner's team can.\n"


def test_who_could_grant_it_and_every_fault_is_said(answer):
    permitted = {"__typename": "NotPermitted", **REFUSED, "grantedBy": "a coordinator"}
    faults = [{"path": ["dueOn"], "message": "Enter a day."}, {"message": "Too long."}]
    wrong = {"__typename": "ValidationError", "errors": faults}
    document = "mutation { a: startAction { __typename } b: startAction { __typename } }"
    ran = answer(document, {"data": {"a": permitted, "b": wrong}})
    assert ran.exit_code == 1
    assert ran.stderr == (
        "Refused: a: NotPermitted. Only the owner's team can. Who could: a coordinator.\n"
        "Refused: b: ValidationError.\n"
        "Refused:   dueOn: Enter a day.\n"
        "Refused:   Too long.\n"
    )


def test_a_document_that_does_not_ask_what_became_of_it_is_told_all_the_same(answer):
    said = {"data": {"startAction": {"portalQueryKind": "NotFound"}}}
    ran = answer(START % "... on ActionPayload { action { id } }", said)
    assert (ran.exit_code, json.loads(ran.stdout)) == (1, {"data": {"startAction": {}}})
    assert ran.stderr.startswith("Refused: startAction: NotFound. Add `... on Error { message }`")


@pytest.mark.parametrize(
    "document",
    [
        START % "... on ActionPayload { action { id } }",
        "mutation($input: StartActionInput!) { ...All }\n"
        "fragment All on Mutation { ... { one: startAction(input: $input) { ...Kind } } ...All2 }"
        "fragment All2 on Mutation { two: startAction(input: $input) { a: __typename } }"
        "fragment Kind on Error { message }",
    ],
    ids=["plainly", "in fragments"],
)
def test_what_is_sent_asks_every_change_for_its_kind_and_fits_the_schema(document: str):
    sent = Asking(document).text
    assert sent.count("portalQueryKind: __typename") == document.count("startAction(")
    assert validate(SCHEMA, parse(sent)) == []


def test_the_documents_of_the_contract_are_sent_as_they_are():
    for file in Path("graphql/operations").glob("*.graphql"):
        assert Asking(file.read_text()).text == file.read_text()


@pytest.mark.parametrize("text", ["", "{", "subscription { a }", "mutation { ...A }"])
def test_what_is_no_document_is_left_to_the_portal(text: str):
    assert Asking(text).text == text


def test_every_error_is_a_line(answer):
    errors = [{"message": "No such\nfield.", "extensions": {"code": "BAD"}}, {"message": "Other."}]
    ran = answer("{ node }", {"errors": errors})
    assert (ran.exit_code, ran.stderr) == (1, "Refused: BAD: No such field.\nRefused: Other.\n")


def test_a_record_that_is_read_is_no_refusal(answer):
    ran = answer("{ node { __typename } }", {"data": {"node": {"__typename": "Conflict"}}})
    assert (ran.exit_code, ran.stderr) == (0, "")


def test_the_help_says_what_each_exit_code_means():
    told = " ".join(CliRunner().invoke(main, ["query", "--help"]).output.split())
    assert "1 the answer holds an error, or a change was refused, 2 wrong use" in told


def test_ctrl_c_while_waiting_ends_with_one_line(tmp_path: Path):
    key, document = tmp_path / "key.json", tmp_path / "start.graphql"
    write_private_key(key, new_private_key())
    document.write_text(START % "__typename")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [PORTAL, "query", document, "--client", str(uuid4()), "--key", key, "--url", url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
        with silent.accept()[0] as line:
            line.recv(10)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (
        130,
        "\nStopped before the answer came. The change may have been made: the same again makes it"
        " once.\n",
    )
