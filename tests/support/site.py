"""The whole portal behind uvicorn, and the sample's programs that ask it."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx2
import uvicorn
from joserfc.jwk import ECKey
from support.keyrings import throwaway_ring

from portal.app import create_app
from portal.client import Client
from portal.sample.programs import PROGRAMS
from portal.settings import Settings
from portal.store.engines import Engines


class Program(Client):
    """A sample agency's program; it can also send what a careful one would not."""

    def headers(self) -> dict[str, str]:
        """A good token with a good proof, for one request."""
        token = self.token().access_token
        return {"authorization": f"DPoP {token}", "dpop": self._proof(f"{self.url}/graphql", token)}

    def send(self, document: str, headers: Mapping[str, str], **variables: Any) -> httpx2.Response:
        """As it is, with no second try."""
        body = {"query": document, "variables": variables}
        return self.http.post(f"{self.url}/graphql", json=body, headers=dict(headers))

    def do(self, mutation: str, shows: str, **given: Any) -> dict[str, Any]:
        """Run one mutation; refusals show their message."""
        title = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation($input: {title}Input!) {{ {mutation}(input: $input)"
            f" {{ __typename {shows} ... on Error {{ message }} }} }}"
        )
        said = self.query(document, {"input": {"idempotencyKey": str(uuid4()), **given}})
        answer: dict[str, Any] = said["data"][mutation]  # type: ignore[index]
        return answer


@dataclass(frozen=True)
class Site:
    """A portal that listens, the keys of its programs, and its databases behind its back."""

    url: str
    keys: dict[str, ECKey]
    engines: Engines

    @contextmanager
    def program(self, key: str) -> Iterator[Program]:
        """A program of the sample."""
        with httpx2.Client() as http:
            yield Program(self.url, program_id(key), self.keys[key], http)


def program_id(key: str) -> UUID:
    """The client id of a program of the sample."""
    [program] = [program for program in PROGRAMS if program.key == key]
    return program.id


@contextmanager
def listening(settings: Settings, door: socket.socket, *, sample: bool = False) -> Iterator[None]:
    """Serve from a thread of its own, with engines of its own."""
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `portal serve` does
    config = uvicorn.Config(
        create_app(settings, Engines(settings), throwaway_ring(), sample=sample),
        log_level="warning",
    )
    served = uvicorn.Server(config)
    thread = Thread(target=asyncio.run, args=(served.serve(sockets=[door]),))
    thread.start()
    yield
    served.should_exit = True
    thread.join(10)
