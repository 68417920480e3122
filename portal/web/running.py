"""A page's document, run through the schema in this process as whoever is signed in."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from uuid import UUID

from graphql import GraphQLError
from starlette.requests import Request

from auth.oauth.resource import TOO_MANY_KEYS
from auth.sessions.verbs import hash_of
from auth.strength import StepUp
from portal.context import BySession, Context
from portal.edge.bodies import Asked, check_characters
from portal.edge.codes import Code
from portal.edge.errors import NotAnswered, cause_of, published
from portal.edge.requests import request_id_of
from portal.settings import Mode
from portal.store.states import ACTS_AS_NOBODY, NO_ACCESS, sqlstate
from portal.web.cookies import session_cookie
from portal.web.refusals import BadRequestPage, ChooseMembership, NotPermittedPage, SignInNeeded
from portal.web.site import Site


class Failed(Exception):
    """A fault of ours, already in the log; `code` says which kind."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code


async def run(
    site: Site, request: Request, name: str, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The data of a document of graphql/operations/; raises what the page answers instead."""
    cookie = session_cookie(request)
    if cookie is None:
        raise SignInNeeded
    asked = Asked(site.documents[name].text, dict(variables or {}), None)
    try:
        check_characters([asked.variables])
    except NotAnswered as refused:
        raise BadRequestPage(refused.message) from None
    opening = BySession(hash_of(cookie))
    request_id = request_id_of(request)
    demonstration = site.settings.mode is Mode.DEMO
    context = Context(
        site.engines.runtime,
        opening,
        UUID(request_id),
        site.clock.now(),
        demonstration=demonstration,
    )
    result = await site.edge.execute(asked, context)
    for error in result.errors or ():
        _turn_away(error)
    result.errors = [published(error, request_id) for error in result.errors or ()]
    site.edge.note(request, asked, result, context)
    if result.errors:
        _refuse(result.errors)
    raw: Any = result.data
    data: dict[str, Any] = json.loads(raw.bytes)
    if "me" in data:
        request.state.me = data["me"]
    return data


def _turn_away(error: GraphQLError) -> None:
    """Whoever must sign in, or choose, before there is anything to show."""
    cause = cause_of(error)
    if isinstance(cause, StepUp):
        raise cause
    state = sqlstate(cause) if cause else None
    if state == ACTS_AS_NOBODY:
        raise ChooseMembership
    if state == NO_ACCESS:
        if TOO_MANY_KEYS in str(cause):
            raise NotPermittedPage(f"The membership you act as {TOO_MANY_KEYS}.")
        raise SignInNeeded


def _refuse(errors: Iterable[GraphQLError]) -> NoReturn:
    for error in errors:
        code = Code.of(error.extensions)
        if code.status >= 500:
            raise Failed(code)
        raise BadRequestPage(error.message, code=code.value)
    raise LookupError("no error to tell of")
