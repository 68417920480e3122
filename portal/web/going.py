"""On to another page, with a word about what has just been done."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse

from portal.web.cookies import SAID, keep
from portal.web.tokens import seal, unseal

SHOWN_FOR = 120
"""Seconds in which the next page must be asked for."""
LONGEST_WORD = 300
"""Characters of one sentence: a browser keeps no cookie above 4 kB."""


@dataclass(frozen=True)
class Said:
    """What the next page says at its top, once."""

    done: str
    warnings: tuple[str, ...] = ()


def own_path(wanted: str | None, otherwise: str = "/") -> str:
    """An address of this portal to go on to; anything that could lead elsewhere is left out."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    if "\\" in wanted or any(ord(c) <= 32 or ord(c) == 127 for c in wanted):
        return otherwise
    return wanted


def go(path: str) -> RedirectResponse:
    """See another page instead (303): loading that again sends no form twice."""
    return RedirectResponse(path, 303, {"cache-control": "no-store"})


def go_and_say(
    request: Request, path: str, done: str, warnings: Sequence[str] = ()
) -> RedirectResponse:
    """See another page, which says what was done and what deserves a second look."""
    response = go(path)
    told = [done[:LONGEST_WORD], *(w[:LONGEST_WORD] for w in warnings[:3])]
    keep(response, SAID, seal(request, json.dumps(told, ensure_ascii=False).encode()), SHOWN_FOR)
    return response


def said(request: Request) -> Said | None:
    """What the page before wanted said here."""
    given = request.cookies.get(SAID)
    words = unseal(request, given) if given else None
    if words is None:
        return None
    done, *warnings = json.loads(words)
    return Said(done, tuple(warnings))


def after(path: str, request: Request) -> str:
    """`path`, with the way back to this page in `next`."""
    here = request.url.path
    if request.method == "GET" and request.url.query:
        here += "?" + request.url.query
    return f"{path}?next={quote(here, safe='')}"
