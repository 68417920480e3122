"""On the way through a story: whose program asks what of the portal, and what is answered."""

import json
import shlex
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2

from portal.cli.refusals import Asking
from portal.client import PATIENCE, Client, read_key
from portal.contract import contract_path
from portal.sample.notes import Notes
from portal.sample.programs import PROGRAMS, Program, key_file

_OWNERS = {program.owner: program for program in PROGRAMS}
"""Of somebody who answers for several, the last: it may do the most."""


class Refused(Exception):
    """The portal did not do what the story needs; the text says why, line by line."""


@dataclass
class Walk(AbstractContextManager["Walk"]):
    """One way through; `tell` takes each line, `commands` also tells how to ask the same."""

    notes: Notes
    tell: Callable[[str], None]
    commands: bool = False
    _steps: int = 0
    _clients: dict[str, Client] = field(default_factory=dict)
    _http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=PATIENCE))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._http.close()

    def step(self, said: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.tell(f"\n{self._steps}. {said}")

    def shows(self, *lines: str) -> None:
        """What came of it."""
        for line in lines:
            self.tell(f"   {line}")

    def ask(self, who: str, document: str, **variables: object) -> dict[str, Any]:
        """The data of a document of the contract, as somebody's program is answered it; errors end
        the story.
        """
        program = _OWNERS[who]
        if self.commands:
            self._command(program, document, variables)
        asking = Asking((contract_path() / "operations" / f"{document}.graphql").read_text())
        answer = self._client(program).query(asking.text, variables)
        if refusals := asking.refusals(answer):
            raise Refused("\n".join((f"{document}, as {program.name}:", *refusals)))
        data: dict[str, Any] = answer["data"]  # type: ignore[assignment]
        return data

    def pages(
        self, who: str, document: str, root: str, **variables: object
    ) -> list[dict[str, Any]]:
        """The rows of all pages of a list."""
        found: list[dict[str, Any]] = []
        after, more = None, True
        while more:
            page = self.ask(who, document, after=after, **variables)[root]
            found += page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return found

    def do(self, who: str, document: str, **given: object) -> dict[str, Any]:
        """What a mutation of the contract made or changed; a refusal ends the story."""
        given["idempotencyKey"] = uuid4().hex
        [payload] = self.ask(who, document, input=given).values()
        [made] = (part for part in payload.values() if isinstance(part, Mapping))
        return dict(made)

    def _client(self, program: Program) -> Client:
        if program.key not in self._clients:
            key = read_key(key_file(self.notes.keys, program))
            address = self.notes.address
            self._clients[program.key] = Client(address, program.id, key, self._http)
        return self._clients[program.key]

    def _command(self, program: Program, document: str, variables: Mapping[str, Any]) -> None:
        key = shlex.quote(str(key_file(self.notes.keys, program)))
        self.tell(f"   $ portal query graphql/operations/{document}.graphql \\")
        if variables:
            self.tell(f"       --variables {shlex.quote(json.dumps(variables))} \\")
        self.tell(f"       --client {program.id} --key {key} --url {self.notes.address}")
