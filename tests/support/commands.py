"""Running the portal's commands, in this process or as programs of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from portal.cli import main

PORTAL = Path(sys.executable).with_name("portal")
PATIENCE = 60.0


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> Result:
    """Here; for tests without an event loop, since a command has its own."""
    clean = {name: "" for name in os.environ if name.startswith("PORTAL_")}
    return CliRunner(env={**clean, **(environ or {})}).invoke(main, list(arguments))


@dataclass(frozen=True)
class Started:
    """A command that goes on until it is told to stop."""

    process: subprocess.Popen[str]
    said: str

    def stop(self, by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Its exit code, and what else it said."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, rest


@contextmanager
def started(
    *arguments: str, until: str, environ: Mapping[str, str] | None = None
) -> Iterator[Started]:
    """As a program of its own, once it has said the line `until`; ended at the latest here."""
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("PORTAL_")}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [PORTAL, *arguments],
        env={**inherited, "PYTHONUNBUFFERED": "1", **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # signals are for it alone
    )
    try:
        yield Started(process, _heard(process, until))
    finally:
        process.kill()
        process.communicate()


def _heard(process: subprocess.Popen[str], until: str) -> str:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if until in line:
            return said
    raise AssertionError(f"{process.args} ended with {process.wait()}, having said: {said}")


def works_in(folder: Path) -> bool:
    """Whether a process has this as its working folder, as PostgreSQL does with its data."""
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == folder:
                return True
        except OSError:  # ended meanwhile, or not ours to see
            continue
    return False


def becomes_empty(folder: Path) -> bool:
    """Whether nobody works there, within a moment."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if not works_in(folder):
            return True
        time.sleep(0.05)
    return False
