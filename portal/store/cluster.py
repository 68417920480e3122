"""One embedded database cluster on disk: its folder, lock, socket, and who is at work in it."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from portal.store.runner import Runner, ServerProblem

SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_SOCKET = 107  # bytes in sockaddr_un, without the closing zero
PATIENCE = 15.0
DYING = 1.0  # a program just killed holds its lock a moment longer


def home() -> Path:
    """Where this checkout keeps its servers: beside the code; as root, where the runner reaches."""
    if os.geteuid() != 0:
        return checkout() / ".portal"
    shared = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 -- the folder below is checked to be ours
    writable = next(path for path in shared if os.access(path, os.W_OK))
    return writable / f"portal-{_short_hash(checkout())}"


def checkout() -> Path:
    """The folder of the code; when it is installed elsewhere, the one a command is started in."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").exists() else Path.cwd()


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


@dataclass(frozen=True)
class Cluster:
    data: Path

    @property
    def lock(self) -> Path:
        return self.data.with_name(f"{self.data.name}.lock")

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    @property
    def new(self) -> Path:
        """Where initdb works; renamed when complete, so half a cluster is never taken for one.

        Each program has its own: the initdb of one just killed may still be busy in its folder.
        """
        return self.data.with_name(f"{self.data.name}.new{os.getpid()}")

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def socket(self) -> Path:
        """The folder of the socket: beside the data, or when too long in the temporary folder."""
        beside = self.data.with_name(f"{self.data.name}.socket")
        short = Path(tempfile.gettempdir()) / f"portal-{_short_hash(self.data)}"
        for folder in (beside, short):
            if len(os.fsencode(folder / SOCKET_FILE)) <= LONGEST_SOCKET:
                return folder
        raise ServerProblem(
            f"The socket path {short / SOCKET_FILE} is longer than {LONGEST_SOCKET} bytes: "
            "set TMPDIR to a shorter folder."
        )

    def status(self) -> list[str]:
        """The lines of PostgreSQL's own pid file; none when it is stopped."""
        with suppress(FileNotFoundError):
            return self.pid_file.read_text().splitlines()
        return []

    def pid(self) -> int | None:
        lines = self.status()
        return int(lines[0]) if lines else None

    def ready(self, pid: int) -> bool:
        lines = self.status()
        return len(lines) > 7 and int(lines[0]) == pid and lines[7].strip() == "ready"

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    @contextmanager
    def alone(self, patience: float = DYING) -> Iterator[None]:
        """Hold this cluster until the end; a second starter is told who has it."""
        with self.lock.open("a+") as file:
            limit = time.monotonic() + patience
            while not _locked(file):
                if time.monotonic() > limit:
                    file.seek(0)
                    raise ServerProblem(
                        f"The database {self.data} is already in use "
                        f"(process {file.read() or 'just starting'}): stop that one first."
                    )
                time.sleep(0.02)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def vacate(self) -> None:
        """Wait for a server whose parent was killed, then clear what looks like a running one.

        A container counts process ids from one again, so the id in the file may be somebody
        else's by now, or a zombie that nobody collects. Where it is dead, PostgreSQL itself
        checks the file.
        """
        pid, limit = self.pid(), time.monotonic() + PATIENCE
        while pid and self._at_work(pid):
            if time.monotonic() > limit:
                raise ServerProblem(
                    f"PostgreSQL (process {pid}) still works in {self.data}: end it."
                )
            time.sleep(0.02)
        if pid and Path(f"/proc/{pid}").exists():
            self.pid_file.unlink(missing_ok=True)
        shutil.rmtree(self.socket(), ignore_errors=True)
        self.clear_unfinished()

    def _at_work(self, pid: int) -> bool:
        with suppress(FileNotFoundError, ProcessLookupError):
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return False

    def clear(self) -> None:
        """Remove everything but the lock, which whoever calls this holds."""
        self.clear_unfinished()
        for folder in (self.data, self.socket()):
            shutil.rmtree(folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def clear_unfinished(self) -> None:
        for folder in self.data.parent.iterdir():
            if folder.name.startswith(f"{self.data.name}.new"):
                shutil.rmtree(folder, ignore_errors=True)

    def prepare(self, runner: Runner) -> None:
        """Check that the runner can get there before it tries."""
        self.data.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not runner.reaches(self.data.parent):
            raise ServerProblem(
                f"An unprivileged user runs PostgreSQL and cannot reach {self.data.parent}: "
                "choose a folder that others may enter, for example under /var/lib."
            )


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sweep(folder: Path, prefix: str) -> None:
    """Remove throw-away clusters whose program was killed before it could."""
    for lock in folder.glob(f"{prefix}*.lock"):
        left = Cluster(lock.with_suffix(""))
        with suppress(ServerProblem), left.alone(patience=0):
            left.vacate()
            left.clear()
            lock.unlink(missing_ok=True)
