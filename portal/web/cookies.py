"""The cookies: who is signed in, who fills in a form before that, and what was said last."""

from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import Response

SESSION = "__Host-session"
VISITOR = "__Host-visitor"
SAID = "__Host-said"


def session_cookie(request: Request) -> str | None:
    """The value that names the browser's session, if there is one."""
    return request.cookies.get(SESSION) or None


def visitor_cookie(request: Request) -> str:
    """What a form's token hangs on before anybody is signed in; made when there is none."""
    given = request.cookies.get(VISITOR) or getattr(request.state, "visitor", None)
    if not given:
        given = request.state.visitor = token_urlsafe(32)
    return str(given)


def keep(response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other host can write."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
    )


def drop(response: Response, name: str) -> None:
    """Delete a cookie; a browser takes it for the same one only with the same attributes."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def signed_in(response: Response, cookie: str) -> None:
    """Give the browser its session, at sign-in and whenever the session changed its value."""
    keep(response, SESSION, cookie)
    drop(response, VISITOR)


def signed_out(response: Response) -> None:
    """Take the session away from the browser."""
    drop(response, SESSION)
    drop(response, SAID)
