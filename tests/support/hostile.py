"""What a hostile program would put into a request: texts, numbers, pieces of GraphQL, headers."""

from collections.abc import Sequence

TEXTS: Sequence[str] = (
    "", " ", "'; DROP TABLE initiative; --", "\\'; SELECT pg_sleep(9)", "\0", "a\0b", "\ud800",
    "\udfff\ud800", "\u202e\u200b", "é" * 300, "A" * 5_000, "%s %(x)s {0} ${{7*7}} :id $1",
    "<script>alert(1)</script>", "../../../etc/passwd", "\x1b[2J\x07", "=HYPERLINK(1)", "NaN",
    "null", "1e400", "-0", "9" * 400, "2026-02-30", "9999-12-31T23:59:59-14:00", "0001-01-01",
    "-4713-11-24", "Initiative:", "Agency:00000000-0000-0000-0000-000000000000", "E08000015",
    '{"a": 1}', "W10=", "\U0001f6a8" * 50, "\r\nX-Evil: 1", "\U0001d49f", "\ufb01", "\u0130",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 2**70, 10**300, 0.1, -0.0, 1e-320, 1e308,
)  # fmt: skip
PIECES = (
    "{", "}", "(", ")", "[", "]", "!", "$", "$x", "...", "...on", "@skip(if: true)", "@include",
    '"', '"""', "\\u", "#", ",", ":", "=", "|", "&", "query", "mutation", "subscription",
    "fragment F on Query { __typename }", "...F", "null", "true", "-1", "1e999", "__schema",
    "__typename", "\ufeff", "\0", "\ud800", "id", "nodes", "first: 100", "schema", "extend type",
)  # fmt: skip
ACCEPTED = (
    b"", b"*/*", b"text/html", b"application/json;q=nan", b"application/json;q=", b",;,",
    b"application/graphql-response+json;q=0.5, application/json;q=1e9", b"\xff\xfe",
)  # fmt: skip
TYPES = (
    b"", b"text/plain", b"application/json; charset=utf-16", b"multipart/form-data", b";;;",
    b"application/json; charset=", b"application/graphql", b"\xe9/json",
)  # fmt: skip
TOKENS = (
    b"", b"DPoP", b"DPoP " + b"A" * 43, b"Bearer x", b"Basic \xff", b"DPoP a b c",
    b"dpop " + b"=" * 9_000,
)  # fmt: skip
HEADERS: dict[str, Sequence[bytes]] = {
    "accept": ACCEPTED,
    "content-type": TYPES,
    "content-encoding": (b"gzip", b"br", b"identity", b"", b"\xff"),
    "content-length": (b"0", b"-1", b"99999999999999", b"x", b"1,1"),
    "transfer-encoding": (b"chunked", b"gzip, chunked"),
    "authorization": TOKENS,
    "dpop": (b"", b"x", b"a.b.c", b"e30.e30.", b"\xff\xff", b"A" * 9_000),
    "x-request-id": (b"", b"1", b"\xff", b"0" * 5_000, b"{}", b"0" * 32),
    "host": (b"", b"evil.example", b"[::1", b"localhost:99999", b"\xff"),
    "origin": (b"null", b"https://evil.example"),
    "cookie": (b"a=b; c", b"\xff", b"=" * 4_000),
    "expect": (b"100-continue",),
}
PLACES = (
    "/", "/graphql/", "/graphql?query={me{agency{id}}}", "/oauth/token", "/livez", "/version",
    "/.well-known/oauth-authorization-server", "/%ff%00", "/graphql/../livez", "/oauth/",
)  # fmt: skip
