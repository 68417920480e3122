"""Every page there is, and what an address without one answers."""

from fastapi import APIRouter, FastAPI
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from portal.web import (
    adding,
    board,
    consent,
    demo,
    federated,
    files,
    furniture,
    initiative,
    joining,
    leaving,
    mail,
    memberships,
    notices,
    programs,
    recovering,
    security,
    signing,
)
from portal.web.route import not_found
from portal.web.site import Site

ROUTERS = (
    board.router,
    initiative.router,
    files.router,
    furniture.router,
    signing.router,
    memberships.router,
    leaving.router,
    recovering.router,
    joining.router,
    security.router,
    notices.router,
    programs.router,
    mail.router,
    federated.router,
    consent.router,
    federated.provider_router,
    adding.router,
)
"""Tried in this order at each request: what is asked for most stands first."""


def serve_pages(app: FastAPI, site: Site) -> None:
    """Add the pages to the application."""
    app.state.site = site
    app.include_router(web_router(site))
    app.add_exception_handler(HTTPException, _nothing_here)  # type: ignore[arg-type]


def web_router(site: Site) -> APIRouter:
    """All pages."""
    router = APIRouter()
    for each in (*ROUTERS, *demo.demo_routers(site)):
        router.include_router(each)
    return router


async def _nothing_here(request: Request, refused: HTTPException) -> Response:
    """A page for people, JSON for programs."""
    if refused.status_code == 404 and "text/html" in request.headers.get("accept", ""):
        return not_found(request)
    return await http_exception_handler(request, refused)
