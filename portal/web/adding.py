"""Two plain forms: a new action for an initiative, a new figure for a measure."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.web.board import BOARD, address_of
from portal.web.faults import Faults, day_in, needed, outcome
from portal.web.forms import Form, form
from portal.web.going import go_and_say
from portal.web.refusals import NotFoundPage, NotPermittedPage
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site

router = pages()

ADD_ACTION = BOARD + "/{reference}/actions/add"
ADD_FIGURE = BOARD + "/{reference}/measures/{measure}/add-figure"
ACTION_FIELDS = {
    "title": "title",
    "detail": "detail",
    "ownerTeam": "owner_team",
    "dueOn": "due_on",
    "evidenceUrl": "evidence_url",
}
FIGURE_FIELDS = {
    "figure.periodFrom": "period_from",
    "figure.periodTo": "period_to",
    "figure.value": "value",
    "figure.numerator": "numerator",
    "figure.denominator": "denominator",
    "figure.note": "note",
    "figure.provisional": "provisional",
}
FIGURE_SAYS = {
    "RECORDED_ALREADY": "Your agency has recorded a figure for this period already. Choose another"
    " period; a program that may contribute can correct the figure there is."
}
"""What the page says by the code of a fault, where the API's words are for programs."""
NO_FIGURE = "Enter the figure."
NO_NUMBERS = "Enter both numbers, or the value alone."
NUMBER = re.compile(r"-?(\d{1,60}|\d{1,3}(,\d{3}){1,20})(\.\d{1,20})?", re.ASCII)
NUMBERS = ("value", "numerator", "denominator")
CONTRIBUTE = "initiatives:contribute"
EMPTY = Form([])


@router.get(ADD_ACTION)
async def ask_for_action(request: Request, site: Here, reference: str) -> Response:
    """The empty form."""
    return await _action_page(request, site, reference, EMPTY, Faults())


@router.post(ADD_ACTION)
async def add_action(request: Request, site: Here, reference: str) -> Response:
    """Add it, or show the form with what is wrong and all that was typed."""
    given = await form(request)
    faults = Faults()
    asked = {
        "initiative": given.text("initiative"),
        "title": needed(given, "title", faults, "Enter what is to be done."),
        "detail": given.text("detail") or None,
        "ownerTeam": needed(given, "owner_team", faults, "Choose the team that does it."),
        "dueOn": day_in(given, "due_on", faults, "the day by which it is to be done"),
        "evidenceUrl": given.text("evidence_url") or None,
        "idempotencyKey": given.text("idempotency_key"),
    }
    if not faults:
        done = outcome(
            (await run(site, request, "add-action", {"input": asked}))["addAction"], ACTION_FIELDS
        )
        if not done.faults:
            said = f"Added the action “{done.payload['action']['title']}”."
            return go_and_say(request, address_of(reference) + "#actions", said, done.warnings)
        faults = done.faults
    return await _action_page(request, site, reference, given, faults)


async def _action_page(
    request: Request, site: Site, reference: str, given: Form, faults: Faults
) -> Response:
    data = await run(site, request, "add-action-page", {"reference": reference})
    found = data["initiativeByReference"]
    if found is None:
        raise NotFoundPage
    check_contributes(data, "add actions")
    agencies = [found["lead"], *(partner["agency"] for partner in found["partners"]["nodes"])]
    return render(
        request,
        "add-action.html",
        422 if faults else 200,
        initiative=found,
        agencies=agencies,
        given=given,
        faults=faults,
    )


@router.get(ADD_FIGURE)
async def ask_for_figure(request: Request, site: Here, reference: str, measure: str) -> Response:
    """The empty form."""
    return await _figure_page(request, site, (reference, measure), EMPTY, Faults())


@router.post(ADD_FIGURE)
async def add_figure(request: Request, site: Here, reference: str, measure: str) -> Response:
    """Record it, or show the form with what is wrong and all that was typed."""
    given = await form(request)
    faults = Faults()
    figure: dict[str, Any] = {
        "periodFrom": day_in(given, "period_from", faults, "the first day of the period"),
        "periodTo": day_in(given, "period_to", faults, "the last day of the period"),
        "note": given.text("note") or None,
        "provisional": given.get("provisional") == "yes",
    }
    figure |= {name: _number(given, name, faults) for name in NUMBERS}
    if not any(given.text(name) for name in NUMBERS):
        faults.add("value", NO_NUMBERS if "numerator" in given else NO_FIGURE)
    asked = {
        "measure": f"Measure:{measure}",
        "figure": figure,
        "idempotencyKey": given.text("idempotency_key"),
    }
    if not faults:
        answer = await run(site, request, "record-observation", {"input": asked})
        done = outcome(answer["recordObservation"], FIGURE_FIELDS, FIGURE_SAYS)
        if not done.faults:
            there = f"{address_of(reference)}#measure-{measure}"
            return go_and_say(request, there, "Recorded the figure.", done.warnings)
        faults = done.faults
    return await _figure_page(request, site, (reference, measure), given, faults)


def _number(given: Form, name: str, faults: Faults) -> str | None:
    """As the API takes it. A comma stands for thousands only: 57,5 is not 575."""
    text = given.text(name)
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        faults.add(name, "Enter a number, such as 1,250 or 12.5.")
        return None
    return text.replace(",", "")


async def _figure_page(
    request: Request, site: Site, place: tuple[str, str], given: Form, faults: Faults
) -> Response:
    data = await run(site, request, "add-observation-page", {"id": f"Measure:{place[1]}"})
    found = data["measure"]
    if found is None or found["initiative"]["reference"] != place[0]:
        raise NotFoundPage
    check_contributes(data, "record figures")
    return render(
        request,
        "add-figure.html",
        422 if faults else 200,
        measure=found,
        given=given,
        faults=faults,
    )


def check_contributes(data: Mapping[str, Any], what: str) -> None:
    """Show no form to somebody whose roles cannot send it; who may in this very case, the verb
    decides.
    """
    if CONTRIBUTE not in data["me"]["scopes"]:
        raise NotPermittedPage(
            f"The roles you act with do not let you {what}.", "an administrator of your agency"
        )
