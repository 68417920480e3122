"""The published error codes: what a program reads in `extensions.code`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """Why a request was refused. `status` is the HTTP status, `meaning` what the docs print."""

    status: int
    meaning: str

    def __new__(cls, value: str, status: int, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = status
        member.meaning = meaning
        return member

    @classmethod
    def of(cls, extensions: Mapping[str, object] | None) -> "Code":
        """The code in an error's extensions; one we did not publish reads as bad input."""
        return cls.__members__.get(str((extensions or {}).get("code")), cls.BAD_USER_INPUT)

    BAD_REQUEST = (
        "BAD_REQUEST", 400,
        "The body is not one JSON object with query or documentId, variables and operationName.",
    )  # fmt: skip
    METHOD_NOT_ALLOWED = ("METHOD_NOT_ALLOWED", 405, "Only POST is answered.")
    NOT_ACCEPTABLE = ("NOT_ACCEPTABLE", 406, "The Accept header names no media type we write.")
    UNSUPPORTED_MEDIA_TYPE = (
        "UNSUPPORTED_MEDIA_TYPE", 415,
        "The body is not declared as uncompressed application/json in UTF-8.",
    )  # fmt: skip
    BODY_TOO_LARGE = ("BODY_TOO_LARGE", 413, "The body has more bytes than the limit.")
    TOO_MANY_VALUES = ("TOO_MANY_VALUES", 400, "The variables hold more values than the limit.")
    UNAUTHENTICATED = (
        "UNAUTHENTICATED", 401,
        "No valid token and proof came with the request; see the WWW-Authenticate header.",
    )  # fmt: skip
    TOO_MANY_REFUSALS = (
        "TOO_MANY_REFUSALS", 429,
        "Too many requests from this address were refused as nobody's; see Retry-After.",
    )  # fmt: skip
    DOCUMENT_NOT_FOUND = (
        "DOCUMENT_NOT_FOUND", 400, "No document of this release has the documentId.",
    )  # fmt: skip
    GRAPHQL_PARSE_FAILED = ("GRAPHQL_PARSE_FAILED", 400, "The query is not GraphQL.")
    GRAPHQL_VALIDATION_FAILED = (
        "GRAPHQL_VALIDATION_FAILED", 400, "The query does not fit the schema.",
    )  # fmt: skip
    OPERATION_NOT_FOUND = (
        "OPERATION_NOT_FOUND", 400,
        "The document has no operation of that name, or several and operationName is missing.",
    )  # fmt: skip
    BAD_USER_INPUT = (
        "BAD_USER_INPUT", 400, "A variable or an argument has a value that cannot be taken.",
    )  # fmt: skip
    BAD_CURSOR = (
        "BAD_CURSOR", 400, "`after` is no cursor of this list in this order.",
    )  # fmt: skip
    CURSOR_STALE = (
        "CURSOR_STALE", 400,
        "What you may see has changed since the cursor was made: read again without `after`.",
    )  # fmt: skip
    BAD_ID = ("BAD_ID", 400, "A value is not an id of this API.")
    QUERY_TOO_LONG = ("QUERY_TOO_LONG", 400, "The query has more characters than the limit.")
    TOO_MANY_TOKENS = ("TOO_MANY_TOKENS", 400, "The query has more tokens than the limit.")
    TOO_MANY_FRAGMENTS = (
        "TOO_MANY_FRAGMENTS", 400, "The query defines more fragments than the limit.",
    )  # fmt: skip
    TOO_MANY_ALIASES = (
        "TOO_MANY_ALIASES", 400, "The query renames more fields than the limit.",
    )  # fmt: skip
    TOO_MANY_REPEATS = (
        "TOO_MANY_REPEATS", 400, "The same field is selected again and again in one place.",
    )  # fmt: skip
    TOO_MANY_KEYS = (
        "TOO_MANY_KEYS", 400, "One object of the response would have more keys than the limit.",
    )  # fmt: skip
    KEY_TOO_LONG = ("KEY_TOO_LONG", 400, "An alias or field name is longer than the limit.")
    QUERY_TOO_DEEP = ("QUERY_TOO_DEEP", 400, "The query nests fields deeper than the limit.")
    QUERY_TOO_LARGE = (
        "QUERY_TOO_LARGE", 400, "The query expands to more fields than the limit.",
    )  # fmt: skip
    QUERY_TOO_COSTLY = (
        "QUERY_TOO_COSTLY", 400,
        "The query may read more objects than the limit; both numbers are in extensions.cost.",
    )  # fmt: skip
    TIMEOUT = (
        "TIMEOUT", 503,
        "The answer took too long and was stopped; repeat a change with its idempotency key.",
    )  # fmt: skip
    BUSY = (
        "BUSY", 503,
        "No place was free in time; ask again, and repeat a change with its idempotency key.",
    )  # fmt: skip
    INTERNAL = ("INTERNAL", 500, "A fault of ours; quote the request id when you report it.")
