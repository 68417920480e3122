"""A program that holds a server, to be killed in every way; and how to ask and to look."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from portal.store.cluster import home

HOLDER = """
import sys
from portal.store.server import ServerProblem, running
try:
    with running(name=sys.argv[1], fresh="fresh" in sys.argv) as server:
        print(server.pid, server.data, server.socket, flush=True)
        sys.stdin.read()
except ServerProblem as problem:
    sys.exit(f"refused: {problem}")
"""


@dataclass(frozen=True)
class Holder:
    """Another program that started a server and waits."""

    process: subprocess.Popen[str]
    pid: int
    data: Path
    socket: Path

    def end(self, by: signal.Signals) -> None:
        self.process.send_signal(by)
        self.process.wait(20)

    def leaves_nothing(self) -> bool:
        """Within a moment: no process in the data folder, no socket file, no pid file."""
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            socket = self.socket / ".s.PGSQL.5432"
            left = [socket.exists(), (self.data / "postmaster.pid").exists(), works_in(self.data)]
            if not any(left):
                return True
            time.sleep(0.02)
        return False


def works_in(data: Path) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == data:
                return True
        except OSError:  # ended meanwhile, or not ours to see
            continue
    return False


@pytest.fixture
def ask() -> Callable[..., object]:
    """One value from one statement, in a thread: tests that start PostgreSQL are synchronous."""

    async def value(dsn: str, sql: str, *given: object) -> object:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            return await connection.fetchval(sql, *given)
        finally:
            await connection.close()

    def ask(dsn: str, sql: str, *given: object) -> object:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, value(dsn, sql, *given)).result()

    return ask


@pytest.fixture(scope="module")
def kept() -> Iterator[str]:
    """The name of a kept server: the first test to start it pays for initdb."""
    name = f"kept{os.getpid()}"
    yield name
    for path in home().glob(f"{name}-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a holder and do not wait for it."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 -- the program above
            [sys.executable, "-c", HOLDER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture
def hold(begin: Callable[..., subprocess.Popen[str]]) -> Callable[..., Holder]:
    """Start a holder and wait until its server answers."""

    def hold(*arguments: str) -> Holder:
        process = begin(*arguments)
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert line, process.stderr.read()
        pid, data, socket = line.split()
        return Holder(process, int(pid), Path(data), Path(socket))

    return hold
