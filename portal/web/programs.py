"""The programs that somebody is to answer for: what is new about each, and the yes or no to it."""

from starlette.requests import Request
from starlette.responses import Response

from portal.web.consent import WORDS
from portal.web.faults import Faults, outcome
from portal.web.forms import Form, form
from portal.web.going import go_and_say
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site

router = pages()

PATH = "/programs"


@router.get(PATH)
async def programs(site: Here, request: Request) -> Response:
    """Each with what it may do, and what waits."""
    return await _page(site, request, Form([]), Faults())


@router.post(PATH)
async def answer(site: Here, request: Request) -> Response:
    """Yes or no to one of them, as it was shown."""
    given = await form(request)
    version = given.text("version")
    asked: dict[str, object] = {
        "id": given.text("id"),
        "expectedVersion": int(version) if version.isdecimal() and len(version) < 10 else 0,
        "idempotencyKey": given.text("idempotency_key"),
    }
    if given.get("answer") == "yes":
        return await _answer(site, request, given, "accept-client", asked)
    asked |= {"reason": given.text("reason"), "altogether": given.get("altogether") == "yes"}
    return await _answer(site, request, given, "refuse-client", asked)


async def _answer(
    site: Site, request: Request, given: Form, document: str, asked: dict[str, object]
) -> Response:
    yes = document == "accept-client"
    result = await run(site, request, document, {"input": asked})
    told = result["acceptClient" if yes else "refuseClient"]
    done = outcome(told, {"reason": f"reason-{given.text('id').partition(':')[2]}"})
    if done.faults:
        return await _page(site, request, given, done.faults)
    name = done.payload["client"]["name"]
    said = f"You accepted {name} as it is." if yes else f"You refused {name}."
    return go_and_say(request, PATH, said, done.warnings)


async def _page(site: Site, request: Request, given: Form, faults: Faults) -> Response:
    data = await run(site, request, "programs-page")
    status = 422 if faults else 200
    values = {"programs": data["clients"]["nodes"], "scopes_in_words": WORDS}
    return render(request, "programs.html", status, given=given, faults=faults, **values)
