"""Whoever is refused again and again is not looked at any more for a while, before anything is
read, parsed or asked of the database on their behalf.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from time import monotonic

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.edge.addresses import own_network
from portal.edge.codes import Code
from portal.edge.errors import refusal
from portal.edge.replies import JSON, refuse

NETWORKS = 20_000
"""So many are remembered; of more, those refused longest ago are forgotten. Some 3 MB."""
KNOWN = 4_096
KNOWN_FOR = 300.0
"""Seconds, as long as a token lives."""
SLOWER = "Too much from your address was refused. Wait as long as Retry-After says."


class Patience:
    """A bucket of tries for each network: each refusal takes one, time gives them back."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = float(per_minute), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def take(self, network: str) -> float:
        """Take a try, before it is known how it ends; else the seconds to wait for the next."""
        left = self._now(network)
        if left < 1:
            return (1 - left) * 60 / self._most
        self._keep(network, left - 1)
        return 0.0

    def give_back(self, network: str) -> None:
        """It was no refusal."""
        self._keep(network, self._now(network) + 1)

    def know(self, credentials: bytes) -> None:
        """These have just been accepted: a neighbour's guesses do not keep them out."""
        self._known[credentials] = self._clock()
        self._known.move_to_end(credentials)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def knows(self, credentials: bytes) -> bool:
        """Whether they were accepted a moment ago."""
        return self._clock() - self._known.get(credentials, float("-inf")) < KNOWN_FOR

    def _now(self, network: str) -> float:
        left, then = self._left.get(network, (self._most, 0.0))
        return min(self._most, left + (self._clock() - then) * self._most / 60)

    def _keep(self, network: str, left: float) -> None:
        self._left.pop(network, None)
        if left < self._most:
            self._left[network] = (left, self._clock())
        if len(self._left) > NETWORKS:
            self._left.popitem(last=False)


def slower(scope: Scope, _: int) -> Response:
    """For programs."""
    if scope["path"].startswith("/oauth/"):
        body = {"error": "temporarily_unavailable", "error_description": SLOWER}
        return Response(json.dumps(body), 429, {"cache-control": "no-store"}, JSON)
    return refuse(refusal(Code.TOO_MANY_REFUSALS, SLOWER), JSON, {})


Slower = Callable[[Scope, int], Response]
"""The answer to who must wait, for so many seconds."""


@dataclass(frozen=True)
class Watched:
    """Which answers of an address take a try: those that let nobody in, or leave a row behind.
    Those that let somebody in may give back the try that a step before took.
    """

    takes: Container[int]
    gives_back: Container[int] = ()


@dataclass(frozen=True)
class Strangers:
    """Wraps an application. Those addresses of it are watched that `doors` names; a name that ends
    with a stroke is that of a folder.
    """

    app: ASGIApp
    patience: Patience
    doors: Mapping[str, Watched]
    proxies: Collection[str] = ()
    slower: Slower = slower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = self._watched(scope["path"]) if scope["type"] == "http" else None
        network = own_network(scope, self.proxies) if watched else None
        if watched is None or network is None:
            await self.app(scope, receive, send)
            return
        credentials = _credentials(scope)
        if credentials and self.patience.knows(credentials):
            await self.app(scope, receive, send)
        elif wait := self.patience.take(network):
            await self._wait(scope, ceil(wait))(scope, receive, send)
        else:
            self._count(watched, network, await self._status(scope, receive, send))
            if credentials and scope.get("state", {}).get("client"):
                self.patience.know(credentials)

    def _watched(self, path: str) -> Watched | None:
        return self.doors.get(path) or self.doors.get(path[: path.rfind("/") + 1])

    def _count(self, watched: Watched, network: str, status: int) -> None:
        if status not in watched.takes:
            self.patience.give_back(network)
        if status in watched.gives_back:
            self.patience.give_back(network)

    def _wait(self, scope: Scope, seconds: int) -> Response:
        response = self.slower(scope, seconds)
        response.headers["retry-after"] = str(seconds)
        response.headers["connection"] = "close"
        return response

    async def _status(self, scope: Scope, receive: Receive, send: Send) -> int:
        status = 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope, receive, seen)
        return status


def _credentials(scope: Scope) -> bytes | None:
    """A token as it was sent, unreadable."""
    given = Headers(scope=scope).get("authorization")
    return blake2b(given.encode(), digest_size=16).digest() if given else None
