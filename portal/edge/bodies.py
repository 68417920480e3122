"""From the bytes of a POST to one GraphQL request; whatever is no such thing is refused here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from starlette.requests import Request

from portal.edge.codes import Code
from portal.edge.documents import PREFIX, TrustedDocuments
from portal.edge.errors import NotAnswered
from portal.edge.limits import Limits

T = TypeVar("T", str, dict[str, Any])

NO_TEXT = re.compile("[\0\ud800-\udfff]")
UNENCODED = ("", "identity")


@dataclass(frozen=True)
class Asked:
    """One GraphQL request."""

    text: str
    variables: dict[str, Any]
    operation_name: str | None


async def ask(request: Request, limits: Limits, trusted: TrustedDocuments) -> Asked:
    """The GraphQL request in the HTTP request; raises NotAnswered."""
    _check_media_type(request.headers)
    return understand(await _read(request, limits.body_bytes), limits, trusted)


def understand(body: bytes, limits: Limits, trusted: TrustedDocuments) -> Asked:
    """The GraphQL request in the body; raises NotAnswered."""
    given = _json(body)
    if isinstance(given, list):
        _refuse("Batches are not read: send each operation as a request of its own.")
    if not isinstance(given, dict):
        _refuse("The body must be a JSON object.")
    variables = _optional(given, "variables", dict) or {}
    extensions = _optional(given, "extensions", dict) or {}
    query = _optional(given, "query", str)
    _check_values(body, variables, limits)
    if b"\\u" in body:
        check_characters([query, variables])
    return Asked(
        text=_text(query, _document_id(given, extensions), trusted),
        variables=variables,
        operation_name=_optional(given, "operationName", str),
    )


def _check_media_type(headers: Mapping[str, str]) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    encoding = headers.get("content-encoding", "").strip().lower()
    if (
        media_type.strip().lower() != "application/json"
        or charset not in ("", "utf-8", "utf8")
        or encoding not in UNENCODED
    ):
        raise NotAnswered(
            Code.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as application/json in UTF-8, uncompressed.",
        )


async def _read(request: Request, limit: int) -> bytes:
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > limit:
        _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> NoReturn:
    raise NotAnswered(
        Code.BODY_TOO_LARGE,
        f"The body is larger than {limit} bytes. Split the request.",
        {"connection": "close"},
    )


def _json(body: bytes) -> object:
    """Its value; a ValueError is bad UTF-8, bad JSON or a number of thousands of digits."""
    try:
        return json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse("The body is not JSON in UTF-8.")


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _optional(given: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        _refuse(f"`{name}` must be {'a string' if kind is str else 'an object'} or null.")
    return value


def _document_id(given: Mapping[str, Any], extensions: Mapping[str, Any]) -> str | None:
    """The id in `documentId`, or the one where Apollo's clients put it."""
    own = _optional(given, "documentId", str)
    persisted = _optional(extensions, "persistedQuery", dict) or {}
    apollo = _optional(persisted, "sha256Hash", str)
    named = {own, apollo and PREFIX + apollo} - {None}
    if len(named) > 1:
        _refuse("`documentId` and `extensions.persistedQuery` name two documents; send one.")
    return next(iter(named), None)


def _text(query: str | None, id: str | None, trusted: TrustedDocuments) -> str:
    if id is None:
        if not query:
            _refuse("Send `query`, or `documentId` for a document of this release.")
        return query
    if query is not None:
        _refuse(
            "Send either a query or a document id. Documents come with a release of the portal; "
            "a client cannot register its own."
        )
    document = trusted.get(id)
    if document is None:
        raise NotAnswered(
            Code.DOCUMENT_NOT_FOUND,
            f"There is no document {id[:80]}. An id is {PREFIX} and the hash of a file in "
            "graphql/operations/ of this release; send the query itself otherwise.",
        )
    return document.text


def _check_values(body: bytes, variables: Mapping[str, Any], limits: Limits) -> None:
    """Count only where there may be too many: each value but the first follows , : or [."""
    if sum(map(body.count, (b",", b":", b"["))) < limits.values:
        return
    found, waiting = 0, [variables]
    while waiting:
        value: Any = waiting.pop()
        found += 1
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    if found > limits.values:
        raise NotAnswered(
            Code.TOO_MANY_VALUES,
            f"The variables hold {found} values; at most {limits.values} are read. "
            "Split the request.",
        )


def check_characters(values: list[Any]) -> None:
    """PostgreSQL stores no NUL, and half a surrogate pair is no character."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and NO_TEXT.search(value):
            raise NotAnswered(
                Code.BAD_USER_INPUT,
                "A text holds the character NUL or half of a surrogate pair. Remove it.",
            )


def _refuse(message: str) -> NoReturn:
    raise NotAnswered(Code.BAD_REQUEST, message)
