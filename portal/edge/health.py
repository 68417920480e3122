"""For those who run the portal: is it alive, may it serve, which release is it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

log = logging.getLogger("portal.edge")

Check = Callable[[], Awaitable[None]]
"""Returns when all is well, raises otherwise."""

PATIENCE = 2.0
"""Seconds; whoever asks has a time limit too."""


def health_router(version: str, checks: Mapping[str, Check], contract: Path) -> APIRouter:
    """/livez, /readyz and /version; `checks` by the names the answer gives them."""
    told = {"version": version, "contract": contract_hash(contract)}

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        answers = await asyncio.gather(*(_ask(name, check) for name, check in checks.items()))
        found = dict(zip(checks, answers, strict=True))
        ready = all(found.values())
        words = {name: "ok" if well else "failed" for name, well in found.items()}
        answer = {"status": "ok" if ready else "unavailable", "checks": words}
        return JSONResponse(answer, 200 if ready else 503)

    async def version_(_: Request) -> Response:
        return JSONResponse(told)

    router = APIRouter()
    for path, answer in {"/livez": livez, "/readyz": readyz, "/version": version_}.items():
        router.add_route(path, answer, ["GET"], include_in_schema=False)
    return router


def contract_hash(contract: Path) -> str | None:
    """Which schema.graphql this release serves; None before it is first written."""
    schema = contract / "schema.graphql"
    return "sha256:" + sha256(schema.read_bytes()).hexdigest() if schema.exists() else None


async def _ask(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except Exception as cause:
        log.warning("Not ready: %s", name, exc_info=cause)
        return False
    return True
