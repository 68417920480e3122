"""The board: every initiative you may see, found by what is asked in the address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from portal.web.filtering import Filters, choices_of
from portal.web.going import go
from portal.web.refusals import BadRequestPage
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here
from portal.web.words import words

router = pages()

BOARD = "/initiatives"
PAGE = 20
STAGES = ("PROPOSED", "APPROVED", "LIVE", "PAUSED", "COMPLETE", "CLOSED", "CANCELLED")
RATINGS = ("RED", "AMBER", "GREEN", "BLUE", "NOT_STARTED")
SORTS = {
    "LATEST_CHANGE": "Latest change",
    "NEWEST": "Newest",
    "ENDS_ON": "First to end",
    "TITLE": "Title, A to Z",
    "REFERENCE": "Reference",
}
FREE = ("text", "area", "lead", "theme")
FIXED = {
    "stage": STAGES,
    "rating": RATINGS,
    "mine": ("yes",),
    "overdue": ("yes",),
    "sort": tuple(SORTS),
}
LABELS = {
    "text": "Words",
    "area": "Area",
    "stage": "Stage",
    "rating": "Rating",
    "lead": "Lead",
    "theme": "Theme",
    "mine": "Yours: you lead it or take part",
    "overdue": "Past its last day",
}
STALE = frozenset({"CURSOR_STALE", "BAD_CURSOR"})


@router.get(BOARD)
async def board(request: Request, site: Here) -> Response:
    """One page of the list."""
    filters = Filters.read(BOARD, request.query_params, FREE, FIXED)
    after = request.query_params.get("after")
    try:
        data = await run(site, request, "board-page", _variables(filters, after))
    except BadRequestPage as refused:
        if after and refused.code in STALE:
            return go(filters.address())
        raise
    return render(request, "board.html", **_shown(filters, data), later=after is not None)


def _variables(filters: Filters, after: str | None) -> dict[str, Any]:
    asked = {
        **{name: filters.one(name) for name in FREE},
        **{name: filters.all(name) or None for name in ("stage", "rating")},
        **{name: True if filters.one(name) else None for name in ("mine", "overdue")},
    }
    kept = {name: value for name, value in asked.items() if value is not None}
    order = filters.one("sort") or next(iter(SORTS))
    return {"first": PAGE, "after": after, "filter": kept, "orderBy": order}


def _shown(filters: Filters, data: Mapping[str, Any]) -> dict[str, Any]:
    choices = {
        "area": choices_of(data["areas"]["nodes"], "code", "name"),
        "stage": [(stage, words(stage)) for stage in STAGES],
        "rating": [(rating, words(rating)) for rating in RATINGS],
        "lead": choices_of(data["agencies"]["nodes"], "id", "name"),
        "theme": choices_of(data["themes"]["nodes"], "id", "name"),
        "sort": list(SORTS.items()),
    }
    listed = data["initiatives"]
    more = listed["pageInfo"]["hasNextPage"]
    return {
        "initiatives": listed["nodes"],
        "count": listed["totalCount"],
        "filters": filters,
        "choices": choices,
        "chosen": filters.chosen(LABELS, choices),
        "next_page": filters.address(after=listed["pageInfo"]["endCursor"]) if more else None,
        "first_page": filters.address(),
    }


def address_of(reference: str) -> str:
    """The page of an initiative."""
    return f"{BOARD}/{quote(reference, safe='')}"
