"""Refusals of the edge, and what of an error a client is shown."""

import logging
from collections.abc import Collection, Iterable, Mapping

import asyncpg
from graphql import GraphQLError, Node
from sqlalchemy.exc import TimeoutError as PoolTimeout

from auth.oauth.resource import insufficient, invalid_token
from auth.strength import StepUp
from portal.edge.codes import Code
from portal.errors import Refusal
from portal.store.states import sqlstate

log = logging.getLogger("portal.edge")

QUERY_CANCELED = "57014"
TOOK_TOO_LONG = (
    "This took too long and was stopped. Ask for less at once; repeat a change with the same "
    "idempotency key, so that it happens once."
)
COME_BACK = (
    "The portal is busy or restarting. Ask again in a few seconds; repeat a change with the same "
    "idempotency key, so that it happens once."
)
BUSY_STATES = frozenset({"55P03", "40P01", "57P01", "57P02", "57P03", "53300"})
"""Lock not to be had, deadlock, server going, crashed or coming, too many connections."""
BUSY_ERRORS = (PoolTimeout, OSError, asyncpg.InterfaceError)
"""No connection in time, none at all, or one that has just been lost."""


class Unauthenticated(Exception):
    """Nobody is known to be asking; `challenge` becomes the WWW-Authenticate header."""

    def __init__(
        self,
        challenge: str,
        message: str = "Send a valid access token.",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.headers = {"www-authenticate": challenge, **(headers or {})}


class NotAnswered(Exception):
    """The HTTP request is turned away before there is a GraphQL request to speak of."""

    def __init__(self, code: Code, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def refusal(code: Code, message: str, nodes: Collection[Node] | None = None) -> GraphQLError:
    """An error the client can act on."""
    return GraphQLError(message, nodes, extensions={"code": code.value})


def coded(error: GraphQLError, code: Code) -> GraphQLError:
    """The same error with a code, unless it has one."""
    error.extensions = {"code": code.value, **(error.extensions or {})}
    return error


def published(error: GraphQLError, request_id: str) -> GraphQLError:
    """What the client sees: its own mistakes in full, a fault of ours only as a request id."""
    if "code" in (error.extensions or {}):
        return error
    match cause_of(error):
        case None:
            return coded(error, Code.BAD_USER_INPUT)
        case Refusal() as refused:
            return _instead(error, str(refused), {"code": Code.BAD_USER_INPUT.value})
        case cause if type(cause) is TimeoutError or sqlstate(cause) == QUERY_CANCELED:
            return _instead(error, TOOK_TOO_LONG, {"code": Code.TIMEOUT.value})
        case cause if isinstance(cause, BUSY_ERRORS) or sqlstate(cause) in BUSY_STATES:
            log.warning("A request found no place.", extra={"request_id": request_id})
            return _instead(error, COME_BACK, {"code": Code.BUSY.value})
        case cause:
            log.error("A request failed.", exc_info=cause, extra={"request_id": request_id})
            return _instead(error, _ours(request_id), _internal(request_id))


def nobody(errors: Iterable[GraphQLError]) -> Unauthenticated | None:
    """The caller is opened with the first statement, so who is nobody may show only then."""
    for cause in map(cause_of, errors):
        if isinstance(cause, Unauthenticated):
            return cause
        if isinstance(cause, StepUp):
            wanted = insufficient(cause)
            return Unauthenticated(wanted.challenge, wanted.description)
        if cause is not None and (refused := invalid_token(cause)):
            return Unauthenticated(refused.challenge, refused.description)
    return None


def fault(cause: Exception, request_id: str) -> GraphQLError:
    """The same for an exception outside of any field."""
    return published(GraphQLError(str(cause), original_error=cause), request_id)


def cause_of(error: GraphQLError) -> Exception | None:
    """The exception behind an error, through the errors that wrap it; None for a client's own."""
    cause: Exception | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _instead(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(message, error.nodes, path=error.path, extensions=extensions)


def _ours(request_id: str) -> str:
    return f"Something went wrong on our side. Quote request id {request_id} when you report it."


def _internal(request_id: str) -> dict[str, object]:
    return {"code": Code.INTERNAL.value, "requestId": request_id}
