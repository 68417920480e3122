"""`portal token` and `portal query`: the API from a terminal, as one API client."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click
import httpx2

from portal.cli import STOPPED
from portal.cli.common import address_here
from portal.cli.refusals import Asking
from portal.client import PATIENCE, Client, ClientProblem, Unreachable, read_key
from portal.settings import Settings

_REMEDY = "`portal demo` starts a portal here; --url says where another is."
_CLIENT = click.option("--client", "client_id", type=click.UUID, required=True, help="Its id.")
_KEY = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file with its private key (a JSON Web Key).",
)
_URL = click.option(
    "--url",
    default=address_here,
    envvar="PORTAL_BASE_URL",
    show_default=f"the demo's that runs here, or {Settings.base_url}",
    help="The portal's address, as the portal itself spells it.",
)


class Variables(click.ParamType[dict[str, object]]):
    """A JSON object on the command line."""

    name = "JSON"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, object]:
        try:
            read = json.loads(str(value))
        except ValueError as error:
            self.fail(f"this is not JSON: {error}", param, ctx)
        if not isinstance(read, dict):
            self.fail('give one object, such as {"first": 5}', param, ctx)
        return read


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@_CLIENT
@_KEY
@click.option("--variables", type=Variables(), default="{}", help="The document's variables.")
@_URL
def query(
    file: TextIO, client_id: UUID, key_file: Path, variables: dict[str, object], url: str
) -> None:
    """Run the GraphQL document in FILE (- for standard input) and print the answer.

    The answer goes to standard output, whatever it is. Each error in it and each change that was
    refused is also a line on standard error.

    Exit codes: 1 the answer holds an error, or a change was refused, 2 wrong use, 3 not accepted,
    4 nobody answers, 5 an answer that makes no sense, 130 stopped by Ctrl-C.
    """
    asking = Asking(file.read())
    with _client(url, client_id, key_file, changes=asking.changes) as client:
        answer = client.query(asking.text, variables)
    refused = asking.refusals(answer)
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    for line in refused:
        click.echo(f"Refused: {line}", err=True)
    if refused:
        sys.exit(1)


@click.command()
@_CLIENT
@_KEY
@_URL
def token(client_id: UUID, key_file: Path, url: str) -> None:
    """Print a fresh access token. Each use of it needs a DPoP proof signed with the same key."""

    with _client(url, client_id, key_file) as client:
        client.proof_key = client.key
        given = client.token()
    shown = {
        "access_token": given.access_token,
        "token_type": "DPoP",
        "expires_in": given.expires_in,
        "scope": given.scope,
    }
    click.echo(json.dumps(shown, indent=2))


@contextmanager
def _client(
    url: str, client_id: UUID, key_file: Path, *, changes: bool = False
) -> Iterator[Client]:
    """The client; a problem within ends the command with its one line and its code."""
    try:
        key = read_key(key_file)
        if key_file.stat().st_mode & 0o077:
            click.echo(f"Warning: others can read {key_file}: chmod 600 it.", err=True)
        with httpx2.Client(timeout=PATIENCE) as http:
            yield Client(url, client_id, key, http)
    except ClientProblem as problem:
        remedy = f". {_REMEDY}" if isinstance(problem, Unreachable) else ""
        click.echo(f"Error: {problem}{remedy}", err=True)
        sys.exit(problem.code)
    except KeyboardInterrupt:
        unsure = " The change may have been made: the same again makes it once." if changes else ""
        click.echo(f"\nStopped before the answer came.{unsure}", err=True)
        sys.exit(STOPPED)
