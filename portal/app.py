"""The composition root: settings and engines become one ASGI application. Knows everything."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.accounts.passkeys import Place
from auth.accounts.passwords import Hasher
from auth.accounts.proofs import Doorkeeper
from auth.federation.directory import Directory
from auth.federation.federation import Federation
from auth.federation.outbound import Outbound
from auth.keys.ring import KeyRing
from auth.oauth.endpoints import oauth_router
from auth.oauth.keysets import key_sets
from auth.oauth.provider import Provider
from auth.oauth.resource import Unauthorised, presented
from portal.changes.keeping import tidy
from portal.clock import Clock
from portal.context import ByToken, Context
from portal.contract import contract_path
from portal.edge.codes import Code
from portal.edge.errors import NotAnswered, Unauthenticated
from portal.edge.guarded import guarded
from portal.edge.health import Check, health_router
from portal.edge.limits import Limits
from portal.edge.requests import Requests, request_id_of
from portal.edge.router import Edge
from portal.edge.strangers import Patience, Strangers, Watched
from portal.outbox.letters import Sender
from portal.outbox.worker import Worker
from portal.settings import Mode, Settings
from portal.store.engines import Engines
from portal.store.migrations.migrate import at_head
from portal.store.standing import powers, seconds_to_settle
from portal.web.doors import DOORS, wait
from portal.web.rendering import environment
from portal.web.routes import serve_pages
from portal.web.site import Site

log = logging.getLogger("portal.app")

GRAPHQL = "/graphql"
LAST_LETTER = 5.0
"""Seconds for the message that is under way when the portal is told to stop."""
TIDY_EVERY = 300.0
"""Seconds between two removals of what is over (portal/changes/keeping.py)."""


class NotReady(RuntimeError):
    """What /readyz writes into the log."""


class App(FastAPI):
    """FastAPI, except for the API's address: its layers would take a tenth of the time there."""

    api: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead the request where it belongs."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self.api(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings, engines: Engines, keyring: KeyRing, *, sample: bool = False
) -> App:
    """The portal, ready to be served; it closes the engines when it ends."""
    https = settings.base_url.startswith("https://")
    app = App(
        title="VAWG portal",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host header, which anybody writes
        lifespan=_lifespan(engines, _worker(settings, engines)),
    )
    patience, proxies = Patience(settings.refusals_per_minute), settings.proxies
    app.add_middleware(Strangers, patience=patience, doors=DOORS, proxies=proxies, slower=wait)
    app.add_middleware(Requests, https=https)
    shown = key_sets(local=settings.mode is Mode.DEMO)
    provider = Provider(settings.base_url, keyring, key_sets=shown)
    app.include_router(oauth_router(provider, async_sessionmaker(engines.auth)))
    schema, library = guarded(Limits(body_bytes=settings.body_limit))
    edge = Edge(schema, _opening(settings, engines), library)
    app.api = Requests(Strangers(edge, patience, {GRAPHQL: Watched({401})}, proxies), https=https)
    app.include_router(health_router(version("vawg-portal"), _checks(engines), contract_path()))
    documents = {document.name: document for document in library.trusted}
    clock = Clock(settings.today)
    site = Site(
        settings=settings,
        engines=engines,
        schema=schema,
        library=library,
        edge=edge,
        provider=provider,
        keyring=keyring,
        doorkeeper=_doorkeeper(settings, engines, keyring),
        federation=_federation(settings, engines, keyring),
        clock=clock,
        documents=documents,
        templates=environment(),
        sample=sample,
    )
    serve_pages(app, site)
    return app


def _doorkeeper(settings: Settings, engines: Engines, keyring: KeyRing) -> Doorkeeper:
    sessions = async_sessionmaker(engines.auth, expire_on_commit=False)
    return Doorkeeper(sessions, Place(settings.base_url), keyring, Hasher())


def _federation(settings: Settings, engines: Engines, keyring: KeyRing) -> Federation:
    sessions = async_sessionmaker(engines.auth, expire_on_commit=False)
    outbound = Outbound(local=settings.mode is Mode.DEMO)
    return Federation(settings.base_url, sessions, keyring, Directory(outbound))


def _opening(settings: Settings, engines: Engines) -> Callable[[Request], Awaitable[Context]]:
    clock, url = Clock(settings.today), settings.base_url + GRAPHQL
    demonstration = settings.mode is Mode.DEMO

    async def open_context(request: Request) -> Context:
        """Who it is, the database says in the request's first statement."""
        request_id = UUID(request_id_of(request))
        try:
            asked = presented(
                request.headers,
                method=request.method,
                url=url,
                now=datetime.now(UTC),
                request=request_id,
            )
        except Unauthorised as refusal:
            raise _turned_away(refusal) from None
        opening = ByToken(asked)
        return Context(
            engines.runtime, opening, request_id, clock.now(), demonstration=demonstration
        )

    return open_context


def _turned_away(refusal: Unauthorised) -> Exception:
    if refusal.status == 400:
        challenge = {"www-authenticate": refusal.challenge}
        return NotAnswered(Code.BAD_REQUEST, refusal.description, challenge)
    return Unauthenticated(refusal.challenge, refusal.description)


def _checks(engines: Engines) -> dict[str, Check]:
    async def migrated() -> None:
        if not await at_head(engines.runtime):
            raise NotReady("The database is behind this release: run `portal migrate`.")

    async def bound() -> None:
        runtime = await powers(engines.runtime, "PORTAL_DATABASE_URL")
        signing_in = await powers(engines.auth, "PORTAL_AUTH_DATABASE_URL")
        if found := runtime + signing_in:
            raise NotReady(f"A login role {found[0]}: `portal check` says which.")

    async def settled() -> None:
        if await seconds_to_settle(engines.runtime) > 0:
            raise NotReady("The database has only just started: proofs are refused.")

    return {"migrations": migrated, "roles": bound, "settled": settled}


def _worker(settings: Settings, engines: Engines) -> Worker | None:
    """It works beside the serving, if the operator has given it its address."""
    if settings.worker_database_url is None:
        return None
    sender = Sender(settings.mail_from, settings.base_url)
    return Worker(engines.worker, settings.mail_server, sender, Clock(settings.today))


def _lifespan(
    engines: Engines, worker: Worker | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tidying = asyncio.create_task(_tidy(engines))
        working = asyncio.create_task(worker.run()) if worker else None
        try:
            yield
        finally:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying
            if worker and working:
                await _ended(worker, working)
            await engines.dispose()

    return lifespan


async def _ended(worker: Worker, working: asyncio.Task[None]) -> None:
    """The message under way is ended; what cannot be, is sent again by who comes next."""
    worker.stopping.set()
    with suppress(TimeoutError):
        await asyncio.wait_for(working, LAST_LETTER)


async def _tidy(engines: Engines) -> None:
    """Each process does; what one has removed the others do not find."""
    sessions = async_sessionmaker(engines.auth)
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            await tidy(sessions, datetime.now(UTC))
        except Exception as cause:
            log.warning("Could not remove what is out of date.", exc_info=cause)
