"""Which membership somebody acts as: chosen after signing in, and changed at any time."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response

from auth.sessions.offers import Offer, on_offer
from auth.sessions.verbs import Current, NotOffered, SessionOver, choose
from auth.tables import MembershipRole
from portal.web.cookies import session_cookie, signed_in
from portal.web.faults import Faults
from portal.web.forms import form
from portal.web.going import go, own_path
from portal.web.refusals import NotFoundPage, SignInNeeded
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.site import Here, Site
from portal.web.visiting import real_now, somebody
from portal.web.words import words

router = pages()


@router.get("/memberships")
async def memberships(site: Here, request: Request) -> Response:
    """What the person can act as, and what they act as now."""
    session = await somebody(site, request)
    return await _page(site, request, session, own_path(request.query_params.get("next")))


async def _page(
    site: Site, request: Request, session: Current, path: str, faults: Faults | None = None
) -> Response:
    async with site.doorkeeper.sessions() as db:
        offers = await on_offer(db, session.person_id, session.provider_id, real_now())
        roles = await _roles(db, offers)
    return render(
        request,
        "signing/memberships.html",
        422 if faults else 200,
        offers=offers,
        roles=roles,
        chosen=session.membership_id,
        next="/" if path == "/memberships" else path,
        faults=faults or Faults(),
    )


@router.post("/memberships")
async def act_as(site: Here, request: Request) -> Response:
    """Act as another membership from now on."""
    fields = await form(request)
    try:
        wanted = UUID(fields.text("membership"))
    except ValueError:
        faults = Faults([("membership", "Choose which membership you act as.")])
        session = await somebody(site, request)
        return await _page(site, request, session, own_path(fields.get("next")), faults)
    cookie = session_cookie(request) or ""
    try:
        async with site.doorkeeper.sessions.begin() as db:
            renewed = await choose(db, cookie, wanted, real_now())
    except SessionOver:
        raise SignInNeeded from None
    except NotOffered:
        raise NotFoundPage from None
    response = go(own_path(fields.get("next")))
    signed_in(response, renewed)
    return response


async def _roles(db: AsyncSession, offers: Sequence[Offer]) -> dict[UUID, list[str]]:
    """In words, by membership."""
    found = (
        select(col(MembershipRole.membership_id), col(MembershipRole.role))
        .where(col(MembershipRole.membership_id).in_([offer.id for offer in offers]))
        .order_by(col(MembershipRole.role))
    )
    said: dict[UUID, list[str]] = {}
    for membership_id, role in await db.execute(found):
        said.setdefault(membership_id, []).append(words(role))
    return said
