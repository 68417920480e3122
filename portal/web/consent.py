"""Where a person lets a program of their agency act for them, or does not."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from auth.oauth.authorize import (
    NEEDED,
    Door,
    Gone,
    Pending,
    Refusal,
    Step,
    approve,
    deny,
    next_step,
    offers,
    pending,
    silently,
    strength_wanted,
    would_get,
)
from auth.oauth.provider import AUTHORIZE_PATH
from auth.oauth.scopes import OFFLINE, OPENID, PROFILE
from auth.roles import Scope
from auth.sessions.offers import Offer
from auth.sessions.verbs import Current, NotOffered, SessionOver
from auth.strength import StepUp
from portal.edge.requests import request_id_of
from portal.web.forms import Form, form
from portal.web.going import go
from portal.web.refusals import BadRequestPage, NotFoundPage, SignInNeeded
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import held

WORDS: dict[str, str] = {
    Scope.INITIATIVES_READ: "Read the initiatives and everything in them that you can read",
    Scope.INITIATIVES_CONTRIBUTE: "Add actions, observations and comments in your name",
    Scope.INITIATIVES_EDIT: "Change initiatives in your name, and share them with partners",
    Scope.REFERRALS_SUMMARY: "See which referrals there are, and how each stands, as you can",
    Scope.REFERRALS_READ: "Read what referrals that you can read say about victims and others",
    Scope.REFERRALS_WORK: "Work on referrals in your name",
    Scope.REFERRALS_ALLOCATE: "Give referrals to the people who work on them, in your name",
    Scope.REFERRALS_TOTALS: "See how many referrals there are, as totals that name no case",
    Scope.MARAC_COORDINATE: "Prepare a MARAC's meetings and record what they decide, in your name",
    Scope.AGREEMENTS_DRAFT: "Draft and change agreements on sharing in your name",
    Scope.AGREEMENTS_ADVISE: "Advise on agreements in your name",
    Scope.AGREEMENTS_SIGN: "Act on agreements as somebody who may sign for your agency",
    Scope.FRAMEWORKS_MANAGE: "Change frameworks, themes and thresholds that everybody works with",
    Scope.AGENCIES_MANAGE: "See, without changing it, what administrators of your agency see",
    Scope.PARTNERSHIP_MANAGE: "See, without changing it, what the partnership's administrators see",
    Scope.AUDIT_READ: "Read the records of who did what",
    OPENID: "Know that it is you, by a number that means nothing elsewhere",
    PROFILE: "Know your name, if your agency shows names",
    OFFLINE: "Go on for 30 days, also when you are not there",
}
GONE = (
    "This request has been answered already, or it took longer than ten minutes. Go back to the"
    " program and start again there."
)
UNMET = "unmet_authentication_requirements"

Told = Response | Exception
Deciding = Callable[[Door], Awaitable[Told]]

router = pages()


@dataclass(frozen=True)
class Choice:
    """A membership to act as, and what the program would get with it."""

    offer: Offer
    gets: tuple[str, ...]


@router.get(AUTHORIZE_PATH)
async def ask(site: Here, request: Request) -> Response:
    """Show the person which program asks for what; or lead them to sign in, or straight back."""
    who = await held(site, request)
    return await _answered(site, request, partial(_ask, request, who))


@router.post(AUTHORIZE_PATH)
async def answer(site: Here, request: Request) -> Response:
    """The person has decided: back to the program, with a code or with the news."""
    fields = await form(request)
    who = await held(site, request)
    return await _answered(site, request, partial(_decide, fields, who))


async def _answered(site: Site, request: Request, decide: Deciding) -> Response:
    """What is raised is raised after the commit: the request stays opened, a refusal recorded."""
    async with site.doorkeeper.sessions.begin() as db:
        told = await decide(Door(db, site.provider, UUID(request_id_of(request))))
    if isinstance(told, Exception):
        raise told
    return told


async def _ask(request: Request, who: Current | None, at: Door) -> Told:
    asked = await pending(at, request.query_params.multi_items())
    if isinstance(asked, Refusal):
        return BadRequestPage(asked.message)
    step = next_step(asked, who, at.provider.now())
    if not isinstance(step, Step):
        return go(await deny(at, asked, step))
    if who is None:
        return SignInNeeded()
    if step is Step.PROVE_AGAIN:
        return _prove(request, asked, who)
    if "none" in asked.wishes.prompt:
        return go(await silently(at, asked, who))
    return _page(request, asked, who, await _choices(at, asked, who))


async def _decide(fields: Form, who: Current | None, at: Door) -> Told:
    asked = await pending(at, [(name, fields.get(name, "")) for name in NEEDED])
    if isinstance(asked, Refusal):
        return BadRequestPage(asked.message)
    try:
        match fields.get("decision"):
            case "yes":
                return await _agree(at, asked, who, fields.get("membership", ""))
            case "too_weak":
                return go(await deny(at, asked, UNMET))
            case _:
                return go(await deny(at, asked))
    except Gone:
        return BadRequestPage(GONE)
    except (NotOffered, ValueError):
        return NotFoundPage()


async def _agree(at: Door, asked: Pending, who: Current | None, membership: str) -> Told:
    if who is None or next_step(asked, who, at.provider.now()) is not Step.DECIDE:
        return go(_address(asked))  # which knows what to do first
    try:
        return go(await approve(at, asked, who, UUID(membership)))
    except SessionOver:  # just now
        return SignInNeeded()


def _prove(request: Request, asked: Pending, who: Current) -> Told:
    """Whoever has just shown what they have, and it is too weak, is not sent round in circles."""
    if who.authenticated_at >= asked.pushed_at and not asked.wishes.met_by(who.acr):
        again = f"/sign-in/again?next={quote(_address(asked), safe='')}"
        return _show(request, asked, "consent/stronger.html", again=again)
    return StepUp(strength_wanted(asked))


async def _choices(at: Door, asked: Pending, who: Current) -> list[Choice]:
    found = []
    for offer in await offers(at, asked, who):
        gets = await would_get(at, asked, offer.id)
        found.append(Choice(offer, tuple(WORDS[scope] for scope in WORDS if scope in gets)))
    return [choice for choice in found if choice.gets]


def _page(request: Request, asked: Pending, who: Current, choices: Sequence[Choice]) -> Response:
    if not choices:
        return _show(request, asked, "consent/nothing.html")
    acting = who.membership_id if who.membership_id in {c.offer.id for c in choices} else None
    chosen = acting or choices[0].offer.id
    return _show(request, asked, "consent/ask.html", choices=choices, chosen=chosen)


def _show(
    request: Request,
    asked: Pending,
    template: str,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    target = urlsplit(asked.redirect_uri)
    return render(
        request,
        template,
        forms_to=[f"{target.scheme}://{target.netloc}"],
        program=asked.client.name,
        agency=asked.agency,
        goes_to=target.netloc,
        action=AUTHORIZE_PATH,
        client_id=asked.client.id,
        request_uri=asked.name,
        **values,
    )


def _address(asked: Pending) -> str:
    given = {"client_id": str(asked.client.id), "request_uri": asked.name}
    return f"{AUTHORIZE_PATH}?{urlencode(given)}"
