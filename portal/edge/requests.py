"""Every request: an id, one log line, and headers that keep a JSON answer what it is."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.edge.errors import fault

log = logging.getLogger("portal.request")

HEADER = b"x-request-id"
TOLD = ("operation", "document", "cost", "errors", "client", "agency")
"""What others may note on `request.state` for the log line."""

JSON_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
HSTS = {b"strict-transport-security": b"max-age=63072000; includeSubDomains"}


class Requests:
    """Wraps the whole application, error pages included."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, send, https=self._https).run(self._app, receive)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, send: Send, *, https: bool) -> None:
        self._scope = scope
        self._send = send
        self._https = https
        self._began = perf_counter()
        self._status = 0
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._id = self._state["request_id"] = _request_id(scope["headers"])

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        try:
            await app(self._scope, receive, self._answer)
        except Exception as cause:  # noqa: BLE001  # told in the log; the client gets an id
            error = fault(cause, self._id)
            if not self._status:
                await self._apologise({"errors": [error.formatted]})
        finally:
            self._log()

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*self._complete(dict(message["headers"])), *message["headers"]]
        await self._send(message)

    def _complete(self, given: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
        """What an answer has to say besides what it says itself."""
        yield HEADER, self._id.encode()
        if given.get(b"content-type", b"").partition(b";")[0].endswith(b"json"):
            yield from ((name, value) for name, value in JSON_HEADERS.items() if name not in given)
        if self._https:
            yield from ((name, value) for name, value in HSTS.items() if name not in given)

    async def _apologise(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self._answer({"type": "http.response.start", "status": 500, "headers": headers})
        await self._answer({"type": "http.response.body", "body": body})

    def _log(self) -> None:
        told = {name: self._state.get(name) for name in TOLD}
        log.info(
            "request",
            extra={
                "request_id": self._id,
                "method": self._scope["method"],
                "path": self._scope["path"],
                "status": self._status,
                "ms": round((perf_counter() - self._began) * 1000, 1),
            }
            | {name: value for name, value in told.items() if value not in (None, [])},
        )


def request_id_of(request: Request) -> str:
    """The id of the request, made here if nothing wraps the application (as in a test)."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = str(uuid4())
    return str(request.state.request_id)


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's own id if it is a UUID: anything else could carry data into the logs."""
    own = next((value for name, value in headers if name == HEADER), None)
    try:
        return str(uuid4() if own is None else UUID(own.decode("latin-1")))
    except ValueError:
        return str(uuid4())
