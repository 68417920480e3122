"""`portal serve`: the portal on an address of this computer, until it is told to stop."""

import gc
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import uvicorn

from auth.keys.ring import KeyRing
from auth.keys.vault import KeyProblem
from portal.app import create_app
from portal.cli.common import fail, settings_here
from portal.edge.logs import configure
from portal.logins import LOGINS
from portal.settings import Settings
from portal.store.engines import Engines

LAST_WORDS = 5
"""Seconds for requests under way to end in."""
GARBAGE = 2_000
"""New objects after which the youngest are looked through: Python's own 700 is half a page, and
10,000 kept a twentieth more memory.
"""
NOT_NEEDED = tuple(f"{login.setting} is not set" for login in LOGINS if not login.serves)


class ToldToStop(BaseException):
    """SIGTERM, as an exception: what was started is ended on the way out, as for Ctrl-C."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
def command(host: str, port: int) -> None:
    """Serve the portal on the databases that the settings name.

    Put a proxy that ends TLS in front of it; PORTAL_BASE_URL is the address that people use.
    Stops on Ctrl-C or SIGTERM, after the requests under way.
    """
    settings = settings_here(os.environ, *(login.setting for login in LOGINS if login.serves))
    if unsafe := [line for line in settings.problems() if not line.startswith(NOT_NEEDED)]:
        fail("\n".join([*unsafe, "Nothing is served. `portal check` lists everything."]))
    keyring = keys_of(settings)
    with told_to_stop(), door(host, port) as listening:
        port = listening.getsockname()[1]
        click.echo(f"Serving {settings.base_url} on {host}:{port}, from {settings.database}.")
        configure()
        serve(settings, keyring, listening)


def keys_of(settings: Settings) -> KeyRing:
    """The portal's own keys, or an end with a line for each reason why not."""
    if settings.keys_folder is None:
        fail("PORTAL_KEYS_FOLDER is not set: name the folder of `portal key make`.")
    try:
        return KeyRing.load(settings.keys_folder)
    except KeyProblem as problem:
        fail(f"{problem}\nNothing is served. `portal check` lists everything.")


@contextmanager
def door(host: str, port: int) -> Iterator[socket.socket]:
    """The socket to listen on, taken before anything else is started."""
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        fail(
            f"Port {port} of {host} cannot be used ({why}): stop the program that has it, perhaps"
            f" another portal, or choose one of your own, such as --port {port + 1}."
        )
    with listening:
        # Else the body of an answer waits 40 ms until its head is confirmed: asyncio sees to that
        # only on sockets that it opened itself.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listening


def serve(
    settings: Settings, keyring: KeyRing, listening: socket.socket, *, sample: bool = False
) -> None:
    """Until a signal, which is raised again once the requests under way have ended."""
    app = create_app(settings, Engines(settings), keyring, sample=sample)
    spare_the_collector()
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=LAST_WORDS,
    )
    uvicorn.Server(config).run(sockets=[listening])


def spare_the_collector() -> None:
    """What start-up has made stays until the end: to look through it for garbage again stopped
    every request for 200 ms now and then, and each page for a quarter of a millisecond.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


@contextmanager
def told_to_stop() -> Iterator[None]:
    """Go on after Ctrl-C or SIGTERM, once what is within has ended properly."""

    def stop(_: int, __: FrameType | None) -> None:
        raise ToldToStop

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except (KeyboardInterrupt, ToldToStop):
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
