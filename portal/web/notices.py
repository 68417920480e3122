"""What the portal tells somebody, and putting it away."""

from starlette.requests import Request
from starlette.responses import Response

from portal.web.faults import outcome
from portal.web.forms import form
from portal.web.going import go
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here

router = pages()


@router.get("/notices")
async def notices(site: Here, request: Request) -> Response:
    """The latest first."""
    after = request.query_params.get("after")
    data = await run(site, request, "notices-page", {"after": after})
    return render(request, "signing/notices.html", **data)


@router.post("/notices/read")
async def put_away(site: Here, request: Request) -> Response:
    """It stays in the list."""
    fields = await form(request)
    asked = {"id": fields.text("id"), "idempotencyKey": fields.text("idempotency_key")}
    outcome((await run(site, request, "mark-notice-read", {"input": asked}))["markNoticeRead"], {})
    return go("/notices")
