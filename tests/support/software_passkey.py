"""An authenticator in software, which can also do what a real one never would."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes as unb64
from webauthn.helpers import bytes_to_base64url as b64

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftwarePasskey:
    """One key pair; `flags` say whether its user was there and was verified."""

    origin: str
    flags: int = PRESENT | VERIFIED
    uses: int = 0
    rp_id: str | None = None
    cross_origin: bool = False
    key_id: bytes = field(default_factory=lambda: token_bytes(32))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    handle: bytes = b""

    def create(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create()`."""
        self.handle = unb64(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.key_id).to_bytes(2) + self.key_id + cbor2.dumps(public)
        about = self._about(asked["rp"]["id"], ATTESTED) + attested
        said = {"fmt": "none", "attStmt": {}, "authData": about}
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(said))

    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.get()`."""
        self.uses += 1
        about = self._about(asked["rpId"])
        client = self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(about + sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=about,
            signature=signature,
            userHandle=self.handle,
        )

    def _about(self, rp_id: str, more: int = 0) -> bytes:
        rp_hash = sha256((self.rp_id or rp_id).encode()).digest()
        return rp_hash + bytes([self.flags | more]) + self.uses.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(said | {"crossOrigin": self.cross_origin}).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        shown = {name: b64(value) for name, value in response.items()}
        key_id = b64(self.key_id)
        return {"id": key_id, "rawId": key_id, "type": "public-key", "response": shown}
