"""Where people who are nobody yet leave rows behind, and what they hear who do so a lot."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from auth.oauth.provider import AUTHORIZE_PATH, PUSH_PATH, REVOKE_PATH, TOKEN_PATH, USERINFO_PATH
from portal.edge.strangers import Watched, slower
from portal.web.rendering import render

ANY = range(100, 600)
PROGRAMS = (TOKEN_PATH, PUSH_PATH, REVOKE_PATH, USERINFO_PATH)
LOGOUT = "/sign-in/logout/"
"""Where providers come, not people."""

DOORS = {
    **{path: Watched({400, 401}) for path in PROGRAMS},
    AUTHORIZE_PATH: Watched({400}),
    # Who goes to a provider leaves a row, and gives the try back by coming back as somebody.
    "/sign-in/with/": Watched(ANY),
    "/sign-in/back/": Watched({400, 403, 404, 503}, gives_back={303}),
    LOGOUT: Watched({400}),
    # So does who is asked for a passkey and shows it.
    "/sign-in/passkey/question": Watched(ANY),
    "/sign-in/passkey": Watched({422}, gives_back={303}),
    "/sign-in/password": Watched({422, 429}),
    "/recover": Watched({422, 429}),
    "/recover/enrol/passkey/question": Watched(ANY),
    "/recover/enrol/passkey": Watched({404, 422}, gives_back={200}),
    "/join/passkey/question": Watched(ANY),
    "/join/passkey": Watched({410, 422}, gives_back={200}),
    "/join/password": Watched({410, 422}),
    "/join/arrived": Watched({403, 410}),
}
"""By address; each with the answers that let nobody in or make a row."""


def wait(scope: Scope, seconds: int) -> Response:
    """For who asks too often: a page for people, the words of their standard for programs."""
    path = scope["path"]
    if path in PROGRAMS:
        return slower(scope, seconds)
    if path.startswith(LOGOUT):
        return JSONResponse({"error": "temporarily_unavailable"}, 429)
    return render(Request(scope), "errors/429.html", 429)
