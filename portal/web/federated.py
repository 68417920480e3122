"""Signing in with one's own agency's account: out, back, and being signed out from there."""

from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth.federation.arrivals import Arrived, opened
from auth.federation.federation import Visitor
from auth.federation.logout import signed_out
from auth.federation.refusals import Refused, Told
from auth.federation.sign_in import Landed, come_back, say_yes, set_out
from auth.federation.under_way import LONGEST, Wish
from auth.people.invitations import InvitationOver, link_of, look
from auth.sessions.devices import device_of
from auth.sessions.verbs import current
from portal.clock import LONDON
from portal.edge.requests import request_id_of
from portal.web.cookies import drop, keep, session_cookie
from portal.web.forms import form
from portal.web.going import go, own_path
from portal.web.refusals import SignInNeeded
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import welcome

BROWSER = "__Host-partner"
"""Ties a sign-in that is under way to the browser it began in."""
INVITATION = "__Host-invitation"
"""The link's own token, while its holder is away at the provider; the database has its hash."""
WAITING = "__Host-arrived"
"""Who came back and has still to say yes, sealed."""
ARRIVED = "/join/arrived"
TEN_MINUTES = int(LONGEST.total_seconds())
LONGEST_INVITATION = 200
LONGEST_LOGOUT = 32 * 1024
LONGEST_NEXT = 2000

router = pages()
provider_router = APIRouter(include_in_schema=False)


STATUS = {
    Told.NO_SUCH_PROVIDER: 404,
    Told.UNREACHABLE: 503,
    Told.BEGIN_AGAIN: 400,
    Told.NOT_FINISHED: 400,
}
"""Of the page for somebody who is not let in, where it is not 403."""


@router.get("/sign-in/with/{provider_id}")
async def leave(site: Here, request: Request, provider_id: UUID) -> Response:
    """Go to the provider: with `next`, to be let in there; with `again`, to prove oneself afresh;
    with `invitation`, to join. A link leads here, since a form's redirect would need the
    provider's origin in CSP.
    """
    asked = request.query_params
    browser = request.cookies.get(BROWSER) or token_urlsafe(32)
    invitation = asked.get("invitation")
    path = own_path(asked.get("next"))
    wish = Wish(
        path if len(path) <= LONGEST_NEXT else "/",
        sha256(invitation.encode()).digest() if invitation else None,
        await _session(site, request) if asked.get("again") else None,
    )
    try:
        address = await set_out(
            site.federation, provider_id, _visitor(site, request, browser), wish
        )
    except Refused as refused:
        return _refused(request, refused)
    response = go(address)
    keep(response, BROWSER, browser, TEN_MINUTES)
    if invitation:
        keep(response, INVITATION, invitation[:LONGEST_INVITATION], TEN_MINUTES)
    return response


@router.get("/sign-in/back/{provider_id}")
async def back(site: Here, request: Request, provider_id: UUID) -> Response:
    """Come back from the provider."""
    browser = request.cookies.get(BROWSER, "")
    pairs = _pairs(request.url.query)
    try:
        landed = await come_back(
            site.federation, provider_id, pairs, _visitor(site, request, browser)
        )
    except Refused as refused:
        return _refused(request, refused)
    if landed.waiting is not None:
        return _wait(site, browser, landed.waiting)
    response = go(_after(request, landed))
    drop(response, INVITATION)
    if landed.cookie is not None:
        await welcome(site, request, response, landed.cookie)
    return response


@router.get(ARRIVED)
async def ask(site: Here, request: Request) -> Response:
    """What somebody is invited to, who has just shown who they are at their provider."""
    who = _waiting(site, request)
    async with site.federation.sessions() as db:
        offered = await look(db, who.invitation_hash or b"", datetime.now(UTC)) if who else None
    if who is None or offered is None:
        return render(request, "signing/over.html", 410)
    return render(request, "signing/arrived.html", offered=offered, name=who.name)


@router.post(ARRIVED)
async def say_yes_to_it(site: Here, request: Request) -> Response:
    """They accept: a member from now on, and signed in."""
    await form(request)
    who = _waiting(site, request)
    if who is None:
        return render(request, "signing/over.html", 410)
    browser = request.cookies.get(BROWSER, "")
    try:
        cookie = await say_yes(site.federation, who, _visitor(site, request, browser))
    except InvitationOver:
        return render(request, "signing/over.html", 410)
    except Refused as refused:
        return _refused(request, refused)
    response = go("/")
    drop(response, WAITING)
    drop(response, INVITATION)
    await welcome(site, request, response, cookie)
    return response


@provider_router.post("/sign-in/logout/{provider_id}")
async def told_to_sign_out(site: Here, request: Request, provider_id: UUID) -> Response:
    """The provider says, without a browser, that somebody has signed out or left."""
    headers = {"cache-control": "no-store"}
    token = await _logout_token(request)
    request_id = UUID(request_id_of(request))
    try:
        await signed_out(site.federation, provider_id, token, request_id)
    except Refused:
        said = {"error": "invalid_request", "error_description": "The logout token is not valid."}
        return JSONResponse(said, 400, headers)
    return Response(status_code=200, headers=headers)


def _wait(site: Site, browser: str, who: Arrived) -> Response:
    """On to the page that asks: nobody becomes a member by following a link."""
    response = go(ARRIVED)
    keep(response, WAITING, who.sealed(site.keyring, browser), TEN_MINUTES)
    keep(response, BROWSER, browser, TEN_MINUTES)
    drop(response, INVITATION)
    return response


def _waiting(site: Site, request: Request) -> Arrived | None:
    browser, written = request.cookies.get(BROWSER, ""), request.cookies.get(WAITING, "")
    return opened(site.keyring, browser, written, datetime.now(UTC))


def _after(request: Request, landed: Landed) -> str:
    """Who is a member somewhere already, and invited, is asked on the invitation's own page."""
    token = request.cookies.get(INVITATION)
    return link_of(token) if landed.invited and token else landed.next


def _visitor(site: Site, request: Request, browser: str) -> Visitor:
    return Visitor(
        browser,
        UUID(request_id_of(request)),
        session_cookie(request),
        device_of(request.headers.get("user-agent", "")),
        site.clock.now().astimezone(LONDON).date(),
    )


async def _session(site: Site, request: Request) -> UUID:
    """Of whom a fresh proof is wanted."""
    cookie = session_cookie(request)
    async with site.federation.sessions.begin() as db:
        held = await current(db, cookie, datetime.now(UTC)) if cookie else None
    if held is None:
        raise SignInNeeded
    return held.session_id


async def _logout_token(request: Request) -> str:
    """The one parameter of the body; empty when it is not there once, which no token is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_LOGOUT:
            return ""
    tokens = [value for name, value in _pairs(body.decode("latin-1")) if name == "logout_token"]
    return tokens[0] if len(tokens) == 1 else ""


def _pairs(query: str) -> list[tuple[str, str]]:
    """The parameters; none of them when they are many more than anybody needs."""
    try:
        return parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=30)
    except ValueError:
        return []


def _refused(request: Request, refused: Refused) -> Response:
    told = refused.told
    return render(request, "federated/refused.html", STATUS.get(told, 403), told=told)
