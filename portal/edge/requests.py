"""Every request: an id, one log line, and headers that keep a JSON answer what it is."""

import json
import logging
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.edge.errors import fault

log = logging.getLogger("portal.request")

HEADER = "x-request-id"
TOLD = ("operation", "document", "cost", "errors", "client", "agency")
"""What others may note on `request.state` for the log line."""

JSON_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
HSTS = "max-age=63072000; includeSubDomains"


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
        self._id = self._state["request_id"] = _request_id(Headers(scope=scope))

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
            self._complete(MutableHeaders(scope=message))
        await self._send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        headers[HEADER] = self._id
        if self._https:
            headers.setdefault("strict-transport-security", HSTS)
        if headers.get("content-type", "").partition(";")[0].endswith("json"):
            for name, value in JSON_HEADERS.items():
                headers.setdefault(name, value)

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


def _request_id(headers: Headers) -> str:
    """The caller's own id if it is a UUID: anything else could carry data into the logs."""
    try:
        return str(UUID(headers.get(HEADER, "")))
    except ValueError:
        return str(uuid4())
