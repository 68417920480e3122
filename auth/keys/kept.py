"""The two key files: how they are read strictly, and written whole or not at all."""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from secrets import token_bytes
from typing import Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.keys.vault import KeyProblem, KeyState

SIGNING = "signing.json"
WRAPPING = "wrapping.json"
WRAPPING_BYTES = 32


@dataclass(frozen=True)
class Kept:
    """One key with its state; `name` is a signing key's kid or a wrapping key's number."""

    name: str
    state: KeyState
    made_at: datetime
    secret: str = field(repr=False)
    """A private JWK as JSON, or 32 bytes in base64."""
    until: datetime | None = None
    """A previous key is good until then."""

    @classmethod
    def signing(cls, state: KeyState, now: datetime) -> Self:
        key = ECKey.generate_key("P-256", auto_kid=True)
        return cls(str(key.kid), state, now, json.dumps(key.as_dict(private=True)))

    @classmethod
    def wrapping(cls, number: int, state: KeyState, now: datetime) -> Self:
        return cls(str(number), state, now, base64.b64encode(token_bytes(WRAPPING_BYTES)).decode())

    def now_in(self, state: KeyState, until: datetime | None = None) -> Self:
        return replace(self, state=state, until=until)

    def ec(self) -> ECKey:
        """The signing key; KeyProblem when it is none that ES256 can use."""
        try:
            given = json.loads(self.secret)
            key = ECKey.import_key(given)
            fits = key.curve_name == "P-256" and key.is_private and key.thumbprint() == self.name
        except (ValueError, TypeError, KeyError, JoseError):
            fits = False
        if not fits:
            raise KeyProblem(
                f"Signing key {self.name} is not a private P-256 key of that name:"
                " run `portal key rotate signing --stolen`."
            )
        return key

    def aes(self) -> bytes:
        """The wrapping key; KeyProblem when it is not 256 bits long, or not random."""
        try:
            key = base64.b64decode(self.secret, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != WRAPPING_BYTES or len(set(key)) < 8:
            raise KeyProblem(
                f"Wrapping key {self.name} is not 256 random bits: restore it from your backup, or"
                " run `portal key rotate wrapping` and `portal key reseal`."
            )
        return key


def read(file: Path) -> tuple[Kept, ...]:
    """Every key of a file, whatever its state."""
    try:
        return tuple(_kept(entry) for entry in json.loads(file.read_text())["keys"])
    except OSError as error:
        why = str(error.strerror).lower()
        raise KeyProblem(f"{file} cannot be read ({why}): restore it, or make keys.") from None
    except (ValueError, TypeError, KeyError):
        raise KeyProblem(f"{file} is not a key file: restore it from your backup.") from None


def write(file: Path, keys: tuple[Kept, ...]) -> None:
    """Readable by its owner alone from the first byte; in place of the old one in one step."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump({"keys": [_entry(key) for key in keys]}, out, indent=2)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One command at a time changes the keys of a folder."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)


def _kept(entry: dict[str, str]) -> Kept:
    until = entry.get("until")
    return Kept(
        name=str(entry["name"]),
        state=KeyState(entry["state"]),
        made_at=datetime.fromisoformat(entry["made_at"]).astimezone(UTC),
        secret=str(entry["secret"]),
        until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
    )


def _entry(key: Kept) -> dict[str, str]:
    entry = {
        "name": key.name,
        "state": key.state.value,
        "made_at": key.made_at.isoformat(),
        "secret": key.secret,
    }
    return entry | ({"until": key.until.isoformat()} if key.until else {})
