"""The program printed in graphql/README.md works, as printed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auth.oauth.clients import write_private_key

README = Path("graphql/README.md")


@pytest.fixture
def program():
    [block] = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return block


def test_it_is_at_most_thirty_lines_long(program):
    assert len(program.splitlines()) <= 30
    assert max(map(len, program.splitlines())) <= 100


def test_the_readme_opens_with_where_the_resolvers_are():
    assert "The resolvers are not here." in README.read_text()[:200]
    assert not list(Path("graphql").rglob("*.py"))


def test_it_signs_gets_a_token_and_has_its_query_answered(program, listening, partner, tmp_path):
    script, key = tmp_path / "client.py", tmp_path / "key.json"
    script.write_text(program)
    write_private_key(key, partner.key)
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", script, listening.url, str(partner.id), key],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"data": {"caller": str(partner.id)}}
    assert listening.lines == ["POST /oauth/token", "POST /graphql"]
