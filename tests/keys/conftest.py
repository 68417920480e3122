"""A folder of keys that a test may change."""

from pathlib import Path

import pytest

from auth.keys.ring import KeyRing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A portal's keys, just made."""
    KeyRing.make(tmp_path / "ring")
    return tmp_path / "ring"
