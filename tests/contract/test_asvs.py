"""auth/ASVS.md has a line for each requirement of its chapters, and names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "auth" / "ASVS.md").read_text()
SECTIONS = {
    "6": (3, 12, 8, 6, 8, 4, 2, 4),
    "7": (3, 4, 2, 5, 3, 2),
    "9": (3, 4),
    "10": (2, 3, 5, 16, 5, 2, 3),
}
"""How many requirements each section of a chapter has in ASVS 5.0.0."""


def test_each_requirement_has_one_line():
    asked = [
        f"{chapter}.{section}.{number}"
        for chapter, sizes in SECTIONS.items()
        for section, size in enumerate(sizes, 1)
        for number in range(1, size + 1)
    ]
    assert re.findall(r"^\| (\d+\.\d+\.\d+) \|", TABLE, re.MULTILINE) == asked


def test_each_has_a_verdict():
    lines = [line for line in TABLE.splitlines() if re.match(r"\| \d", line)]
    verdicts = ("met", "in part", "platform", "does not apply", "not met")
    assert [line for line in lines if not line.split(" | ")[2].startswith(verdicts)] == []


def test_each_test_it_names_exists():
    files = (file for file in (ROOT / "tests").rglob("test_*.py"))
    known = {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text())}
    assert sorted(set(re.findall(r"`(test_\w+)`", TABLE)) - known) == []
