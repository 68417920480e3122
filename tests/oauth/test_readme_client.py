"""The programs printed in graphql/README.md work as printed, for somebody who follows its steps."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from support.commands import run
from support.databases import environ_of
from support.npm import NODE, installed
from support.site import listening

from auth.oauth.clients import new_private_key, write_private_key
from portal.sample.partnership import DAY
from portal.settings import Settings
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

README = Path("graphql/README.md")
MODULES = Path(__file__).parents[1] / "interop"
SHARED = "Wirral | 2026-"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


PYTHON, SIGNING, *LIBRARIES = blocks("python")
[JAVASCRIPT] = blocks("js")


@dataclass(frozen=True)
class Newcomer:
    """Somebody with a client of their own, in a folder of their own."""

    portal: str
    folder: Path
    client: str
    key: Path

    def run(
        self, text: str, name: str = "client.py", **changes: str
    ) -> subprocess.CompletedProcess:
        """Save the program and run it."""
        (self.folder / name).write_text(text)
        (self.folder / "signing.py").write_text(SIGNING)
        given = {"portal": self.portal, "client": self.client, "key": str(self.key), **changes}
        program = [NODE] if name.endswith("mjs") else [sys.executable, "-W", "error"]
        return subprocess.run(  # noqa: S603 - our own programs
            [*program, name, given["portal"], given["client"], given["key"]],
            cwd=self.folder,
            env={**os.environ, "OAUTHLIB_INSECURE_TRANSPORT": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """The sample, as the demo has it."""
    bootstrap(server.dsn, "readme")
    environ = environ_of(server, "readme")
    assert run("seed", "--initiatives", "1", environ=environ).exit_code == 0
    return environ


@pytest.fixture(scope="module")
def address(environ: dict[str, str]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://localhost:{door.getsockname()[1]}"
        settings = replace(Settings.from_env(environ), base_url=url, today=DAY)
        with listening(settings, door):
            yield url


@pytest.fixture(scope="module")
def newcomer(environ, address, tmp_path_factory) -> Newcomer:
    """They paste the README's own command, and what it prints for the owner."""
    folder = tmp_path_factory.mktemp("newcomer")
    [line] = re.findall(r"^uv run portal (client add .*)$", README.read_text(), re.MULTILINE)
    said = shlex.split(line)
    said[said.index("--key") + 1] = str(folder / said[said.index("--key") + 1])
    ran = run(*said, environ=environ)
    assert ran.exit_code == 0, ran.output
    client = ran.output.partition("Added Case system: ")[2].split()[0]
    accepting = re.search(r"^.*portal (client accept .*)$", ran.output, re.MULTILINE)
    assert accepting, ran.output
    assert run(*shlex.split(accepting[1]), environ=environ).exit_code == 0
    (folder / "node_modules").symlink_to(installed(MODULES) / "node_modules")
    return Newcomer(address, folder, client, folder / "case-system.jwk.json")


@pytest.mark.parametrize("text", [PYTHON, JAVASCRIPT])
def test_each_is_at_most_thirty_lines_long(text):
    assert len(text.splitlines()) <= 30
    assert max(map(len, text.splitlines())) <= 100


def test_the_readme_opens_with_where_the_resolvers_are():
    assert "The resolvers are not here." in README.read_text()[:200]
    assert not list(Path("graphql").rglob("*.py"))


PROGRAMS = {"Python": (PYTHON, "client.py"), "JavaScript": (JAVASCRIPT, "client.mjs")}


@pytest.fixture(params=PROGRAMS)
def program(request) -> tuple[str, str]:
    return PROGRAMS[request.param]


def test_it_lists_what_wirral_shares(newcomer: Newcomer, program):
    ran = newcomer.run(*program)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert len(lines) > 3
    assert all(line.count(" | ") == 3 for line in lines)
    assert any(SHARED in line for line in lines)


def test_both_list_the_same(newcomer: Newcomer):
    python, javascript = (newcomer.run(*PROGRAMS[name]).stdout for name in PROGRAMS)
    assert python == javascript


def refused(ran: subprocess.CompletedProcess, *words: str) -> None:
    """One line that says it, and no trace of the program's inside."""
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    for word in words:
        assert word in ran.stderr


def test_an_unknown_client_and_a_wrong_key_are_told_the_same(newcomer, program, tmp_path):
    wrong = tmp_path / "wrong.json"
    write_private_key(wrong, new_private_key())
    for changes in ({"client": str(uuid4())}, {"key": str(wrong)}):
        refused(newcomer.run(*program, **changes), "refused", "Client authentication failed")


def test_a_query_that_makes_no_sense_is_answered_with_why(newcomer, program):
    text, name = program
    refused(newcomer.run(text.replace("dueOn ownerAgency", "dueBy ownerAgency"), name), "dueBy")


def test_a_portal_that_is_not_there_is_said_in_one_line(newcomer, program):
    ran = newcomer.run(*program, portal="http://localhost:1")
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr


@pytest.mark.parametrize("library", LIBRARIES, ids=["requests-oauthlib", "Authlib"])
def test_a_library_that_does_not_sign_asks_with_the_hook(newcomer: Newcomer, library: str):
    ran = newcomer.run(library)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert json.loads(ran.stdout)["data"] == {"me": {"agency": {"name": "RASA Merseyside"}}}
