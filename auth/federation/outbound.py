"""Asking a partner's provider: over https alone, no redirects, ten seconds and 64 kB at most."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from portal.settings import LOCAL_HOSTS

SECONDS = 10.0
LONGEST = 64 * 1024
LONGEST_ADDRESS = 2000
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


class Unanswered(Exception):
    """The provider cannot be asked, or gives no answer that could be read; the text is ours."""


class Outbound(httpx2.AsyncBaseTransport):
    """The way out, shared by all providers; `local` lets in http on this computer, for the demo."""

    def __init__(
        self,
        *,
        local: bool = False,
        way: httpx2.AsyncBaseTransport | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.local, self.seconds = local, seconds
        # No connection is kept: sign-ins are rare, and a partner's address may change meanwhile.
        plain = httpx2.Limits(max_keepalive_connections=0)
        self._way = way or httpx2.AsyncHTTPTransport(limits=plain)

    def client(self, **about: Any) -> AsyncOAuth2Client:  # noqa: ANN401 - Authlib's own keywords
        """Authlib's client, which can go no other way than this."""
        return AsyncOAuth2Client(
            transport=self, timeout=self.seconds, follow_redirects=False, trust_env=False, **about
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange, with its answer read to the end."""
        self.check(str(request.url))
        request.headers["accept-encoding"] = "identity"  # else 64 kB could unpack to anything
        try:
            async with asyncio.timeout(self.seconds):
                return await self._exchange(request)
        except TimeoutError as error:
            raise Unanswered(f"it took longer than {self.seconds:g} seconds") from error
        except httpx2.HTTPError as error:
            raise Unanswered(f"it could not be reached ({type(error).__name__})") from error

    async def aclose(self) -> None:
        """Each client closes its transport; this one is used again."""

    def check(self, address: str) -> None:
        """Refuse an address that anybody on the way could read or change."""
        if not good_address(address, local=self.local):
            raise Unanswered("an address of it is not https")

    async def get_json(self, address: str) -> dict[str, Any]:
        """A public document."""
        async with self.client() as client:
            answer = await client.request("GET", address, withhold_token=True)
        return json_object(answer)

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._way.handle_async_request(request)
        try:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise Unanswered("its answer is packed, which we did not ask for")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > LONGEST:
                    raise Unanswered("its answer is longer than 64 kB")
        finally:
            await answer.aclose()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=bytes(body))


def good_address(address: object, *, local: bool) -> bool:
    """Whether this is an https address; with `local`, also one of this computer."""
    if not isinstance(address, str) or not address.isascii() or len(address) > LONGEST_ADDRESS:
        return False
    try:
        parts = urlsplit(address)
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        return False
    if not host or not _HOST.fullmatch(host) or user is not None or parts.fragment:
        return False  # a host goes into a header, where a blank or a semicolon would begin anew
    if not address.isprintable():
        return False
    return parts.scheme == "https" or (local and parts.scheme == "http" and host in LOCAL_HOSTS)


def json_object(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object of a good answer."""
    if answer.status_code != 200:
        raise Unanswered(f"it answered with status {answer.status_code}")
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise Unanswered("its answer is no JSON") from error
    if not isinstance(found, dict):
        raise Unanswered("its answer is no JSON object")
    return found
