"""Getting a way to sign in: with a recovery code, whoever has lost theirs."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response

from auth.accounts import passkeys
from auth.accounts.authenticators import drawn, new_secret, step_of
from auth.accounts.passkeys import NotProved
from auth.accounts.passwords import TooWeak, check_new
from auth.accounts.proofs import Proved
from auth.accounts.recovery import new_codes
from auth.accounts.tables import Purpose
from auth.accounts.telling import tell
from auth.accounts.verbs import open_account, set_password, sign_in_name
from auth.keys.vault import CannotOpen
from auth.strength import Strength
from auth.tables import Agency, Membership, MembershipName
from portal.errors import Invalid
from portal.web.been import write_down
from portal.web.cookies import signed_in
from portal.web.faults import Faults
from portal.web.forms import Form
from portal.web.known import remember
from portal.web.refusals import BadRequestPage
from portal.web.rendering import render
from portal.web.site import Site, site_of
from portal.web.visiting import answer_in, begin_here, caller_of, real_now

WRONG_CODE = "Enter the six digits that the app shows now."
NO_PASSKEY = "The passkey could not be made. Try again, or use a password and an app."


class Newcomer(Protocol):
    """Somebody about to get a way to sign in, and what entitles them to it."""

    @property
    def path(self) -> str:
        """The page this happens on."""

    @property
    def token(self) -> str:
        """Of the invitation, if there is one."""

    @property
    def agency(self) -> str:
        """Where they are invited to."""

    @property
    def asks_name(self) -> bool:
        """Whether they are to say who they are."""

    @property
    def name(self) -> str:
        """What the portal calls them."""

    @property
    def person_id(self) -> UUID | None:
        """Who it is, once the portal knows them."""

    @property
    def passkeys(self) -> bool:
        """Whether the page offers a passkey as well."""

    async def settle(self, db: AsyncSession) -> UUID:
        """Use up what entitles them; NotFoundPage if it has been used meanwhile."""


async def show(  # noqa: PLR0913 - as the page has it
    site: Site,
    request: Request,
    newcomer: Newcomer,
    status: int = 200,
    faults: Faults | None = None,
    *,
    secret: str | None = None,
) -> Response:
    """The page with both ways: a passkey, or a password and an app."""
    secret = secret or new_secret()
    known_as = ""
    if newcomer.person_id:
        async with site.doorkeeper.sessions() as db:
            known_as = await sign_in_name(db, newcomer.person_id)
    return render(
        request,
        "signing/enrol.html",
        status,
        newcomer=newcomer,
        known_as=known_as,
        faults=faults or Faults(),
        sealed=_seal(site, request, secret),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        qr=Markup(drawn(secret, newcomer.name)),  # noqa: S704 - segno's own SVG
    )


async def with_passkey(site: Site, request: Request, newcomer: Newcomer, fields: Form) -> Response:
    """Keep the new passkey, and let its owner in."""
    caller, answer, place = caller_of(site, request), answer_in(fields), site.doorkeeper.place
    try:
        async with site.doorkeeper.sessions.begin() as db:
            asked = await passkeys.take(
                db,
                answer,
                caller.browser,
                caller.now,
                purpose=Purpose.REGISTER,
                person_id=newcomer.person_id,
            )
        async with site.doorkeeper.sessions.begin() as db:
            person_id = await newcomer.settle(db)
            await open_account(db, person_id, newcomer.name, asked.handle)
            await passkeys.register(
                db, place, asked, answer, person_id=person_id, name="Passkey", now=caller.now
            )
            proved = Proved(person_id, Strength.PHISHING_RESISTANT, ("hwk", "user", "mfa"))
            return await _welcome(db, request, newcomer, proved)
    except NotProved:
        return await show(site, request, newcomer, 422, _faults(passkey=NO_PASSKEY))
    except Invalid as invalid:
        return await show(site, request, newcomer, 422, _faults(name=_first(invalid)))


async def with_password(site: Site, request: Request, newcomer: Newcomer, fields: Form) -> Response:
    """Keep the password and the app's secret, once a code shows that the app has it."""
    password = fields.get("password", "")
    secret = _open(site, request, fields.get("sealed", ""))
    wrong = {}
    try:
        check_new(password, [newcomer.name, *await _agencies(site, newcomer)])
    except TooWeak as weak:
        wrong["password"] = str(weak)
    step = step_of(secret, fields.text("code"), real_now())
    if step is None:
        wrong["code"] = WRONG_CODE
    if wrong or step is None:
        return await show(site, request, newcomer, 422, _faults(**wrong), secret=secret)
    hashed = await site.doorkeeper.hasher.hash(password)
    try:
        async with site.doorkeeper.sessions.begin() as db:
            person_id = await newcomer.settle(db)
            account = await open_account(db, person_id, newcomer.name)
            await set_password(
                db,
                site.keyring,
                account,
                hashed=hashed,
                secret=secret,
                step=step,
                now=real_now(),
            )
            proved = Proved(person_id, Strength.MULTI_FACTOR, ("pwd", "otp", "mfa"))
            return await _welcome(db, request, newcomer, proved)
    except Invalid as invalid:
        faults = _faults(name=_first(invalid))
        return await show(site, request, newcomer, 422, faults, secret=secret)


async def _welcome(
    db: AsyncSession, request: Request, newcomer: Newcomer, proved: Proved
) -> Response:
    """Signed in, with the recovery codes on the page: they are shown this once."""
    account = await open_account(db, proved.person_id, newcomer.name)
    codes = await new_codes(db, account, real_now())
    tell(db, proved.person_id, real_now(), "A new way to sign in was added.")
    cookie = await begin_here(db, request, proved)
    response = render(
        request, "signing/codes.html", codes=codes, account=account, welcome=True, signed_in=True
    )
    signed_in(response, cookie)
    remember(response, site_of(request).keyring, account.sign_in_name)
    write_down(request, response, site_of(request).keyring, proved.person_id)
    return response


async def names_of(db: AsyncSession, person_id: UUID) -> Sequence[str]:
    """The person's own name first, then those of their agencies."""
    found = (
        select(col(MembershipName.name), col(Agency.name))
        .join(Membership, col(Membership.id) == col(MembershipName.membership_id))
        .join(Agency, col(Agency.id) == col(Membership.agency_id))
        .where(col(Membership.person_id) == person_id)
    )
    rows = (await db.execute(found)).all()
    return list(dict.fromkeys([row[0] for row in rows] + [row[1] for row in rows]))


async def _agencies(site: Site, newcomer: Newcomer) -> Sequence[str]:
    if newcomer.person_id is None:
        return [newcomer.agency]
    async with site.doorkeeper.sessions() as db:
        return await names_of(db, newcomer.person_id)


def _about(site: Site, request: Request) -> str:
    """Sealed for this browser: another one cannot enrol an app with it."""
    return f"enrolment/{caller_of(site, request).browser.hex()}/secret"


def _seal(site: Site, request: Request, secret: str) -> str:
    sealed = site.keyring.seal(secret.encode(), _about(site, request))
    return urlsafe_b64encode(sealed).decode()


def _open(site: Site, request: Request, sealed: str) -> str:
    try:
        opened = site.keyring.open(urlsafe_b64decode(sealed.encode()), _about(site, request))
    except (CannotOpen, ValueError):
        raise BadRequestPage("The form has been open for too long. Load the page again.") from None
    return opened.decode()


def _first(invalid: Invalid) -> str:
    return invalid.findings[0].message


def _faults(**wrong: str) -> Faults:
    faults = Faults()
    for name, message in wrong.items():
        faults.add(name, message)
    return faults
