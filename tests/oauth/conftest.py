"""Programs of partners as they come, well and ill behaved; and a server for them to ask."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from threading import Thread
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64encode, urlsafe_b64encode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse
from support.accepting import let_in
from support.consenting import RETURN, RETURN_QUERY, Flow, Visitor

from auth.keys.ring import KeyRing
from auth.oauth.clients import NewClient
from auth.oauth.endpoints import oauth_router
from auth.oauth.provider import Outcome, Provider, Record, keep_outcome
from auth.oauth.resource import Unauthorised, invalid_token, presented
from auth.oauth.tables import Grant
from auth.roles import SCOPES, Role, Scope
from auth.tables import Agency, AgencyKind, Membership, MembershipRole, Person
from portal import database
from portal.edge.requests import Requests
from portal.settings import Settings
from portal.store.build import build, furnish
from portal.store.engines import Engines
from portal.store.server import Server

BASE = "http://localhost:8000"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ABSENT = None
Changes = Mapping[str, object]
AS_IS: Changes = MappingProxyType({})


def make_signed(header: dict[str, Any], claims: object, key: Key) -> str:
    """A compact JWS, also one that no careful library would make."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    part = json_b64encode(header) + b"." + urlsafe_b64encode(payload)
    signature = JWSRegistry.algorithms[header["alg"]].sign(part, key)
    return (part + b"." + urlsafe_b64encode(signature)).decode()


def changed(plain: dict[str, object], changes: Changes) -> dict[str, object]:
    return {name: value for name, value in (plain | dict(changes)).items() if value is not ABSENT}


def seconds(shift: float = 0) -> int:
    return int(datetime.now(UTC).timestamp() + shift)


@dataclass(frozen=True)
class Partner:
    """A partner's program: it signs statements with its registered key, requests with another."""

    id: UUID
    key: Key
    proof_key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    algorithm: str = "ES256"
    proof_algorithm: str = "ES256"
    path: str = ""
    """Of the endpoint that its proofs are for, when it is not the plain one."""

    def at(self, path: str) -> "Partner":
        """The same program on its way to another endpoint."""
        return replace(self, path=path)

    def statement(
        self, header: Changes = AS_IS, claims: Changes = AS_IS, key: Key | None = None
    ) -> str:
        plain = {"iss": str(self.id), "sub": str(self.id), "aud": BASE, "jti": uuid4().hex}
        dated = plain | {"iat": seconds(), "exp": seconds(60)}
        head = changed({"alg": self.algorithm, "typ": "JWT"}, header)
        return make_signed(head, changed(dated, claims), key or self.key)

    def proof(
        self,
        header: Changes = AS_IS,
        claims: Changes = AS_IS,
        key: Key | None = None,
        token: str = "",
    ) -> str:
        jwk = self.proof_key.as_dict(private=False)
        head = {"alg": self.proof_algorithm, "typ": "dpop+jwt", "jwk": jwk}
        path = self.path or ("/graphql" if token else "/oauth/token")
        plain = {"jti": uuid4().hex, "htm": "POST", "htu": BASE + path, "iat": seconds()}
        if token:
            plain["ath"] = urlsafe_b64encode(sha256(token.encode()).digest()).decode()
        return make_signed(changed(head, header), changed(plain, claims), key or self.proof_key)

    def form(self, **changes: str | None) -> dict[str, str]:
        plain = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.statement(),
        }
        return changed(plain, changes)  # type: ignore[arg-type, return-value]


@dataclass
class Desk:
    """The server as its clients see it, and what only we see of it."""

    http: httpx2.AsyncClient
    audit: list[Outcome]
    owner: Callable[[], Any]
    provider: Provider
    sessions: async_sessionmaker[AsyncSession]

    async def token(self, partner: Partner, form: object = None, **more: Any) -> httpx2.Response:
        """Ask for a token; `proof` and `headers` replace what a well-behaved program sends."""
        sent = partner.form() if form is None else form
        headers = {"dpop": more.get("proof") or partner.proof(), **more.get("headers", {})}
        body = {"content": sent} if isinstance(sent, bytes) else {"data": sent}
        if isinstance(sent, bytes):
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return await self.http.post("/oauth/token", headers=headers, **body)

    async def use(self, partner: Partner, token: str, proof: str = "") -> httpx2.Response:
        headers = {"authorization": f"DPoP {token}", "dpop": proof or partner.proof(token=token)}
        return await self.http.post("/graphql", headers=headers)

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Look, or meddle, as the owner of the tables."""
        connection = await self.owner()
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


def protected(base: str, sessions: async_sessionmaker[AsyncSession]) -> FastAPI:
    """One route that asks who is calling, as the API does."""
    app = FastAPI()

    @app.post("/graphql")
    async def whoami(request: Request) -> Response:
        asked = presented(
            request.headers,
            method=request.method,
            url=base + request.url.path,
            now=datetime.now(UTC),
            request=uuid4(),
        )
        async with sessions.begin() as db:
            try:
                found = await db.execute(OPEN_CALLER, vars(asked))
            except DBAPIError as error:
                raise invalid_token(error) or error from error
            return JSONResponse({"data": {"caller": str(found.one().principal_id)}})

    @app.exception_handler(Unauthorised)
    async def challenge(_: Request, refusal: Unauthorised) -> Response:
        body = {"error": refusal.error, "error_description": refusal.description}
        return JSONResponse(body, refusal.status, refusal.headers)

    return app


OPEN_CALLER = text(
    "SELECT * FROM open_caller"
    "(:token_hash, :thumbprint, :proof, :proof_issued, :membership, :request)"
)


async def run_sql(dsn: str, script: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def oauth_settings(server: Server) -> Settings:
    """A database of its own, as the portal declares it, with nobody in it."""
    await run_sql(server.dsn("postgres", "postgres"), "CREATE DATABASE oauth OWNER portal_owner")
    await run_sql(
        server.dsn("postgres", "oauth"),
        "ALTER SCHEMA public OWNER TO portal_owner;"
        "GRANT USAGE ON SCHEMA public TO portal_auth, portal_runtime",
    )
    settings = Settings(
        database_url=server.dsn("portal_runtime", "oauth"),
        auth_database_url=server.dsn("portal_auth", "oauth"),
        owner_database_url=server.dsn("portal_owner", "oauth"),
        auth_pool_size=12,
    )
    engines = Engines(settings)
    async with engines.owner.begin() as owner:
        await build(owner, database.statements())
        await furnish(owner, SCOPES)
    await engines.dispose()
    return settings


@pytest.fixture(scope="session")
async def oauth_databases(oauth_settings: Settings) -> AsyncIterator[Engines]:
    engines = Engines(oauth_settings)
    yield engines
    await engines.dispose()


@pytest.fixture(scope="session", name="sign")
def signing() -> Callable[..., str]:
    return make_signed


@pytest.fixture(scope="session")
async def agency(oauth_databases: Engines) -> UUID:
    one = Agency(name="Sample charity", short_name="Charity", kind=AgencyKind.CHARITY)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        db.add(one)
        await db.flush()
        return one.id


@pytest.fixture(scope="session")
async def owner(oauth_databases: Engines, agency: UUID) -> UUID:
    """The charity's coordinator, who answers for its programs."""
    person = Person(name="Ann Owner")
    member = Membership(person_id=person.id, agency_id=agency, starts_on=date(2020, 1, 1))
    role = MembershipRole(membership_id=member.id, role=Role.INITIATIVE_COORDINATOR)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        for row in (person, member, role):
            db.add(row)
            await db.flush()
        return member.id


@pytest.fixture(scope="session")
async def admit(oauth_databases: Engines, agency: UUID, owner: UUID) -> Callable[..., Any]:
    """Lets a program of the charity in: `await admit(algorithm="PS256")`."""

    async def admit(key: Key | None = None, algorithm: str = "ES256", **more: Any) -> Partner:
        key = key or ECKey.generate_key("P-256")
        now = datetime.now(UTC)
        jwk = key.as_dict(private=False)
        scopes = [Scope.INITIATIVES_READ, Scope.INITIATIVES_CONTRIBUTE]
        new = NewClient(agency, "Reporting", owner, scopes, now + timedelta(days=30), jwk)
        async with AsyncSession(oauth_databases.owner) as db, db.begin():
            client_id = await let_in(db, replace(new, **more), now=now)
        return Partner(client_id, key, algorithm=algorithm)

    return admit


@pytest.fixture(scope="session")
async def partner(admit: Callable[..., Any]) -> Partner:
    admitted: Partner = await admit()
    return admitted


@pytest.fixture
async def desk_at(
    oauth_databases: Engines, server: Server, keyring: KeyRing
) -> AsyncIterator[Callable[..., Any]]:
    """Opens a server whose clock stands still, or runs when the moment is None."""
    audit: list[Outcome] = []
    runtime = async_sessionmaker(oauth_databases.runtime)
    sessions = async_sessionmaker(oauth_databases.auth)
    async with AsyncExitStack() as opened:

        def note(_: Session, outcome: Outcome, /) -> None:
            audit.append(outcome)

        async def open_desk(moment: datetime | None, record: Record | None = note) -> Desk:
            provider = Provider(BASE, keyring, record or keep_outcome)
            if moment:
                provider = replace(provider, now=lambda: moment)
            app = protected(BASE, runtime)
            app.include_router(oauth_router(provider, sessions))
            # Whatever name a request comes under, the server knows its own.
            inside = httpx2.ASGITransport(app=Requests(app))
            http = httpx2.AsyncClient(transport=inside, base_url="http://elsewhere.test")
            await opened.enter_async_context(http)
            owner = partial(asyncpg.connect, server.dsn("portal_owner", "oauth"))
            return Desk(http, audit, owner, provider, sessions)

        yield open_desk


@pytest.fixture
async def desk(desk_at: Callable[..., Any]) -> Desk:
    opened: Desk = await desk_at(None)
    return opened


@dataclass
class Listening:
    """A server on a free port of this computer; `lines` is what it is asked, in order."""

    url: str
    lines: list[str]


class Counted:
    """Notes each request."""

    def __init__(self, app: Any, lines: list[str]) -> None:
        self.app, self.lines = app, lines

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.lines.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def listener(oauth_settings: Settings, keyring: KeyRing) -> Iterator[Listening]:
    """Served by uvicorn in a thread, with connections of its own."""
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    engines = Engines(oauth_settings)
    lines: list[str] = []

    app = protected(url, async_sessionmaker(engines.runtime))
    app.include_router(oauth_router(Provider(url, keyring), async_sessionmaker(engines.auth)))
    served = uvicorn.Server(uvicorn.Config(Counted(app, lines), log_level="warning"))

    async def serve() -> None:
        await served.serve(sockets=[door])
        await engines.dispose()

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    yield Listening(url, lines)
    served.should_exit = True
    thread.join(10)
    door.close()


@pytest.fixture
def listening(listener: Listening) -> Listening:
    listener.lines.clear()
    return listener


@pytest.fixture(scope="session")
async def person(oauth_databases: Engines, agency: UUID) -> Visitor:
    """Bea, who contributes to the charity's work and is signed in with a passkey."""
    who = Person(name="Bea Browne")
    member = Membership(person_id=who.id, agency_id=agency, starts_on=date(2020, 1, 1))
    role = MembershipRole(membership_id=member.id, role=Role.CONTRIBUTOR)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        for row in (who, member, role):
            db.add(row)
            await db.flush()
        return Visitor(who.id, member.id)


@pytest.fixture(scope="session")
async def dashboard(admit: Callable[..., Any]) -> Partner:
    """A program of the charity that acts for its people."""
    let_in: Partner = await admit(
        name="Dashboard",
        grants=[Grant.AUTHORIZATION_CODE, Grant.CLIENT_CREDENTIALS],
        redirect_uris=[RETURN, RETURN_QUERY],
    )
    return let_in


@pytest.fixture
def flow(desk: Desk, dashboard: Partner, person: Visitor) -> Flow:
    """Bea and the dashboard."""
    return Flow(desk, dashboard, person)
