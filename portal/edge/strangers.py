"""Whoever is refused again and again is not looked at any more for a while, before anything is
read, parsed or asked of the database on their behalf.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
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


@dataclass(frozen=True)
class Strangers:
    """Wraps an application. Those addresses of it are watched that `refusals` names, each with the
    statuses that mean that nobody was let in.
    """

    app: ASGIApp
    patience: Patience
    refusals: Mapping[str, Collection[int]]
    proxies: Collection[str] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = self.refusals.get(scope["path"]) if scope["type"] == "http" else None
        network = own_network(scope, self.proxies) if watched else None
        if watched is None or network is None:
            await self.app(scope, receive, send)
            return
        credentials = _credentials(scope)
        if credentials and self.patience.knows(credentials):
            await self.app(scope, receive, send)
        elif wait := self.patience.take(network):
            await _slower(scope, wait)(scope, receive, send)
        elif await self._status(scope, receive, send) not in watched:
            self.patience.give_back(network)
            if credentials and scope.get("state", {}).get("client"):
                self.patience.know(credentials)

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


def _slower(scope: Scope, wait: float) -> Response:
    headers = {"retry-after": str(ceil(wait)), "connection": "close"}
    if scope["path"].startswith("/oauth/"):
        body = {"error": "temporarily_unavailable", "error_description": SLOWER}
        return Response(json.dumps(body), 429, {**headers, "cache-control": "no-store"}, JSON)
    return refuse(refusal(Code.TOO_MANY_REFUSALS, SLOWER), JSON, headers)
