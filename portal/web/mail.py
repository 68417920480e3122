"""How somebody hears by e-mail that there is something new in the portal: how often, and where."""

from starlette.requests import Request
from starlette.responses import Response

from portal.web.faults import Faults, needed, outcome
from portal.web.forms import Form, form
from portal.web.going import go_and_say
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site

router = pages()
MAIL, CODE = "/notices/mail", "/notices/mail/code"
TEMPLATES = {MAIL: "signing/mail.html", CODE: "signing/mail-code.html"}
EMPTY = Form([])


@router.get(MAIL)
async def how_they_hear(site: Here, request: Request) -> Response:
    """As it is."""
    return await _page(site, request, MAIL, None, Faults())


@router.post(MAIL)
async def set_mail(site: Here, request: Request) -> Response:
    """Keep it; a new address is asked for its code next."""
    given, faults = await form(request), Faults()
    asked = {
        "mode": needed(given, "mode", faults, "Choose how often you want to hear."),
        "idempotencyKey": given.text("idempotency_key"),
    }
    if address := given.text("address"):
        asked["address"] = address
    if not faults:
        answer = (await run(site, request, "set-mail", {"input": asked}))["setMail"]
        done = outcome(answer, {"mode": "mode", "address": "address"})
        if not done.faults:
            waits = done.payload["mailPreference"]["askedAddress"] == address != ""
            said = "A code is on its way to the new address." if waits else "That is kept."
            return go_and_say(request, CODE if waits else MAIL, said, done.warnings)
        faults = done.faults
    return await _page(site, request, MAIL, given, faults)


@router.get(CODE)
async def ask_for_code(site: Here, request: Request) -> Response:
    """The empty form."""
    return await _page(site, request, CODE, EMPTY, Faults())


@router.post(CODE)
async def enter_code(site: Here, request: Request) -> Response:
    """The address is theirs, or the form again."""
    given, faults = await form(request), Faults()
    code = needed(given, "code", faults, "Enter the code from the e-mail.")
    if not faults:
        asked = {"code": code, "idempotencyKey": given.text("idempotency_key")}
        answer = (await run(site, request, "confirm-mail", {"input": asked}))["confirmMail"]
        done = outcome(answer, {"code": "code"})
        if not done.faults:
            return go_and_say(request, MAIL, "E-mails go to this address now.", done.warnings)
        faults = done.faults
    return await _page(site, request, CODE, given, faults)


async def _page(
    site: Site, request: Request, path: str, given: Form | None, faults: Faults
) -> Response:
    data = await run(site, request, "mail-page")
    if given is None:
        kept = data["me"]["mail"] or {"mode": "", "address": None}
        given = Form([("mode", kept["mode"]), ("address", kept["address"] or "")])
    status = 422 if faults else 200
    return render(request, TEMPLATES[path], status, **data, given=given, faults=faults)
