"""Style sheets, scripts and icons: each under an address that changes with its content."""

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

HERE = Path(__file__).parent
OWN = HERE / "static"
BUILT = HERE / "built"
"""What portal/web/assets/hook.py has made."""

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
LEAF_FIRST = (".svg", ".js", ".css")
ADDRESS = re.compile(r"/static/([\w.-]+)")
FOREVER = "public, max-age=31536000, immutable"
WORTH_IT = 1000
"""Bytes from which a file is sent compressed."""


class NoAssets(RuntimeError):
    """The package was installed without its style sheets."""


@dataclass(frozen=True)
class File:
    """A file as it is served."""

    address: str
    kind: str
    plain: bytes
    zipped: bytes | None


@cache
def files() -> Mapping[str, File]:
    """By the names that templates call them; read once."""
    if not (BUILT / "made-from").exists():
        raise NoAssets(
            "The style sheets of the pages are missing: run"
            " `uv sync --reinstall-package vawg-portal`, which fetches them from npm."
        )
    found: dict[str, File] = {}
    for path in _in_order():
        text = ADDRESS.sub(lambda at: found[at[1]].address, path.read_text("utf-8"))
        found[path.name] = _file(path, text.encode())
    return found


def asset(name: str) -> str:
    """The address of a file, for templates."""
    return files()[name].address


def _in_order() -> Iterator[Path]:
    """A file comes after those it names: the portal's own after those it builds on."""
    for folder in (BUILT, OWN):
        for suffix in LEAF_FIRST:
            yield from sorted(folder.glob(f"*{suffix}"))


def _file(path: Path, content: bytes) -> File:
    mark = sha256(content).hexdigest()[:12]
    zipped = gzip.compress(content, mtime=0) if len(content) > WORTH_IT else None
    address = f"/static/{path.stem}-{mark}{path.suffix}"
    return File(address, KINDS[path.suffix], content, zipped)


router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """A file, for as long as a browser cares to keep it."""
    found = {file.address: file for file in files().values()}.get(f"/static/{name}")
    if found is None:
        raise HTTPException(404)
    headers = {
        "cache-control": FOREVER,
        "cross-origin-resource-policy": "same-origin",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    accepted = request.headers.get("accept-encoding", "")
    if found.zipped is not None and "gzip" in accepted:
        headers["content-encoding"] = "gzip"
        return Response(found.zipped, 200, headers, found.kind)
    return Response(found.plain, 200, headers, found.kind)
