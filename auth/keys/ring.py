"""The key ring: what the rest of the portal signs, publishes, seals and opens with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from joserfc.util import json_b64encode, urlsafe_b64encode

from auth.keys import files
from auth.keys.files import FileVault
from auth.keys.vault import CannotOpen, KeyState, SigningKey, Vault

_FORMAT = b"\x01"
_HEAD = 5  # the format, and the number of the wrapping key in four bytes


class KeyRing:
    """One for each process, made at its start."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From files; KeyProblem says what is wrong with them."""
        return cls(FileVault(folder))

    @classmethod
    def make(cls, folder: Path) -> Self:
        """New keys in a folder that has none, for the eyes of its owner only."""
        files.make(folder, datetime.now(UTC))
        return cls.load(folder)

    @property
    def signing(self) -> SigningKey:
        """The public half of the key that signs now."""
        [now] = [key for key in self.vault.signing_keys() if key.state is KeyState.CURRENT]
        return now

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """The claims as a compact JWS that names its key; the key stays where it is kept."""
        kid = self.signing.kid
        head = {"alg": "ES256", "kid": kid, **header}
        part = json_b64encode(head) + b"." + json_b64encode(dict(claims))
        return (part + b"." + urlsafe_b64encode(self.vault.sign(kid, part))).decode()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves: the current key, the one to come, and those still to be believed."""
        return {"keys": [key.jwk for key in self.vault.signing_keys()]}

    def seal(self, plain: bytes, about: str) -> bytes:
        """Encrypt for one place, named as `table/row/field`: copied elsewhere it does not open."""
        version = self.vault.wrapping_version()
        head = _FORMAT + version.to_bytes(4)
        return head + self.vault.wrap(version, plain, head + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed for this place; CannotOpen otherwise."""
        head = sealed[:_HEAD]
        return self.vault.unwrap(sealed_with(sealed), sealed[_HEAD:], head + about.encode())


def sealed_with(sealed: bytes) -> int:
    """The number of the wrapping key that it needs."""
    if len(sealed) <= _HEAD or sealed[:1] != _FORMAT:
        raise CannotOpen("This is nothing that the portal has sealed.")
    return int.from_bytes(sealed[1:_HEAD])
