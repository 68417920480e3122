"""From a result to bytes: media type, status, and what the specification says about `data`."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from graphql import GraphQLError
from starlette.responses import Response
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from portal.edge.codes import Code
from portal.edge.errors import NotAnswered
from portal.reading.raw import RawJson

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
_WRITER = json.JSONEncoder(separators=(",", ":"))
ALWAYS = {"vary": "accept", "cache-control": "no-store"}


@lru_cache(256)
def accepted(accept: str | None) -> str:
    """The media type to answer in: what the client prefers, JSON if it does not say."""
    if not accept:
        return JSON
    wishes = dict(map(_wish, accept.split(",")))
    quality = {
        GRAPHQL: wishes.get(GRAPHQL, 0.0),
        JSON: wishes.get(JSON, wishes.get("application/*", wishes.get("*/*", 0.0))),
    }
    best = max(quality, key=lambda media_type: quality[media_type])
    if not quality[best]:
        raise NotAnswered(Code.NOT_ACCEPTABLE, f"Answers come as {GRAPHQL} or {JSON}.")
    return best


def _wish(part: str) -> tuple[str, float]:
    media_type, *parameters = part.lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return media_type.strip(), max(float(value), 0.0)
            except ValueError:
                return media_type.strip(), 0.0
    return media_type.strip(), 1.0


def reply(result: ExecutionResult, media_type: str) -> Response:
    """The answer to a GraphQL request; its errors are already fit to be shown."""
    errors = result.errors or []
    parts: list[bytes] = []
    begun = _begun(result)
    if begun:
        parts.append(b'"data":' + _data(result.data))
    if errors:
        parts.append(b'"errors":' + _json([error.formatted for error in errors]))
    if result.extensions:
        parts.append(b'"extensions":' + _json(result.extensions))
    status = 200 if result.data is not None else _status(errors, media_type, begun=begun)
    return Response(b"{" + b",".join(parts) + b"}", status, ALWAYS, media_type)


def refuse(
    error: GraphQLError, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to an HTTP request that holds no GraphQL request, or comes from nobody."""
    body = b'{"errors":' + _json([error.formatted]) + b"}"
    return Response(
        body, Code.of(error.extensions).status, {**ALWAYS, **(headers or {})}, media_type
    )


def _begun(result: ExecutionResult) -> bool:
    """Whether execution began: a refused request has no `data`, not even null."""
    if isinstance(result, PreExecutionError):
        return False
    return result.data is not None or any(error.path for error in result.errors or ())


def _status(errors: Sequence[GraphQLError], media_type: str, *, begun: bool) -> int:
    """Faults of ours always show; a client's only in the newer media type, as it demands."""
    status = max((Code.of(error.extensions).status for error in errors), default=200)
    if status < 500 and (begun or media_type == JSON):
        return 200
    return status


def _data(data: object) -> bytes:
    return data.bytes if isinstance(data, RawJson) else _json(data)


def _json(value: object) -> bytes:
    """ASCII: a client may send half a surrogate pair, and errors quote it."""
    return _WRITER.encode(value).encode()
