"""The addresses of the authorization server."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.responses import JSONResponse

from auth.oauth.form import take
from auth.oauth.jose import ALGORITHMS
from auth.oauth.provider import TOKEN_PATH, Provider
from auth.oauth.server import CLIENT_AUTHENTICATION, ClientCredentials, Server
from auth.roles import Scope

METADATA_PATH = "/.well-known/oauth-authorization-server"


def oauth_router(provider: Provider, sessions: async_sessionmaker[AsyncSession]) -> APIRouter:
    """The routes; `sessions` are those of the role portal_auth."""
    router = APIRouter(tags=["oauth"])

    @router.post(TOKEN_PATH, summary="Exchange a grant for an access token")
    async def token(request: Request) -> Response:
        asked = await take(request)
        async with sessions.begin() as db:  # commits refusals too: what was used once stays used
            return await db.run_sync(lambda session: Server(session, provider, asked).token())

    @router.get(METADATA_PATH, summary="What this authorization server can do")
    async def metadata() -> Response:
        return JSONResponse(describe(provider))

    return router


def describe(provider: Provider) -> dict[str, str | list[str]]:
    """RFC 8414, and only what exists: no authorization endpoint, hence no response types."""
    return {
        "issuer": provider.issuer,
        "token_endpoint": provider.token_url,
        "grant_types_supported": [ClientCredentials.GRANT_TYPE],
        "scopes_supported": sorted(Scope),
        "token_endpoint_auth_methods_supported": [CLIENT_AUTHENTICATION],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }
