"""Browsers in which somebody has proved an account with a password: others' guesses at that account
do not keep it out here. It proves nothing, and signs nobody in.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import Response

from auth.keys.ring import KeyRing
from auth.keys.vault import CannotOpen
from portal.web.cookies import keep

COOKIE = "__Host-known"
KEPT_FOR = 180 * 24 * 60 * 60
_ABOUT = "browser/known/sealed"


def remember(response: Response, ring: KeyRing, account: str) -> None:
    """Tell the browser, in words that only we can read."""
    plain = json.dumps([account, token_urlsafe(16)]).encode()
    keep(response, COOKIE, urlsafe_b64encode(ring.seal(plain, _ABOUT)).decode(), KEPT_FOR)


def proved_here(request: Request, ring: KeyRing) -> tuple[str, str] | None:
    """The account, and the browser's own name for it; None where nobody has."""
    given = request.cookies.get(COOKIE)
    if not given:
        return None
    try:
        account, browser = json.loads(ring.open(urlsafe_b64decode(given.encode()), _ABOUT))
    except (CannotOpen, ValueError):
        return None
    return account, browser
