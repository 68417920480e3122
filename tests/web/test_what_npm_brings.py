"""What the pages take from npm: the markup its makers make, and nothing that is GOV.UK's own."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.markup import markup
from support.npm import installed
from support.visiting import Pages

from portal.web.files import BUILT, OWN, files
from portal.web.rendering import environment

ASSETS = Path(__file__).parents[2] / "portal" / "web" / "assets"
FORBIDDEN = re.compile(r"woff|gds transport|url\([^)]*(crest|crown)|govuk-crest", re.IGNORECASE)


@cache
def components() -> dict[str, list[dict[str, Any]]]:
    folder = installed(ASSETS) / "node_modules/govuk-frontend/dist/govuk/components"
    found = {
        file.parent.name: json.loads(file.read_text()) for file in folder.glob("*/fixtures.json")
    }
    return {name: known["fixtures"] for name, known in sorted(found.items())}


def test_the_macros_write_what_the_makers_write():
    templates, wrong, tried = environment(), [], 0
    for name, fixtures in components().items():
        macro = "govuk" + name.title().replace("-", "")
        source = (
            f'{{% from "govuk_frontend_jinja/components/{name}/macro.html" import {macro} %}}'
            f"{{{{ {macro}(params) }}}}"
        )
        template = templates.from_string(source)
        for fixture in fixtures:
            tried += 1
            if markup(template.render(params=fixture["options"])) != markup(fixture["html"]):
                wrong.append(f"{name}: {fixture['name']}")
    assert wrong == []
    assert tried > 600


def test_the_lock_file_names_no_address():
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all("resolved" not in package and package["integrity"] for package in packages)
    assert {package["version"] for package in packages} == {"6.3.0", "11.1.0"}


def shipped() -> Iterator[Path]:
    for folder in (BUILT, OWN):
        yield from (file for file in folder.iterdir() if file.is_file())


def test_nothing_of_govuks_own_is_shipped():
    names = [file.name for file in shipped()]
    assert not [name for name in names if re.search(r"woff|crest|crown|favicon|icon-\d", name)]
    told = {file.name: FORBIDDEN.findall(file.read_text()) for file in shipped()}
    assert {name: found for name, found in told.items() if found} == {}


@pytest.mark.parametrize("path", ["/accessibility", "/initiatives", "/nowhere"])
async def test_no_page_shows_it(shown: Pages, path: str):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get(path).text
    assert not FORBIDDEN.search(page)
    assert "GOV.UK" not in page
    assert "logotype" not in page


async def test_a_file_keeps_its_address_as_long_as_its_content(shown: Pages):
    visitor = await shown.visitor()
    for file in files().values():
        answer = visitor.get(file.address, **{"accept-encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.content == file.plain
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == file.kind
    assert visitor.get("/static/portal.css").status_code == 404
    assert visitor.get("/static/..%2fportal.css").status_code == 404


def test_a_style_sheet_names_only_what_is_served():
    served = {file.address for file in files().values()}
    for file in files().values():
        assert set(re.findall(r"/static/[\w.-]+", file.plain.decode())) <= served
        assert "/assets/" not in file.plain.decode()
