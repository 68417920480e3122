"""The addresses of the authorization server that programs call; people meet it on its pages."""

from collections.abc import Callable
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from auth.oauth.exchange import exchange
from auth.oauth.form import Asked, take
from auth.oauth.metadata import OAUTH_METADATA_PATH, OPENID_METADATA_PATH, describe
from auth.oauth.provider import (
    JWKS_PATH,
    PUSH_PATH,
    REVOKE_PATH,
    TOKEN_PATH,
    USERINFO_PATH,
    Provider,
)
from auth.oauth.pushing import push
from auth.oauth.revoking import revoke
from auth.oauth.userinfo import userinfo

KEYS_KEPT = "public, max-age=300"
Answering = Callable[[Session, Provider, Asked], Response]


def oauth_router(provider: Provider, sessions: async_sessionmaker[AsyncSession]) -> APIRouter:
    """The routes; `sessions` are those of the role portal_auth."""
    router = APIRouter(tags=["oauth"])

    async def answered(request: Request, answer: Answering) -> Response:
        return await _answered(provider, sessions, await take(request), answer)

    @router.post(TOKEN_PATH, summary="Exchange a grant for an access token")
    async def token(request: Request) -> Response:
        return await answered(request, exchange)

    @router.post(PUSH_PATH, summary="Push an authorization request")
    async def pushed(request: Request) -> Response:
        return await answered(request, push)

    @router.post(REVOKE_PATH, summary="Give a token back")
    async def revoked(request: Request) -> Response:
        return await answered(request, revoke)

    @router.api_route(USERINFO_PATH, methods=["GET", "POST"], summary="Who the person is")
    async def person(request: Request) -> Response:
        request_id = UUID(getattr(request.state, "request_id", None) or uuid4().hex)
        async with sessions.begin() as db:
            return await db.run_sync(
                userinfo, provider, request.method, request.headers, request_id
            )

    _show_documents(router, provider)
    return router


def _show_documents(router: APIRouter, provider: Provider) -> None:
    @router.get(JWKS_PATH, summary="The keys that ID tokens are signed with")
    async def keys() -> Response:
        return JSONResponse(provider.keys.jwks(), headers={"cache-control": KEYS_KEPT})

    @router.get(OAUTH_METADATA_PATH, summary="What this authorization server can do")
    @router.get(OPENID_METADATA_PATH, summary="The same, where OpenID Connect looks for it")
    async def metadata() -> Response:
        return JSONResponse(describe(provider), headers={"cache-control": KEYS_KEPT})


async def _answered(
    provider: Provider, sessions: async_sessionmaker[AsyncSession], asked: Asked, answer: Answering
) -> Response:
    """In one transaction; if a client's keys must be fetched, in another one after that."""

    async def once() -> Response:
        async with sessions.begin() as db:  # commits refusals too: what was used once stays used
            return await db.run_sync(answer, provider, asked)

    return await provider.key_sets.answered(once)
