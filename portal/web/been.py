"""Who has been signed in with this browser of late. It proves nothing and signs nobody in: nobody
accepts an invitation of their own by signing out first.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from auth.keys.ring import KeyRing
from auth.keys.vault import CannotOpen
from portal.web.cookies import keep

COOKIE = "__Host-been"
KEPT_FOR = 8 * 24 * 60 * 60
"""An invitation is good for a week."""
MOST = 10
_ABOUT = "browser/been/sealed"


def write_down(request: Request, response: Response, ring: KeyRing, person_id: UUID) -> None:
    """Add somebody who has just signed in, in words that only we can read."""
    before = [one for one in _listed(request, ring) if one != person_id]
    plain = json.dumps([str(one) for one in [person_id, *before][:MOST]]).encode()
    keep(response, COOKIE, urlsafe_b64encode(ring.seal(plain, _ABOUT)).decode(), KEPT_FOR)


def been_here(request: Request, ring: KeyRing) -> frozenset[UUID]:
    """The people who have signed in here, as far as the browser still has it."""
    return frozenset(_listed(request, ring))


def _listed(request: Request, ring: KeyRing) -> list[UUID]:
    given = request.cookies.get(COOKIE)
    if not given:
        return []
    try:
        return [UUID(one) for one in json.loads(ring.open(urlsafe_b64decode(given), _ABOUT))]
    except (CannotOpen, ValueError):
        return []
