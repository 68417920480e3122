"""Keys kept in files: what a folder must be like, and a vault that follows it as it changes."""

import logging
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from auth.keys import kept
from auth.keys.kept import SIGNING, WRAPPING, Kept
from auth.keys.vault import CannotOpen, KeyProblem, KeyState, SigningKey

log = logging.getLogger("auth.keys")

LOOK_EVERY = 1.0
"""Seconds between two looks at the files' dates; rotated keys are in use after that."""
NONCE = 12


@dataclass(frozen=True)
class Contents:
    """The keys of a folder as they were at one moment."""

    stamp: tuple[tuple[int, int], ...]
    signing: tuple[Kept, ...]
    keys: dict[str, ECKey]
    wrapping: tuple[Kept, ...]
    ciphers: dict[int, AESGCM]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read them; KeyProblem with a line for each reason why they cannot be used."""
        if problems := inspect(folder):
            raise KeyProblem("\n".join(problems))
        stamp = _stamp(folder)
        signing, wrapping = kept.read(folder / SIGNING), kept.read(folder / WRAPPING)
        keys = {key.name: key.ec() for key in signing}
        return cls(stamp, signing, keys, wrapping, {int(k.name): AESGCM(k.aes()) for k in wrapping})


class FileVault:
    """A folder of the server's user; a rotation by command is noticed without a restart."""

    def __init__(self, folder: Path, tick: Callable[[], float] = time.monotonic) -> None:
        self.folder, self._tick = folder, tick
        self._contents = Contents.of(folder)
        self._looked, self._lock = tick(), Lock()

    def signing_keys(self) -> Sequence[SigningKey]:
        held, now = self._held(), datetime.now(UTC)
        return [
            SigningKey(key.name, key.state, _public(held.keys[key.name]))
            for key in held.signing
            if key.until is None or now < key.until
        ]

    def sign(self, kid: str, data: bytes) -> bytes:
        key = self._held().keys[kid]
        signature: bytes = JWSRegistry.algorithms["ES256"].sign(data, key)
        return signature

    def wrapping_version(self) -> int:
        return int(current(self._held().wrapping).name)

    def wrap(self, version: int, plain: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._held().ciphers[version].encrypt(nonce, plain, about)

    def unwrap(self, version: int, wrapped: bytes, about: bytes) -> bytes:
        cipher = self._held().ciphers.get(version) or self._newest().ciphers.get(version)
        if cipher is None:
            raise CannotOpen(f"There is no wrapping key {version}.")
        try:
            return cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], about)
        except (InvalidTag, ValueError):
            raise CannotOpen("This was sealed for another place, or has been changed.") from None

    def _newest(self) -> Contents:
        """After a look, since another process may know a newer key: only what we sealed asks."""
        with self._lock:
            self._look()
        return self._contents

    def _held(self) -> Contents:
        """The keys as the files have them, looked at once a second at most."""
        if self._tick() - self._looked >= LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._contents

    def _look(self) -> None:
        self._looked = self._tick()
        try:
            if _stamp(self.folder) != self._contents.stamp:
                self._contents = Contents.of(self.folder)
                log.info("The portal's keys have changed and are in use.")
        except (OSError, KeyProblem) as problem:  # those read before still work
            log.error("The portal's keys cannot be read again: %s", problem)  # noqa: TRY400


def make(folder: Path, now: datetime) -> None:
    """Keys for a folder that has none: each kind with a current and a next one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with kept.alone(folder):
        if there := [name for name in (SIGNING, WRAPPING) if (folder / name).exists()]:
            raise KeyProblem(f"{folder} holds {there[0]} already: rotate its keys instead.")
        states = (KeyState.CURRENT, KeyState.NEXT)
        wrapping = tuple(Kept.wrapping(n, state, now) for n, state in enumerate(states, 1))
        kept.write(folder / WRAPPING, wrapping)
        kept.write(folder / SIGNING, tuple(Kept.signing(state, now) for state in states))


def current(keys: Sequence[Kept]) -> Kept:
    """The one in use."""
    [one] = [key for key in keys if key.state is KeyState.CURRENT]
    return one


def inspect(folder: Path) -> list[str]:
    """One line for each thing that is wrong with the folder or its keys, and what to do."""
    found = _exposed(folder, 0o700)
    for name in (SIGNING, WRAPPING):
        found += _exposed(folder / name, 0o600) or _weak(folder / name)
    return found


def _exposed(path: Path, mode: int) -> list[str]:
    try:
        at = path.lstat()
    except FileNotFoundError:
        return [f"{path} is missing: restore it, or run `portal key make`."]
    except OSError as error:
        return [f"{path} cannot be read ({error.strerror}): run this as the portal's own user."]
    if stat.S_ISLNK(at.st_mode):
        return [f"{path} is a link: put the keys themselves there."]
    found = []
    if at.st_uid != os.geteuid():
        found.append(f"{path} is not owned by this user: run chown {os.geteuid()} {path}")
    if stat.S_IMODE(at.st_mode) & 0o077:
        found.append(f"{path} is open to other users: run chmod {mode:o} {path}")
    return found


def _weak(file: Path) -> list[str]:
    try:
        keys = kept.read(file)
    except KeyProblem as problem:
        return [str(problem)]
    found = []
    for key in keys:
        try:
            key.ec() if file.name == SIGNING else key.aes()
        except KeyProblem as problem:
            found.append(str(problem))
    if sum(key.state is KeyState.CURRENT for key in keys) != 1:
        found.append(f"{file} needs one key in use: restore it from your backup.")
    return found


def _public(key: ECKey) -> dict[str, str]:
    public = {name: str(part) for name, part in key.as_dict(private=False).items()}
    return public | {"kid": str(key.kid), "use": "sig", "alg": "ES256"}


def _stamp(folder: Path) -> tuple[tuple[int, int], ...]:
    found = [(folder / name).stat() for name in (SIGNING, WRAPPING)]
    return tuple((at.st_mtime_ns, at.st_ino) for at in found)
