"""The demonstration's own door: sign in as anybody in the sample. It exists nowhere else."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from auth.accounts.proofs import Proved
from auth.events import EventOutcome, note
from auth.strength import Strength
from portal.edge.requests import request_id_of
from portal.sample.partnership import AGENCIES, PEOPLE, fixed
from portal.settings import Mode
from portal.web.forms import form
from portal.web.going import own_path
from portal.web.refusals import NotFoundPage
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.signing import proved_again
from portal.web.site import Here, Site
from portal.web.visiting import let_in, somebody
from portal.web.words import words

AMR = ("hwk", "user", "mfa")
"""As if they had shown a passkey: the rest of the portal does not know the difference."""


@dataclass(frozen=True)
class Somebody:
    """A person of the sample, with what they are."""

    id: UUID
    name: str
    roles: tuple[str, ...]


def demo_routers(site: Site) -> list[APIRouter]:
    """None but in the demonstration, on the sample's own database."""
    if not (site.sample and site.settings.mode is Mode.DEMO):
        return []
    return [_router()]


def _router() -> APIRouter:
    router = pages()

    @router.get("/demo")
    async def people(request: Request) -> Response:
        """Everybody in the sample, by agency."""
        return render(
            request,
            "demo.html",
            people=_everybody(),
            next=own_path(request.query_params.get("next")),
        )

    @router.post("/demo")
    async def sign_in_as(site: Here, request: Request) -> Response:
        """A session as if that person had shown their passkey."""
        fields = await form(request)
        known = {str(one.id): one for everybody in _everybody().values() for one in everybody}
        wanted = known.get(fields.text("person"))
        if wanted is None:
            raise NotFoundPage
        proved = Proved(wanted.id, Strength.PHISHING_RESISTANT, AMR)
        async with site.doorkeeper.sessions.begin() as db:
            number = UUID(request_id_of(request))
            note(db, "demo_sign_in", EventOutcome.DONE, "", number, person_id=wanted.id)
        return await let_in(site, request, proved, own_path(fields.get("next")))

    @router.post("/demo/again")
    async def again(site: Here, request: Request) -> Response:
        """As if the person had shown it once more."""
        fields = await form(request)
        session = await somebody(site, request)
        proved = Proved(session.person_id, Strength.PHISHING_RESISTANT, AMR)
        return await proved_again(site, request, proved, own_path(fields.get("next")))

    return router


def _everybody() -> dict[str, list[Somebody]]:
    """By the agency's name, each once in it; who is in two agencies stands in both."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for agency, name, roles, _ in PEOPLE.values():
        there = found.setdefault(AGENCIES[agency][0], {})
        there[name] = (*there.get(name, ()), *map(words, roles))
    return {
        agency: [Somebody(fixed("person", name), name, roles) for name, roles in there.items()]
        for agency, there in sorted(found.items())
    }
