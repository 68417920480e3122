"""One's own security: where one is signed in, with what, and what happened at the door."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from auth.accounts import passkeys
from auth.accounts.passkeys import NotProved, ask_to_register
from auth.accounts.recovery import new_codes
from auth.accounts.tables import Purpose
from auth.accounts.telling import tell
from auth.accounts.verbs import LastWayIn, open_account, remove, rename
from auth.sessions.verbs import Current
from auth.strength import fresh
from portal.reading.ids import BadId, from_global
from portal.web import enrolling
from portal.web.faults import Faults, outcome
from portal.web.forms import Form, form
from portal.web.going import go, go_and_say
from portal.web.refusals import NotFoundPage
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site
from portal.web.visiting import answer_in, caller_of, question, real_now, somebody

PATH = "/security"
STALE = f"/sign-in/again?next={PATH}"

router = pages()


@router.get(PATH)
async def security(site: Here, request: Request) -> Response:
    """Everything on one page; to change how one signs in takes a fresh proof."""
    return await _page(site, request, await somebody(site, request))


async def _page(site: Site, request: Request, session: Current, wrong: str = "") -> Response:
    data, faults = await run(site, request, "security-page"), Faults()
    if wrong:
        faults.add("credentials", wrong)
    status = 422 if wrong else 200
    return render(
        request, "signing/security.html", status, **data, fresh=_fresh(session), faults=faults
    )


@router.post("/security/sessions/end")
async def end_session(site: Here, request: Request) -> Response:
    """Sign one browser out."""
    return await _do(site, request, "end-session", "endSession", "That browser is signed out.")


@router.post("/security/consents/end")
async def end_consent(site: Here, request: Request) -> Response:
    """Take back what a program may do."""
    said = "The program may do nothing in your name any more."
    return await _do(site, request, "end-consent", "endConsent", said)


async def _do(site: Site, request: Request, document: str, mutation: str, said: str) -> Response:
    fields = await form(request)
    asked = {"id": fields.text("id"), "idempotencyKey": fields.text("idempotency_key")}
    done = outcome((await run(site, request, document, {"input": asked}))[mutation], {})
    return go_and_say(request, PATH, said, done.warnings)


@router.post("/security/passkeys/question")
async def ask_for_passkey(site: Here, request: Request) -> Response:
    """For the script."""
    await form(request)
    session, caller = await somebody(site, request), caller_of(site, request)
    if not _fresh(session):
        raise NotFoundPage
    async with site.doorkeeper.sessions.begin() as db:
        name, *_ = [*await enrolling.names_of(db, session.person_id), "Somebody"]
        return question(
            await ask_to_register(
                db,
                site.doorkeeper.place,
                browser=caller.browser,
                name=name,
                person_id=session.person_id,
                now=caller.now,
            )
        )


@router.post("/security/passkeys")
async def add_passkey(site: Here, request: Request) -> Response:
    """One more passkey, such as a key for the key ring."""
    fields = await form(request)
    session = await somebody(site, request)
    if not _fresh(session):
        return go(STALE)
    try:
        await _register(site, request, session, fields)
    except NotProved:
        wrong = "No passkey was added. If this one is not registered yet, try again."
        return await _page(site, request, session, wrong)
    return go_and_say(request, PATH, "The passkey was added.")


async def _register(site: Site, request: Request, session: Current, fields: Form) -> None:
    caller, answer, place = caller_of(site, request), answer_in(fields), site.doorkeeper.place
    async with site.doorkeeper.sessions.begin() as db:
        asked = await passkeys.take(
            db,
            answer,
            caller.browser,
            caller.now,
            purpose=Purpose.REGISTER,
            person_id=session.person_id,
        )
    async with site.doorkeeper.sessions.begin() as db:
        name, *_ = [*await enrolling.names_of(db, session.person_id), "Somebody"]
        await open_account(db, session.person_id, name, asked.handle)
        called = " ".join(fields.text("name").split())[:60] or "Passkey"
        await passkeys.register(
            db, place, asked, answer, person_id=session.person_id, name=called, now=caller.now
        )
        tell(db, session.person_id, caller.now, f"The passkey “{called}” was added.")


@router.post("/security/passkeys/rename")
async def rename_passkey(site: Here, request: Request) -> Response:
    """A name its owner knows it by."""
    fields = await form(request)
    session, wanted = await somebody(site, request), _id(fields, "Credential")
    async with site.doorkeeper.sessions.begin() as db:
        name = fields.text("name")
        if not name or not await rename(db, session.person_id, wanted, name):
            raise NotFoundPage
    return go_and_say(request, PATH, f"The passkey is now called “{name[:60]}”.")


@router.post("/security/remove")
async def remove_credential(site: Here, request: Request) -> Response:
    """A lost passkey, a password no longer needed: but never the last way in."""
    fields = await form(request)
    session, wanted = await somebody(site, request), _id(fields, "Credential")
    if not _fresh(session):
        return go(STALE)
    try:
        async with site.doorkeeper.sessions.begin() as db:
            if not await remove(db, session.person_id, wanted, real_now()):
                raise NotFoundPage
    except LastWayIn:
        wrong = "It was kept: without it you could not sign in. Add another way first."
        return await _page(site, request, session, wrong)
    return go_and_say(request, PATH, "It was removed, and signs nobody in any more.")


@router.post("/security/recovery-codes")
async def make_codes(site: Here, request: Request) -> Response:
    """Ten new ones, shown this once; those of before are void."""
    await form(request)
    session = await somebody(site, request)
    if not _fresh(session):
        return go(STALE)
    async with site.doorkeeper.sessions.begin() as db:
        name, *_ = [*await enrolling.names_of(db, session.person_id), "Somebody"]
        account = await open_account(db, session.person_id, name)
        codes = await new_codes(db, account, real_now())
        tell(db, session.person_id, real_now(), "New recovery codes were made.")
    return render(request, "signing/codes.html", codes=codes, account=account, welcome=False)


@router.get("/security/password")
async def choose_password(site: Here, request: Request) -> Response:
    """A new password and app, in place of those of before."""
    newcomer = await _oneself(site, request)
    return go(STALE) if newcomer is None else await enrolling.show(site, request, newcomer)


@router.post("/security/password")
async def set_password(site: Here, request: Request) -> Response:
    """Keep it."""
    fields = await form(request)
    newcomer = await _oneself(site, request)
    if newcomer is None:
        return go(STALE)
    return await enrolling.with_password(site, request, newcomer, fields)


def _fresh(session: Current) -> bool:
    return fresh(session.acr, session.authenticated_at, real_now())


def _id(fields: Form, kind: str) -> UUID:
    try:
        of, wanted = from_global(fields.text("id"))
    except BadId:
        raise NotFoundPage from None
    if of != kind:
        raise NotFoundPage
    return wanted


async def _oneself(site: Site, request: Request) -> "Oneself | None":
    """Whoever is signed in, with a fresh proof."""
    session = await somebody(site, request)
    if not _fresh(session):
        return None
    async with site.doorkeeper.sessions() as db:
        name, *_ = [*await enrolling.names_of(db, session.person_id), "Somebody"]
    return Oneself(name, session.person_id)


@dataclass
class Oneself:
    """Somebody signed in who changes their password or app."""

    name: str
    person_id: UUID | None
    path: str = PATH
    token: str = ""
    agency: str = ""
    asks_name: bool = False
    passkeys: bool = False

    async def settle(self, db: AsyncSession) -> UUID:
        """Nothing to use up: the fresh proof was shown."""
        if self.person_id is None:
            raise NotFoundPage
        return self.person_id
