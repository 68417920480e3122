"""Accepting an invitation: who invites, to be what, and how one will sign in."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from auth.accounts.passkeys import ask_to_register
from auth.events import EventOutcome, note
from auth.federation.providers import provider_of
from auth.people.invitations import InvitationOver, Offered, accept, look
from auth.sessions.verbs import Current
from portal.clock import LONDON
from portal.web import enrolling
from portal.web.been import been_here
from portal.web.forms import Form, form
from portal.web.going import go_and_say
from portal.web.refusals import NotFoundPage, NotPermittedPage, SignInNeeded
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import caller_of, held, question, real_now

PATH = "/join"
SIGNED_IN = (
    "You have a way to sign in. If you mean to replace it, sign out and open the link again."
)
OWN = (
    "Nobody accepts an invitation of their own, and somebody who made or confirmed this one has"
    " been signed in with this browser in the last eight days. Open the link on another device, or"
    " in a browser that only you use."
)

router = pages()


class Over(NotFoundPage):
    """The invitation cannot be used, or not any more."""


@dataclass
class Joining:
    """Somebody with an invitation's link."""

    token: str
    offered: Offered
    name: str
    request_id: UUID
    today: date
    path: str = PATH
    been: frozenset[UUID] = frozenset()
    """Who has been signed in with this browser of late."""
    person_id: UUID | None = None
    passkeys: bool = True

    @property
    def agency(self) -> str:
        return self.offered.agency

    def made_by(self, session: Current | None) -> bool:
        """Whether whoever is signed in here has made the invitation, for somebody else."""
        return session is not None and session.person_id in self.offered.makers

    @property
    def made_here(self) -> frozenset[UUID]:
        """Who has made it, and was signed in here: a new account would be a second one of theirs,
        as far as anybody can tell.
        """
        return self.been & self.offered.makers

    @property
    def asks_name(self) -> bool:
        return not self.offered.again

    async def settle(self, db: AsyncSession) -> UUID:
        """Accept it. The old ways in of whoever is let in again go with that."""
        try:
            person_id, _ = await accept(
                db,
                self.token,
                name=self.name,
                now=real_now(),
                today=self.today,
                request_id=self.request_id,
            )
        except InvitationOver:
            await db.commit()  # the refusal's line
            raise Over from None
        return person_id


@router.get(PATH)
async def invited(site: Here, request: Request) -> Response:
    """Who invites, and the ways to accept."""
    token = request.query_params.get("invitation", "")
    try:
        joining = await _joining(site, request, token, "")
    except Over:
        return _over(request)
    return await _show(site, request, joining)


@router.post("/join/passkey/question")
async def ask_for_passkey(site: Here, request: Request) -> Response:
    """For the script."""
    joining = await _by_another(site, request, await form(request))
    caller = caller_of(site, request)
    async with site.doorkeeper.sessions.begin() as db:
        return question(
            await ask_to_register(
                db,
                site.doorkeeper.place,
                browser=caller.browser,
                name=joining.name or joining.offered.for_whom,
                person_id=None,
                now=caller.now,
            )
        )


@router.post("/join/passkey")
async def with_passkey(site: Here, request: Request) -> Response:
    """Accept, and keep the passkey."""
    fields = await form(request)
    try:
        joining = await _by_another(site, request, fields)
        return await enrolling.with_passkey(site, request, joining, fields)
    except Over:
        return _over(request)


@router.post("/join/password")
async def with_password(site: Here, request: Request) -> Response:
    """Accept, and keep the password and the app."""
    fields = await form(request)
    try:
        joining = await _by_another(site, request, fields)
        return await enrolling.with_password(site, request, joining, fields)
    except Over:
        return _over(request)


@router.post("/join/oneself")
async def as_oneself(site: Here, request: Request) -> Response:
    """Whoever is signed in already gets one more membership."""
    fields = await form(request)
    session = await held(site, request)
    if session is None:
        raise SignInNeeded
    try:
        async with site.doorkeeper.sessions.begin() as db:
            joining = await _sent(site, request, fields)
            if joining.made_by(session):
                _refused(db, joining, session.person_id)
                return await _show(site, request, joining, 403)
            if joining.offered.again:
                return go_and_say(request, "/memberships", SIGNED_IN)
            await accept(
                db,
                joining.token,
                name=joining.name,
                now=real_now(),
                provider_id=session.provider_id,
                person_id=session.person_id,
                today=joining.today,
                request_id=joining.request_id,
            )
    except (Over, InvitationOver):
        return _over(request)
    said = f"You are now a member of {joining.agency}."
    return go_and_say(request, "/memberships", said)


async def _show(site: Site, request: Request, joining: Joining, status: int = 200) -> Response:
    async with site.doorkeeper.sessions() as db:
        provider = await provider_of(db, joining.offered.agency_id)
    session = await held(site, request)
    if session is None and provider is None and joining.made_here:
        return render(request, "signing/own.html", status, newcomer=joining)
    if session is not None or provider is not None:
        return render(
            request,
            "signing/join.html",
            status,
            newcomer=joining,
            provider_id=provider,
            session=session,
            own=joining.made_by(session),
        )
    return await enrolling.show(site, request, joining)


async def _sent(site: Site, request: Request, fields: Form) -> Joining:
    return await _joining(site, request, fields.get("invitation", ""), fields.text("name"))


async def _by_another(site: Site, request: Request, fields: Form) -> Joining:
    """For a new account: not where whoever made the invitation has been signed in."""
    joining = await _sent(site, request, fields)
    if joining.made_here:
        async with site.doorkeeper.sessions.begin() as db:
            _refused(db, joining, min(joining.made_here))
        raise NotPermittedPage(OWN, "Whoever is invited, with a browser of their own.")
    return joining


def _refused(db: AsyncSession, joining: Joining, person_id: UUID) -> None:
    what, refused = "accept_invitation", EventOutcome.REFUSED
    note(db, what, refused, "one's own", joining.request_id, person_id=person_id)


async def _joining(site: Site, request: Request, token: str, name: str) -> Joining:
    caller = caller_of(site, request)
    async with site.doorkeeper.sessions() as db:
        offered = await look(db, token[:200], caller.now)
    if offered is None:
        raise Over
    # A demonstration fixes the day; nobody is to become a member from a day that is still to come.
    today = min(now.astimezone(LONDON).date() for now in (site.clock.now(), caller.now))
    been = been_here(request, site.keyring)
    return Joining(token, offered, name, caller.request_id, today, been=been)


def _over(request: Request) -> Response:
    return render(request, "signing/over.html", 410)
