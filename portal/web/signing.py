"""Signing in at the portal's own door, and proving it again before what asks for a fresh proof."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from auth.accounts.passkeys import ask_to_show
from auth.accounts.proofs import Proved
from auth.accounts.tables import CredentialKind
from auth.accounts.throttle import TooManyGuesses
from auth.accounts.verbs import PAIR, credentials_of, sign_in_name
from auth.federation.providers import living
from auth.sessions.verbs import Current, SessionOver, prove_again
from portal.web.cookies import session_cookie, signed_in
from portal.web.faults import Faults
from portal.web.forms import form
from portal.web.going import go, own_path
from portal.web.known import remember
from portal.web.refusals import SignInNeeded
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import (
    acts,
    answer_in,
    caller_of,
    held,
    let_in,
    question,
    real_now,
    somebody,
)

NOT_PROVED = (
    "That did not work. Check the sign-in name, the password and the code; a code works once,"
    " so wait for the next one."
)
AGAIN_NOT_PROVED = "That did not work. A code works once: wait for the next one, then try again."
NO_PASSKEY = (
    "That passkey did not sign you in. Try again, or sign in another way. If your agency has its"
    " own sign-in, use that."
)

router = pages()


@router.get("/sign-in")
async def sign_in(site: Here, request: Request) -> Response:
    """Where everybody begins: with their organisation, a passkey, or a password and a code."""
    path = own_path(request.query_params.get("next"))
    session = await held(site, request)
    if session is None:
        return await _door(site, request, path)
    return go(path if await acts(site, session) else f"/memberships?next={quote(path, safe='')}")


@router.post("/sign-in/passkey/question")
async def ask_for_passkey(site: Here, request: Request) -> Response:
    """For the script: what the browser asks its passkeys."""
    await form(request)
    caller = caller_of(site, request)
    async with site.doorkeeper.sessions.begin() as db:
        return question(
            await ask_to_show(db, site.doorkeeper.place, browser=caller.browser, now=caller.now)
        )


@router.post("/sign-in/passkey")
async def with_passkey(site: Here, request: Request) -> Response:
    """Let in whoever has shown their passkey."""
    fields = await form(request)
    path = own_path(fields.get("next"))
    proved = await site.doorkeeper.by_passkey(caller_of(site, request), answer_in(fields))
    if proved is None:
        return await _door(site, request, path, 422, _at("passkey", NO_PASSKEY))
    return await let_in(site, request, proved, path)


@router.post("/sign-in/password")
async def with_password(site: Here, request: Request) -> Response:
    """Let in whoever knows a password and has the app for the code."""
    fields = await form(request)
    path = own_path(fields.get("next"))
    name = fields.text("name")[:100]
    typed = fields.get("password", ""), fields.text("code")
    try:
        proved = await site.doorkeeper.by_password(caller_of(site, request), name, *typed)
    except TooManyGuesses as wait:
        page = await _door(site, request, path, 429, _at("name", _said(wait)), name=name)
        return _wait(page, wait)
    if proved is None:
        return await _door(site, request, path, 422, _at("name", NOT_PROVED), name=name)
    response = await let_in(site, request, proved, path)
    remember(response, site.keyring, name.lower())
    return response


@router.get("/sign-in/again")
async def again(site: Here, request: Request) -> Response:
    """Prove it again: what you asked for needs a proof of the last ten minutes."""
    session = await somebody(site, request)
    return await _again(site, request, session, own_path(request.query_params.get("next")))


@router.post("/sign-in/again/passkey/question")
async def ask_for_passkey_again(site: Here, request: Request) -> Response:
    """For the script: only the person's own passkeys will do."""
    await form(request)
    session, caller = await somebody(site, request), caller_of(site, request)
    async with site.doorkeeper.sessions.begin() as db:
        return question(
            await ask_to_show(
                db,
                site.doorkeeper.place,
                browser=caller.browser,
                now=caller.now,
                person_id=session.person_id,
            )
        )


@router.post("/sign-in/again/passkey")
async def again_with_passkey(site: Here, request: Request) -> Response:
    """A fresh proof by passkey."""
    fields = await form(request)
    session, path = await somebody(site, request), own_path(fields.get("next"))
    answer = answer_in(fields)
    proved = await site.doorkeeper.by_passkey(caller_of(site, request), answer, session.person_id)
    if proved is None:
        return await _again(
            site, request, session, path, status=422, faults=_at("passkey", NO_PASSKEY)
        )
    return await proved_again(site, request, proved, path)


@router.post("/sign-in/again/password")
async def again_with_password(site: Here, request: Request) -> Response:
    """A fresh proof by password and code."""
    fields = await form(request)
    session, path = await somebody(site, request), own_path(fields.get("next"))
    typed = fields.get("password", ""), fields.text("code")
    try:
        proved = await site.doorkeeper.again_by_password(
            caller_of(site, request), session.person_id, *typed
        )
    except TooManyGuesses as wait:
        page = await _again(
            site, request, session, path, status=429, faults=_at("password", _said(wait))
        )
        return _wait(page, wait)
    if proved is None:
        return await _again(
            site, request, session, path, status=422, faults=_at("password", AGAIN_NOT_PROVED)
        )
    return await proved_again(site, request, proved, path)


async def proved_again(site: Site, request: Request, proved: Proved, path: str) -> Response:
    """Back to what asked for it, with a new cookie."""
    cookie = session_cookie(request) or ""
    try:
        async with site.doorkeeper.sessions.begin() as db:
            renewed = await prove_again(db, cookie, acr=proved.acr, amr=proved.amr, now=real_now())
    except SessionOver:
        raise SignInNeeded from None
    response = go(path)
    signed_in(response, renewed)
    return response


async def _door(  # noqa: PLR0913 - as the page has it
    site: Site,
    request: Request,
    path: str,
    status: int = 200,
    faults: Faults | None = None,
    *,
    name: str = "",
) -> Response:
    async with site.doorkeeper.sessions() as db:
        providers = await living(db)
    return render(
        request,
        "signing/sign_in.html",
        status,
        providers=providers,
        next=path,
        faults=faults or Faults(),
        name=name,
        sample=site.sample,
    )


async def _again(  # noqa: PLR0913 - as the page has it
    site: Site,
    request: Request,
    session: Current,
    path: str,
    *,
    status: int = 200,
    faults: Faults | None = None,
) -> Response:
    async with site.doorkeeper.sessions() as db:
        kinds = {c.kind for c in await credentials_of(db, session.person_id)}
        known_as = await sign_in_name(db, session.person_id)
    return render(
        request,
        "signing/again.html",
        status,
        next=path,
        known_as=known_as,
        provider_id=session.provider_id,
        passkey=CredentialKind.PASSKEY in kinds,
        password=kinds.issuperset(PAIR),
        sample=site.sample,
        faults=faults or Faults(),
    )


def _at(field: str, message: str) -> Faults:
    faults = Faults()
    faults.add(field, message)
    return faults


def _said(wait: TooManyGuesses) -> str:
    return (
        f"There have been too many tries. Wait {wait.seconds} seconds, then try again; a passkey"
        " needs no waiting."
    )


def _wait(page: Response, wait: TooManyGuesses) -> Response:
    page.headers["retry-after"] = str(wait.seconds)
    return page
