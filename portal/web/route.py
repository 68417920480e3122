"""The route class of pages: what a handler raises becomes the page it stands for."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from auth.strength import StepUp
from portal.edge.codes import Code
from portal.edge.errors import fault
from portal.edge.requests import request_id_of
from portal.errors import NotAllowed, NotVisible
from portal.web.going import after, go
from portal.web.refusals import (
    BadRequestPage,
    ChooseMembership,
    NotFoundPage,
    NotPermittedPage,
    SignInNeeded,
)
from portal.web.rendering import render
from portal.web.running import Failed

ELSEWHERE = {
    SignInNeeded: "/sign-in",
    ChooseMembership: "/memberships",
    StepUp: "/sign-in/again",
}
"""Where somebody does what the page waits for; from there they come back."""


class PageRoute(APIRoute):
    """A page's address."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with all that it may raise answered as pages."""
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await handler(request)
            except HTTPException:
                raise
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as cause:  # noqa: BLE001  # masked and logged, whatever it is
                return instead(request, cause)

        return page


def pages() -> APIRouter:
    """A router for pages, which portal/web/routes.py lists."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def instead(request: Request, cause: Exception) -> Response:
    """What is shown instead of the page."""
    for kind, elsewhere in ELSEWHERE.items():
        if isinstance(cause, kind):
            return go(after(elsewhere, request))
    match cause:
        case NotFoundPage() | NotVisible() | RequestValidationError():
            return not_found(request)
        case NotPermittedPage() | NotAllowed():
            return render(request, "errors/403.html", 403, refused=cause, message=str(cause))
        case BadRequestPage():
            return render(request, "errors/400.html", cause.status, message=cause.message)
        case _:
            return failed(request, cause)


def not_found(request: Request) -> Response:
    """There is nothing here, or nothing for this person."""
    return render(request, "errors/404.html", 404)


def failed(request: Request, cause: Exception) -> Response:
    """A fault of ours: it is in the log, and the page names the request."""
    code = cause.code if isinstance(cause, Failed) else None
    if code is None:
        code = Code.of(fault(cause, request_id_of(request)).extensions)
    if code.status == 503:
        response = render(request, "errors/503.html", 503)
        response.headers["retry-after"] = "5"
        return response
    return render(request, "errors/500.html", 500)
