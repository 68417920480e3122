"""Pages that say nothing of the work: where the portal begins, and what it promises."""

from starlette.requests import Request
from starlette.responses import Response

from portal.web.going import go
from portal.web.rendering import render
from portal.web.route import pages

router = pages()


@router.get("/")
async def beginning() -> Response:
    """The board; it sends on whoever is not signed in."""
    return go("/initiatives")


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    """The accessibility statement."""
    return render(request, "accessibility.html")
