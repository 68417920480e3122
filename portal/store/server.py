"""The embedded PostgreSQL of `portal demo` and the tests: a child that goes with its parent."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from portal.logins import LOGINS
from portal.store.binaries import Binaries, find, reachable
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.cluster import PATIENCE, Cluster, home, sweep
from portal.store.runner import Runner, ServerProblem

__all__ = ["Server", "ServerProblem", "at_work", "forget", "running"]

PORT = 5432  # names the socket file; nothing listens on the network
FIRST_START = 60.0
CONFIG = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ROLE_OF_SETTING = {login.setting: login.role for login in LOGINS}


@dataclass(frozen=True)
class Server:
    major: int
    data: Path
    socket: Path
    pid: int

    def dsn(self, user: str, database: str = "portal") -> str:
        """For asyncpg, with the port named so that a stray PGPORT changes nothing."""
        query = urlencode({"host": self.socket, "port": PORT, "user": user}, quote_via=quote)
        return f"postgresql:///{database}?{query}"

    def environ(self) -> dict[str, str]:
        """The settings that point the portal at this server."""
        return {name: self.dsn(role) for name, role in ROLE_OF_SETTING.items()}


@contextmanager
def running(
    data: Path | None = None,
    *,
    name: str = "demo",
    durable: bool = True,
    fresh: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Server]:
    """A server with the portal's roles and database, kept; `fresh` starts and leaves with nothing.

    Several programs may each have a fresh server of one name; a kept one has a single holder.
    """
    runner, base = Runner.here(), home()
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    programs = reachable(find(environ), runner, base)
    kept = f"{name}-{programs.major}"
    if fresh:
        sweep(base, f"{kept}-")
    cluster = Cluster(data or base / (f"{kept}-{os.getpid()}" if fresh else kept))
    cluster.prepare(runner)
    with cluster.alone(), _leaving_nothing(cluster, fresh=fresh):
        cluster.vacate()
        if not (cluster.data / "PG_VERSION").exists():
            _initialise(cluster, programs, runner, environ)
        config = CONFIG if durable else {**CONFIG, **THROW_AWAY}
        with _started(cluster, programs, runner, config, environ) as process:
            server = Server(programs.major, cluster.data, cluster.socket(), process.pid)
            bootstrap(server.dsn)
            yield server


def at_work(name: str = "demo") -> Server | None:
    """The kept server of this checkout that another program is running now."""
    for data in home().glob(f"{name}-[0-9][0-9]"):
        cluster = Cluster(data)
        pid = cluster.pid()
        if pid and cluster.ready(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, 0)
                return Server(int(data.name[-2:]), data, cluster.socket(), pid)
    return None


def forget(name: str = "demo", data: Path | None = None) -> None:
    """Remove a kept server's data; refuses while somebody works with it."""
    for folder in [data] if data else list(home().glob(f"{name}-[0-9][0-9]")):
        if folder.exists():
            cluster = Cluster(folder)
            with cluster.alone():
                cluster.vacate()
                cluster.clear()


@contextmanager
def _leaving_nothing(cluster: Cluster, *, fresh: bool) -> Iterator[None]:
    try:
        if fresh:
            cluster.vacate()
            cluster.clear()
        yield
    finally:
        if fresh:
            with suppress(ServerProblem):  # no place for the socket, so nothing there either
                cluster.clear()
            cluster.lock.unlink(missing_ok=True)


def _initialise(
    cluster: Cluster, programs: Binaries, runner: Runner, environ: Mapping[str, str]
) -> None:
    if cluster.data.exists() and any(cluster.data.iterdir()):
        raise ServerProblem(
            f"{cluster.data} is neither empty nor a database: choose another folder."
        )
    command = [programs.initdb, "-D", str(runner.own(cluster.new)), "-U", SUPERUSER]
    command += ["-A", "trust", "-N", "--no-locale", "-E", "UTF8"]
    with cluster.log.open("wb") as log:
        process = runner.start(command, cwd=cluster.new, log=log, environ=environ)
        try:
            failed = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if failed:
        raise ServerProblem(f"PostgreSQL could not create {cluster.data}:\n{cluster.last_words()}")
    if cluster.data.exists():
        cluster.data.rmdir()
    cluster.new.rename(cluster.data)


@contextmanager
def _started(
    cluster: Cluster,
    programs: Binaries,
    runner: Runner,
    config: Mapping[str, str],
    environ: Mapping[str, str],
) -> Iterator["subprocess.Popen[bytes]"]:
    socket = runner.own(cluster.socket())
    quoted = '"' + str(socket).replace('"', '""') + '"'
    command = [programs.postgres, "-D", str(cluster.data)]
    for key, value in {**config, "unix_socket_directories": quoted}.items():
        command += ["-c", f"{key}={value}"]
    limit = time.monotonic() + PATIENCE
    while True:
        with cluster.log.open("wb") as log:
            process = runner.start(command, cwd=cluster.data, log=log, environ=environ)
        try:
            if _becomes_ready(process, cluster):
                yield process
                return
        finally:
            _stop(process)
            with suppress(OSError):
                socket.rmdir()
        # Orphans of a killed server let go of its memory a moment after it died.
        if "still in use" not in cluster.last_words() or time.monotonic() > limit:
            raise ServerProblem(f"PostgreSQL did not start:\n{cluster.last_words()}")
        runner.own(socket)


def _becomes_ready(process: "subprocess.Popen[bytes]", cluster: Cluster) -> bool:
    limit = time.monotonic() + FIRST_START
    while time.monotonic() < limit and process.poll() is None:
        if cluster.ready(process.pid):
            return True
        time.sleep(0.005)
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """PostgreSQL's fast, immediate, and last stop."""
    for farewell in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(farewell)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
            return
