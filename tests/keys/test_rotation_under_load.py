"""Keys change while others sign, seal, open and are served: nobody notices."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from support.commands import run, started
from support.databases import environ_of

from auth.keys import files, rotating
from auth.keys.ring import KeyRing
from auth.oauth.jose import public_key, read
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

PLACE = "authenticator/7/sealed"


class Workers:
    """Threads that go on until they are told to stop; what goes wrong in one is told."""

    def __init__(self, *work: Callable[[], None]) -> None:
        self.done, self.wrong, self.rounds = threading.Event(), [], 0
        self.threads = [threading.Thread(target=self._run, args=(one,)) for one in work]

    def _run(self, work: Callable[[], None]) -> None:
        while not self.done.is_set() and not self.wrong:
            try:
                work()
                self.rounds += 1
            except Exception as problem:  # noqa: BLE001 - whatever it is, the test fails with it
                self.wrong.append(problem)

    def __enter__(self) -> "Workers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join(10)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(rotating, "PUBLISHED", timedelta(0))


def verified(signed: str, shown: dict[str, list[dict[str, str]]]) -> bool:
    said = read(signed)
    [jwk] = [jwk for jwk in shown["keys"] if jwk["kid"] == said.header["kid"]]
    return said.by(public_key(jwk))


def test_whatever_is_signed_verifies_with_what_another_server_shows(folder: Path):
    """Also with the key set as it was a rotation ago: others keep it for a while."""
    signing, showing = KeyRing.load(folder), KeyRing.load(folder)
    kept = [showing.jwks()]

    def work() -> None:
        turns, before = len(kept), kept[-1]
        signed = signing.sign({"typ": "JWT"}, {"sub": "somebody"})
        assert verified(signed, showing.jwks())
        if len(kept) <= turns + 1:  # else more than one rotation ago, on a slow computer
            assert verified(signed, before)

    with Workers(work, work, work) as workers:
        for _ in range(5):
            kept.append(KeyRing.load(folder).jwks())
            rotating.rotate_signing(folder, datetime.now(UTC))
            time.sleep(0.4)
    assert not workers.wrong
    assert workers.rounds > 20


def test_whatever_is_sealed_opens_on_every_server(folder: Path):
    here, there = KeyRing.load(folder), KeyRing.load(folder)
    old = here.seal(b"kept for years", PLACE)

    def work() -> None:
        assert there.open(here.seal(b"new", PLACE), PLACE) == b"new"
        assert here.open(there.seal(b"new", PLACE), PLACE) == b"new"
        assert there.open(old, PLACE) == b"kept for years"

    with Workers(work, work, work) as workers:
        for _ in range(8):
            rotating.rotate_wrapping(folder, datetime.now(UTC))
            time.sleep(0.1)
    assert not workers.wrong
    assert workers.rounds > 20


def test_commands_at_the_same_time_take_turns(folder: Path):
    def turn() -> None:
        rotating.rotate_wrapping(folder, datetime.now(UTC))

    threads = [threading.Thread(target=turn) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert KeyRing.load(folder).vault.wrapping_version() == 11


def test_a_served_portal_shows_and_uses_new_keys_without_a_restart(server: Server, folder: Path):
    bootstrap(server.dsn, "turned")
    base = {**environ_of(server, "turned"), "PORTAL_KEYS_FOLDER": str(folder)}
    assert run("migrate", environ=base).exit_code == 0
    with started("serve", "--port", "0", until="Serving", environ=base) as served:
        [port] = re.findall(r"127\.0\.0\.1:(\d+)", served.said)
        address = f"http://127.0.0.1:{port}/oauth/jwks"

        def shown() -> list[str]:
            return [key["kid"] for key in httpx2.get(address, timeout=60).json()["keys"]]

        before = shown()
        assert run("key", "rotate", "signing", "--stolen", environ=base).exit_code == 0
        limit = time.monotonic() + 10
        while shown() == before and time.monotonic() < limit:
            time.sleep(0.1)
        after = shown()
        assert not set(before) & set(after)
        assert [key["kid"] for key in KeyRing.load(folder).jwks()["keys"]] == after
        with suppress(ProcessLookupError):
            os.kill(served.process.pid, signal.SIGTERM)
