"""Who runs PostgreSQL: this user, or an unprivileged one when this user is root."""

import os
import pwd
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

LAUNCH = Path(__file__).with_name("launch.py")


class ServerProblem(RuntimeError):
    """The embedded server cannot start; the message says what a person can do about it."""


@dataclass(frozen=True)
class Runner:
    uid: int
    gid: int

    @classmethod
    def here(cls) -> Self:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Whether the runner can read this and pass through every folder above it."""
        if self.uid == os.geteuid():
            return os.access(path, os.R_OK | os.X_OK)
        folders = all(above.stat().st_mode & stat.S_IXOTH for above in path.resolve().parents)
        wanted = stat.S_IROTH | stat.S_IXOTH
        return folders and path.stat().st_mode & wanted == wanted

    def own(self, folder: Path) -> Path:
        """A folder only the runner enters; refuses one that another user put there first."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), self.uid}:
            raise ServerProblem(f"{folder} belongs to another user: remove it, then start again.")
        folder.chmod(0o700)
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        return folder

    def start(
        self, command: list[str], *, cwd: Path, log: IO[bytes], environ: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        """Start a child that ends with its parent, in its own session: Ctrl-C is for the parent."""
        if threading.current_thread() is not threading.main_thread():
            raise ServerProblem(
                "Start PostgreSQL from the main thread: it ends with the thread that started it."
            )
        become = [sys.executable, "-I", "-S", str(LAUNCH)]
        kept = {key: environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in environ}
        return subprocess.Popen(  # noqa: S603 -- the command is ours, its path comes from the operator
            [*become, str(os.getpid()), str(self.uid), str(self.gid), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=kept | {"LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
        )
