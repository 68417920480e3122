"""Whoever has lost their passkey or their app: a recovery code lets them enrol a new one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from auth.accounts.passkeys import ask_to_register
from auth.accounts.recovery import recover, recovered, recovering
from auth.accounts.throttle import TooManyGuesses
from auth.sessions.verbs import end_all
from portal.web import enrolling
from portal.web.faults import Faults
from portal.web.forms import form
from portal.web.going import go
from portal.web.refusals import NotFoundPage
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import caller_of, question, real_now

ENROL = "/recover/enrol"
NOT_PROVED = "That did not work. Check the sign-in name and the code; each code works once."

router = pages()


@dataclass
class Recovering:
    """Somebody who has shown a recovery code with this browser."""

    name: str
    person_id: UUID | None
    browser: bytes
    path: str = ENROL
    token: str = ""
    agency: str = ""
    asks_name: bool = False
    passkeys: bool = True

    async def settle(self, db: AsyncSession) -> UUID:
        """The code's way is used up, and whoever else was signed in as them is no more."""
        person_id = await recovered(db, self.browser, real_now())
        if person_id is None:
            raise NotFoundPage
        await end_all(db, person_id, real_now())
        return person_id


@router.get("/recover")
async def ask(request: Request) -> Response:
    """For name and code."""
    return _ask(request)


@router.post("/recover")
async def take(site: Here, request: Request) -> Response:
    """Use a code up."""
    fields = await form(request)
    name, code = fields.text("name")[:100], fields.text("code")[:100]
    try:
        known = await recover(site.doorkeeper.sessions, caller_of(site, request), name, code)
    except TooManyGuesses as wait:
        said = f"There have been too many tries. Wait {wait.seconds} seconds, then try again."
        page = _ask(request, 429, name, said)
        page.headers["retry-after"] = str(wait.seconds)
        return page
    if not known:
        return _ask(request, 422, name, NOT_PROVED)
    return go(ENROL)


@router.get(ENROL)
async def enrol(site: Here, request: Request) -> Response:
    """Choose a new passkey, or a new password and app."""
    return await enrolling.show(site, request, await _somebody(site, request))


@router.post(f"{ENROL}/passkey/question")
async def ask_for_passkey(site: Here, request: Request) -> Response:
    """For the script."""
    await form(request)
    newcomer, caller = await _somebody(site, request), caller_of(site, request)
    async with site.doorkeeper.sessions.begin() as db:
        return question(
            await ask_to_register(
                db,
                site.doorkeeper.place,
                browser=caller.browser,
                name=newcomer.name,
                person_id=newcomer.person_id,
                now=caller.now,
            )
        )


@router.post(f"{ENROL}/passkey")
async def with_passkey(site: Here, request: Request) -> Response:
    """Enrol a passkey."""
    fields = await form(request)
    return await enrolling.with_passkey(site, request, await _somebody(site, request), fields)


@router.post(f"{ENROL}/password")
async def with_password(site: Here, request: Request) -> Response:
    """Enrol a password and an app."""
    fields = await form(request)
    return await enrolling.with_password(site, request, await _somebody(site, request), fields)


def _ask(request: Request, status: int = 200, name: str = "", said: str = "") -> Response:
    faults = Faults()
    if said:
        faults.add("name", said)
    return render(request, "signing/recover.html", status, name=name, faults=faults)


async def _somebody(site: Site, request: Request) -> Recovering:
    caller = caller_of(site, request)
    async with site.doorkeeper.sessions() as db:
        person_id = await recovering(db, caller.browser, caller.now)
        if person_id is None:
            raise NotFoundPage
        name, *_ = [*await enrolling.names_of(db, person_id), "Somebody"]
    return Recovering(name, person_id, caller.browser)
