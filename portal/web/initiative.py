"""The page of one initiative, and its figures to keep."""

import csv
import io
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.web.board import BOARD, address_of
from portal.web.charts import chart_of, sentence
from portal.web.going import go
from portal.web.refusals import NotFoundPage
from portal.web.rendering import HEADERS, render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site

router = pages()

MOST_FIGURES = 5_000
FORMULA = ("=", "+", "-", "@", "'", "\t", "\r")
COLUMNS = (
    "period_from", "period_to", "value", "numerator", "denominator", "breakdown", "area", "group",
    "provisional", "recorded_by", "note",
)  # fmt: skip


@router.get(BOARD + "/{reference}")
async def initiative(request: Request, site: Here, reference: str) -> Response:
    """Everything on it; an id leads to the address with the reference."""
    if reference.startswith("Initiative:"):
        return await _elsewhere(request, site, reference)
    data = await run(site, request, "initiative-page", {"reference": reference})
    found = data["initiativeByReference"]
    if found is None:
        raise NotFoundPage
    if found["reference"] != reference:
        return go(address_of(found["reference"]))
    measures = [(m, chart_of(m), sentence(m)) for m in found["measures"]["nodes"]]
    history = list(_told(found["history"]["nodes"]))
    return render(request, "initiative.html", initiative=found, measures=measures, history=history)


async def _elsewhere(request: Request, site: Site, id: str) -> Response:
    data = await run(site, request, "initiative-address", {"id": id})
    if data["initiative"] is None:
        raise NotFoundPage
    return go(address_of(data["initiative"]["reference"]))


def _told(entries: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """One line for what was done in one go, whatever number of records it touched."""

    def together(entry: Mapping[str, Any]) -> tuple[str, str, str]:
        return entry["at"], entry["verb"], (entry["agency"] or {}).get("shortName", "")

    for (at, verb, agency), touched in groupby(entries, together):
        kinds = dict.fromkeys(entry["objectType"] for entry in touched)
        yield {"at": at, "verb": verb, "agency": agency, "kinds": list(kinds)}


@router.get(BOARD + "/{reference}/measures/{measure}/figures.csv")
async def figures(request: Request, site: Here, reference: str, measure: str) -> Response:
    """A measure's figures as a table that any spreadsheet program reads."""
    rows: list[Mapping[str, Any]] = []
    after: str | None = None
    while len(rows) < MOST_FIGURES:
        asked = {"id": f"Measure:{measure}", "after": after}
        found = (await run(site, request, "measure-figures", asked))["measure"]
        if found is None or found["initiative"]["reference"] != reference:
            raise NotFoundPage
        rows += found["observations"]["nodes"]
        page = found["observations"]["pageInfo"]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            break
    name = f"{reference}-figures.csv"
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(_csv(rows), 200, headers, "text/csv; charset=utf-8")


def _csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for row in rows:
        plain = {
            "area": (row["area"] or {}).get("code"),
            "recorded_by": row["recordedBy"]["name"],
            "provisional": "yes" if row["provisional"] else "no",
            "breakdown": row["breakdown"].lower(),
        }
        named = {column: plain.get(column, row.get(_api(column))) for column in COLUMNS}
        writer.writerow([_cell(column, value) for column, value in named.items()])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _api(column: str) -> str:
    head, *rest = column.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _cell(column: str, value: object) -> object:
    """A text that a spreadsheet program would take for a formula gets an apostrophe."""
    texts = column in ("group", "note", "recorded_by")
    if texts and isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
