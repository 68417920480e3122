"""The portal's own keys, made once for a run and gone with it."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from auth.keys.ring import KeyRing


@cache
def throwaway_folder() -> Path:
    """A folder of keys; the run's tests share it and change none of them."""
    folder = Path(tempfile.mkdtemp(prefix="portal-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    KeyRing.make(folder / "ring")
    return folder / "ring"


@cache
def throwaway_ring() -> KeyRing:
    """The keys of that folder."""
    return KeyRing.load(throwaway_folder())
