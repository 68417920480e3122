"""Who knocks at the portal's own door, and who is let in with which cookie."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth.accounts.passkeys import LONGEST_ANSWER
from auth.accounts.proofs import Caller, Proved
from auth.sessions.devices import device_of
from auth.sessions.offers import on_offer
from auth.sessions.verbs import Current, begin, current, end
from portal.edge.addresses import caller_address
from portal.edge.requests import request_id_of
from portal.web.been import write_down
from portal.web.cookies import session_cookie, signed_in, visitor_cookie
from portal.web.forms import Form
from portal.web.going import go
from portal.web.known import proved_here
from portal.web.refusals import SignInNeeded
from portal.web.site import Site


def caller_of(site: Site, request: Request) -> Caller:
    """The browser by its cookie, the address by the connection."""
    cookie = session_cookie(request) or visitor_cookie(request)
    return Caller(
        sha256(cookie.encode()).digest(),
        address_of(site, request),
        UUID(request_id_of(request)),
        real_now(),
        proved_here(request, site.keyring),
    )


def real_now() -> datetime:
    """Signing in happens in real time, whatever day a demonstration has fixed."""
    return datetime.now(UTC)


def address_of(site: Site, request: Request) -> str:
    """Of the connection; where that is our own proxy's, of whom the proxy names last."""
    return caller_address(request.scope, site.settings.proxies)


def device(request: Request) -> str:
    """What the person will recognise this browser by."""
    return device_of(request.headers.get("user-agent", ""))


async def held(site: Site, request: Request) -> Current | None:
    """The living session of this browser."""
    cookie = session_cookie(request)
    if cookie is None:
        return None
    async with site.doorkeeper.sessions.begin() as db:
        return await current(db, cookie, real_now())


async def somebody(site: Site, request: Request) -> Current:
    """The living session, or on to the page to sign in on."""
    found = await held(site, request)
    if found is None:
        raise SignInNeeded
    return found


async def acts(site: Site, session: Current) -> bool:
    """Whether the session's membership, if it has one, is still its to act as."""
    async with site.doorkeeper.sessions() as db:
        offers = await on_offer(db, session.person_id, session.provider_id, real_now())
    return any(offer.id == session.membership_id for offer in offers)


async def let_in(site: Site, request: Request, proved: Proved, path: str) -> Response:
    """A new session in this browser, and on to where the person wanted to go."""
    async with site.doorkeeper.sessions.begin() as db:
        cookie = await begin_here(db, request, proved)
    response = go(path)
    await welcome(site, request, response, cookie)
    return response


async def welcome(site: Site, request: Request, response: Response, cookie: str) -> None:
    """Give the browser its new session; it also remembers for a while who that was."""
    signed_in(response, cookie)
    async with site.doorkeeper.sessions.begin() as db:
        now = await current(db, cookie, real_now())
    if now is not None:
        write_down(request, response, site.keyring, now.person_id)


async def begin_here(db: AsyncSession, request: Request, proved: Proved) -> str:
    """The cookie of a new session; whoever was signed in with this browser is so no more."""
    if before := session_cookie(request):
        await end(db, before, real_now())
    return await begin(
        db,
        person_id=proved.person_id,
        acr=proved.acr,
        amr=proved.amr,
        device=device(request),
        now=real_now(),
    )


def answer_in(fields: Form) -> dict[str, Any]:
    """A passkey's answer as our script puts it into the form; empty when it cannot be read."""
    text = fields.get("answer", "")
    try:
        found = json.loads(text) if len(text) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def question(options: dict[str, Any]) -> Response:
    """What our script hands to the browser."""
    return JSONResponse(options, headers={"cache-control": "no-store"})
