"""What a client posts: the body alone, each name once, plain characters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from starlette.datastructures import Headers
from starlette.requests import Request

LONGEST_BODY = 16_384
_MOST_PARAMETERS = 30
_FORM = "application/x-www-form-urlencoded"

# RFC 6749 appendix A. Anything else makes Authlib raise while it words its own refusal: a 500.
PLAIN = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")
VISIBLE = re.compile(r"[\x20-\x7E]*")
"""RFC 6749 A.5: what the client gets back as it sent it, and what nobody words into a refusal."""
TEXT = re.compile(r"[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]*")
"""JSON, and what a person might have typed."""
Letters = Mapping[str, re.Pattern[str]]
ALL_PLAIN: Letters = MappingProxyType({})


class BadForm(ValueError):
    """The request does not have the shape of RFC 6749; the message repeats nothing of the input."""


@dataclass(frozen=True)
class Asked:
    """A client's request as it arrived; `body` is None when it was too long."""

    headers: Headers
    body: bytes | None
    request_id: UUID = field(default_factory=uuid4)

    def form(self, needs: str | None = None, letters: Letters = ALL_PLAIN) -> dict[str, str]:
        """The parameters; one sent without a value counts as not sent (RFC 6749 3.2).

        `letters` are the parameters that may hold more than plain characters.
        """
        if self.body is None:
            raise BadForm(f"The request body may be at most {LONGEST_BODY} bytes long.")
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise BadForm(f"Send the parameters in the body, as {_FORM}.")
        pairs = _pairs(self.body)
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadForm("A parameter is sent more than once.")
        for name, value in pairs:
            if not PLAIN.fullmatch(name) or not letters.get(name, PLAIN).fullmatch(value):
                raise BadForm("A parameter holds a character that is not allowed.")
        if needs and not found.get(needs):
            raise BadForm(f"The parameter {needs} is missing.")
        return {name: value for name, value in found.items() if value}


async def take(request: Request) -> Asked:
    """Read the request, but no more of the body than is allowed."""
    request_id = UUID(getattr(request.state, "request_id", None) or uuid4().hex)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return Asked(request.headers, None, request_id)
    return Asked(request.headers, bytes(body), request_id)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise BadForm("The body is not a list of parameters.") from error
