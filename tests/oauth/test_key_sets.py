"""Programs that show their keys at an address of their own, and what that address must not do."""

import asyncio
import datetime as dt
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker

from auth.federation import outbound
from auth.federation.outbound import LONGEST, Outbound, Unanswered
from auth.oauth import keysets
from auth.oauth.endpoints import oauth_router
from auth.oauth.keysets import (
    ASK_AGAIN,
    GOOD_FOR,
    KEYS_FOR,
    KeySets,
    KeySetWanted,
    PublicOnly,
    is_public,
    key_sets,
    public_address,
)
from auth.oauth.provider import Provider

BASE = "http://localhost:8000"
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = 'portal_auth' AND state LIKE 'idle in transaction%'"
)


class Watch:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class KeyPage:
    """Where a program shows its keys, on this computer."""

    def __init__(self, url: str) -> None:
        self.url, self.asked = url, 0
        self.keys: list[dict[str, Any]] = []
        self.answer: bytes | None = None
        self.head = "200 OK"
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.hosts: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.hosts += [line[6:] for line in request.splitlines() if line.lower().startswith("host")]
        self.asked += 1
        if self.meanwhile:
            await self.meanwhile()
        body = self.answer if self.answer is not None else json.dumps({"keys": self.keys}).encode()
        head = f"HTTP/1.1 {self.head}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def opened(tls: ssl.SSLContext | None = None) -> AsyncIterator[KeyPage]:
    door = socket.create_server(("127.0.0.1", 0))
    kind = "https" if tls else "http"
    page = KeyPage(f"{kind}://localhost:{door.getsockname()[1]}/jwks.json")
    server = await asyncio.start_server(page.serve, sock=door, ssl=tls)
    async with server:
        yield page


@pytest.fixture
async def page() -> AsyncIterator[KeyPage]:
    async with opened() as page:
        yield page


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def http(oauth_databases, keyring, watch) -> AsyncIterator[httpx2.AsyncClient]:
    """A server that asks key pages on this computer, by this clock."""
    app, sets = FastAPI(), KeySets(Outbound(local=True), watch)
    provider = Provider(BASE, keyring, key_sets=sets)
    app.include_router(oauth_router(provider, async_sessionmaker(oauth_databases.auth)))
    inside = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=inside, base_url=BASE) as client:
        yield client


@pytest.fixture
async def program(admit, page):
    """A program with no key registered; the one it signs with is on its page."""
    admitted = await admit(jwk=None, jwks_uri=page.url)
    page.keys = [admitted.key.as_dict(private=False)]
    return admitted


async def ask(http, program, key=None) -> int:
    form = program.form(client_assertion=program.statement(key=key))
    answer = await http.post("/oauth/token", data=form, headers={"dpop": program.proof()})
    if answer.status_code != 200:
        assert answer.json()["error"] == "invalid_client"
    return answer.status_code


async def test_a_program_signs_with_the_key_that_it_shows(http, program, page, watch):
    for _ in range(3):
        assert await ask(http, program) == 200
    assert page.asked == 1
    watch.seconds = KEYS_FOR
    assert await ask(http, program) == 200
    assert page.asked == 2


async def test_a_new_key_works_as_soon_as_it_is_shown(http, program, page, watch):
    assert await ask(http, program) == 200
    new = ECKey.generate_key("P-256")
    page.keys.append(new.as_dict(private=False))
    watch.seconds = ASK_AGAIN
    assert await ask(http, program, new) == 200
    assert await ask(http, program) == 200
    assert page.asked == 2


async def test_a_key_that_is_withdrawn_works_for_five_minutes_at_most(http, program, page, watch):
    assert await ask(http, program) == 200
    page.keys = []
    watch.seconds = KEYS_FOR - 1
    assert await ask(http, program) == 200
    watch.seconds = KEYS_FOR
    assert await ask(http, program) == 400


async def test_forged_statements_do_not_make_us_ask_more_than_once_a_minute(
    http, program, page, watch
):
    assert await ask(http, program) == 200
    stranger = ECKey.generate_key("P-256")
    watch.seconds = ASK_AGAIN
    for _ in range(20):
        assert await ask(http, program, stranger) == 400
    assert page.asked == 2


async def test_many_at_once_wait_for_one_answer(http, program, page):
    answers = await asyncio.gather(*(ask(http, program) for _ in range(12)))
    assert set(answers) == {200}
    assert page.asked == 1


async def test_a_page_that_is_down_leaves_its_keys_for_an_hour(http, program, page, watch):
    assert await ask(http, program) == 200
    page.head = "503 Busy"
    watch.seconds = GOOD_FOR - 1
    assert await ask(http, program) == 200
    watch.seconds = GOOD_FOR
    assert await ask(http, program) == 400
    page.head = "200 OK"
    watch.seconds = GOOD_FOR + ASK_AGAIN
    assert await ask(http, program) == 200


async def test_registered_keys_work_beside_those_shown(http, admit, page):
    page.head = "404 Not Found"
    assert await ask(http, await admit(jwks_uri=page.url)) == 200


async def test_nobody_holds_the_database_while_a_page_is_asked(
    http, program, page, oauth_databases
):
    seen = []

    async def look() -> None:
        async with oauth_databases.owner.connect() as db:
            seen.append((await db.execute(text(BUSY))).scalar_one())

    page.meanwhile = look
    assert await ask(http, program) == 200
    assert seen == [0]


BAD = {
    "a redirect": ("302 Found\r\nlocation: http://localhost:1/", None),
    "a fault": ("500 Broken", None),
    "no JSON": ("200 OK", b"<html>"),
    "a list": ("200 OK", b"[]"),
    "no keys": ("200 OK", b"{}"),
    "keys that are no list": ("200 OK", b'{"keys": {}}'),
    "keys that are none": ("200 OK", b'{"keys": [null, 7, "x", {}]}'),
    "too much": ("200 OK", b" " * (LONGEST + 1)),
    "deep nesting": ("200 OK", b"[" * 60_000),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_page_that_makes_no_sense_lets_nobody_in(http, program, page, case):
    page.head, page.answer = BAD[case]
    assert await ask(http, program) == 400
    assert page.asked == 1


async def test_a_key_that_is_private_or_for_another_use_is_not_taken(http, program, page):
    jwk = program.key.as_dict(private=False)
    page.keys = [program.key.as_dict(private=True), jwk | {"use": "enc"}]
    assert await ask(http, program) == 400


async def test_a_page_that_never_answers_is_given_up(http, program, page, monkeypatch):
    monkeypatch.setattr(outbound, "SECONDS", 0.2)
    over = asyncio.Event()
    page.meanwhile = over.wait
    assert await ask(http, program) == 400
    over.set()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1",
        "fe80::1%eth0", "localhost", "",
    ],
)  # fmt: skip
def test_no_address_near_us_is_asked(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "51.140.1.1", "2606:4700::1111"])
def test_addresses_of_the_internet_are(address):
    assert is_public(address)


async def test_a_name_for_this_computer_is_refused_in_production(page):
    with pytest.raises(Unanswered, match="public"):
        await public_address("localhost", 443)
    sets = key_sets(local=False)
    for address in (page.url, page.url.replace("http:", "https:"), "https://127.0.0.1/jwks"):
        await sets.fetch(address)
        assert sets.known(address) == ()
    assert page.asked == 0


def certificate(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    return _server(pem, key), ssl.create_default_context(cadata=pem.decode())


def _server(pem: bytes, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        file.write(pem + plain)
        file.flush()
        context.load_cert_chain(file.name)
    return context


@pytest.mark.parametrize(("name", "trusted"), [("keys.example.org", True), ("else.example", False)])
async def test_the_address_that_was_checked_is_asked_by_its_name(name, trusted, monkeypatch):
    """The certificate must be for the name; the connection goes to the address looked up once."""
    tls, trust = certificate(name)

    async def looked_up(_: str, __: int) -> str:
        return "127.0.0.1"

    monkeypatch.setattr(keysets, "public_address", looked_up)
    async with opened(tls) as page:
        page.keys = [ECKey.generate_key("P-256").as_dict(private=False)]
        address = page.url.replace("localhost", "keys.example.org")
        sets = KeySets(Outbound(way=PublicOnly(trust)))
        await sets.fetch(address)
        if trusted:
            assert len(sets.known(address)) == 1
            assert page.hosts == [address.split("/")[2]]
        else:
            assert sets.known(address) == ()


def test_keys_that_are_not_known_yet_are_wanted_and_only_once_a_minute():
    watch = Watch()
    sets = KeySets(Outbound(), watch)
    with pytest.raises(KeySetWanted, match=r"^https://keys\.example/$"):
        sets.known("https://keys.example/")


async def test_use_is_noted_for_each_key_and_written_once_an_hour(http, admit, desk):
    program = await admit()
    seen = "SELECT thumbprint, used_at, xmin::text FROM client_use WHERE client_id = $1"
    assert await ask(http, program) == 200
    [first] = await desk.sql(seen, program.id)
    assert first["thumbprint"] == program.key.thumbprint()
    assert await ask(http, program) == 200
    assert await desk.sql(seen, program.id) == [first]
    late = "UPDATE client_use SET used_at = $2 WHERE client_id = $1"
    await desk.sql(late, program.id, first["used_at"] - timedelta(hours=2))
    assert await ask(http, program) == 200
    [again] = await desk.sql(seen, program.id)
    assert again["used_at"] >= first["used_at"]
    assert await ask(http, program, ECKey.generate_key("P-256")) == 400
    assert await desk.sql(seen, program.id) == [again]
