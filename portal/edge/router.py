"""The one address of the GraphQL API: POST in, JSON out."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry import Schema
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from portal.context import Context
from portal.edge.bodies import Asked, ask
from portal.edge.codes import Code
from portal.edge.errors import NotAnswered, Unauthenticated, fault, nobody, published, refusal
from portal.edge.lane import Lane, failed
from portal.edge.library import Library
from portal.edge.replies import JSON, accepted, refuse, reply
from portal.edge.requests import request_id_of

ANSWERED = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Edge:
    """One schema behind HTTP, as an application for one address.

    It answers POST and nothing else: no GET, no batches, no uploads, no subscriptions. Not
    Strawberry's router: that always opens a WebSocket route, reads a body of any size and decodes
    what is to be written as it is.
    """

    def __init__(
        self,
        schema: Schema,
        open_context: Callable[[Request], Awaitable[object]],
        library: Library,
    ) -> None:
        self._schema = schema
        self._open_context = open_context
        self._library = library
        plans = getattr(schema, "plans", None)
        self._lane = Lane(library, plans) if plans is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        post = scope["method"] == "POST"
        response = await (self.answer(request) if post else self.turn_away())
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Whatever comes of the request, as a GraphQL response."""
        media_type = JSON
        try:
            media_type = accepted(request.headers.get("accept"))
            return await self._answer(request, media_type)
        except NotAnswered as refused:
            error = refusal(refused.code, refused.message)
            return refuse(error, media_type, refused.headers)
        except Unauthenticated as stranger:
            error = refusal(Code.UNAUTHENTICATED, stranger.message)
            return refuse(error, media_type, stranger.headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as cause:  # noqa: BLE001  # masked and logged, whatever it is
            return refuse(fault(cause, request_id_of(request)), media_type)

    async def turn_away(self) -> Response:
        """Any method but POST."""
        error = refusal(
            Code.METHOD_NOT_ALLOWED,
            "Send queries and mutations by POST, in the body: addresses end up in log files.",
        )
        return refuse(error, JSON, {"allow": "POST"})

    async def _answer(self, request: Request, media_type: str) -> Response:
        # Token and proof are in the headers: a body without them is not worth reading.
        context = await self._open_context(request)
        asked = await ask(request, self._library.limits, self._library.trusted)
        result = await self.execute(asked, context)
        if stranger := nobody(result.errors or ()):
            raise stranger
        result.errors = [published(e, request_id_of(request)) for e in result.errors or ()]
        self.note(request, asked, result, context)
        return reply(result, media_type)

    async def execute(self, asked: Asked, context: object) -> ExecutionResult:
        """The result as it comes, its errors not yet fit to be shown."""
        async with asyncio.timeout(self._library.limits.seconds):
            if self._lane is not None and isinstance(context, Context):
                known = await self._lane.answer(asked, context)
                if known is not None:
                    return known
                if not self._library.asks_data(asked.text, asked.operation_name):
                    try:
                        await context.introduce()
                    except Exception as cause:  # noqa: BLE001 - whoever publishes it masks it
                        return failed(cause)
            return await self._schema.execute(
                asked.text,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=ANSWERED,
            )

    def note(
        self, request: Request, asked: Asked, result: ExecutionResult, context: object
    ) -> None:
        """What the log line may tell: names, a hash and a price, nothing of the content."""
        if isinstance(context, Context) and context.opened:
            request.state.client = str(context.opened.principal_id)
            request.state.agency = str(context.opened.agency_id)
        request.state.errors = sorted({Code.of(e.extensions).value for e in result.errors or ()})
        request.state.cost = (result.extensions or {}).get("cost", {}).get("requested")
        prepared = self._library.known(asked.text)
        if prepared is not None:
            request.state.document = prepared.id
            named = {o.name.value for o in prepared.shape.operations if o.name}
            only = next(iter(named)) if len(named) == 1 else None
            chosen = asked.operation_name if asked.operation_name in named else only
            request.state.operation = chosen and chosen[:64]
