"""What the portal asks of whatever keeps its keys: files today, or a key management service."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class KeyState(StrEnum):
    """Each key is known to everybody before it is used, and for a while after."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


class KeyProblem(RuntimeError):
    """The keys cannot be used; each line of the message says what is wrong and what to do."""


class CannotOpen(ValueError):
    """Sealed for another place, with a key that is gone, or changed since; it says no more."""


@dataclass(frozen=True)
class SigningKey:
    """The public half of an ES256 key, as others fetch it."""

    kid: str
    state: KeyState
    jwk: dict[str, str]


class Vault(Protocol):
    """Keys that never leave where they are kept.

    A service that keeps keys (KMS) offers these verbs: asymmetric signatures over bytes, and short
    secrets encrypted with associated data under a numbered key.
    """

    def signing_keys(self) -> Sequence[SigningKey]:
        """One current key, and those that others must know as well."""
        ...

    def sign(self, kid: str, data: bytes) -> bytes:
        """An ES256 signature as JWS has it: R and S, 64 bytes."""
        ...

    def wrapping_version(self) -> int:
        """The number of the key that seals from now on."""
        ...

    def wrap(self, version: int, plain: bytes, about: bytes) -> bytes:
        """Encrypt for this place only."""
        ...

    def unwrap(self, version: int, wrapped: bytes, about: bytes) -> bytes:
        """What was wrapped; CannotOpen if anything about it is different."""
        ...
