"""Signing out, here or everywhere."""

from starlette.requests import Request
from starlette.responses import Response

from auth.sessions.verbs import end, end_all
from portal.web.cookies import session_cookie, signed_out
from portal.web.forms import form
from portal.web.going import go
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here
from portal.web.visiting import held, real_now

FORGET = '"cache", "storage"'
"""What a shared computer must not keep."""

router = pages()


@router.get("/sign-out")
async def ask(site: Here, request: Request) -> Response:
    """A page with two buttons: a link alone would let any site sign people out."""
    if await held(site, request) is None:
        return go("/sign-in")
    return render(request, "signing/sign_out.html")


@router.post("/sign-out")
async def leave(site: Here, request: Request) -> Response:
    """End this session, or all that the person has."""
    fields = await form(request)
    session, cookie = await held(site, request), session_cookie(request)
    if session and cookie:
        async with site.doorkeeper.sessions.begin() as db:
            if fields.get("where") == "everywhere":
                await end_all(db, session.person_id, real_now())
            else:
                await end(db, cookie, real_now())
    response = go("/signed-out")
    signed_out(response)
    response.headers["clear-site-data"] = FORGET
    return response


@router.get("/signed-out")
async def left(request: Request) -> Response:
    """It is done."""
    return render(request, "signing/signed_out.html")
