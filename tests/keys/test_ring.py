"""What is sealed opens in its own place only, and what is signed verifies with what is shown."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from auth.keys import kept, rotating
from auth.keys.files import FileVault
from auth.keys.kept import SIGNING, WRAPPING
from auth.keys.ring import KeyRing, sealed_with
from auth.keys.vault import CannotOpen, KeyProblem
from auth.oauth.jose import public_key, read

PLACE = "authenticator/7/secret"
LATER = datetime.now(UTC) + timedelta(hours=3)


class Watch:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_keys_are_made_for_the_eyes_of_their_owner_only(folder: Path):
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in folder.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_keys_that_are_there_are_never_made_again(folder: Path):
    before = (folder / SIGNING).read_bytes()
    with pytest.raises(KeyProblem, match="rotate its keys"):
        KeyRing.make(folder)
    assert (folder / SIGNING).read_bytes() == before


def test_a_secret_opens_where_it_was_sealed_and_nowhere_else(folder: Path):
    ring = KeyRing.load(folder)
    sealed = ring.seal(b"base32", PLACE)
    assert ring.open(sealed, PLACE) == b"base32"
    assert b"base32" not in sealed
    assert ring.seal(b"base32", PLACE) != sealed
    with pytest.raises(CannotOpen):
        ring.open(sealed, "authenticator/8/secret")


def test_no_byte_of_what_is_sealed_can_be_changed(folder: Path):
    ring = KeyRing.load(folder)
    sealed = ring.seal(b"base32", PLACE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            ring.open(bytes(changed), PLACE)
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            ring.open(sealed[:length], PLACE)


def test_other_keys_do_not_open_it(folder: Path, tmp_path: Path):
    sealed = KeyRing.load(folder).seal(b"base32", PLACE)
    with pytest.raises(CannotOpen):
        KeyRing.make(tmp_path / "other").open(sealed, PLACE)


def test_the_key_set_shows_the_key_in_use_and_the_next_and_no_secret(folder: Path):
    ring = KeyRing.load(folder)
    shown = ring.jwks()["keys"]
    assert len(shown) == 2
    for jwk in shown:
        assert set(jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert jwk["kid"] == ECKey.import_key(jwk).thumbprint()
    signed = read(ring.sign({"typ": "JWT"}, {"sub": "somebody"}))
    assert signed.header == {"alg": "ES256", "kid": ring.signing.kid, "typ": "JWT"}
    [verifying] = [jwk for jwk in shown if jwk["kid"] == ring.signing.kid]
    assert signed.by(public_key(verifying))


def test_a_new_key_has_been_shown_before_it_signs_and_the_old_one_stays_for_a_while(folder: Path):
    ring, soon = KeyRing.load(folder), datetime.now(UTC) + rotating.PUBLISHED
    first, (_, following) = ring.signing.kid, [jwk["kid"] for jwk in ring.jwks()["keys"]]
    with pytest.raises(KeyProblem, match="less than an hour"):
        rotating.rotate_signing(folder, soon - timedelta(minutes=1))
    turned = rotating.rotate_signing(folder, soon)
    assert (turned.current, turned.previous) == (following, first)
    shown = {jwk["kid"] for jwk in KeyRing.load(folder).jwks()["keys"]}
    assert {first, following} < shown
    assert len(shown) == 3


def test_a_previous_key_is_shown_no_longer_than_what_it_signed_is_good(folder: Path):
    past = datetime.now(UTC) - timedelta(days=1)
    keys = kept.read(folder / SIGNING)
    kept.write(folder / SIGNING, (*keys, keys[0].now_in(kept.KeyState.PREVIOUS, past)))
    assert len(KeyRing.load(folder).jwks()["keys"]) == 2
    rotating.rotate_signing(folder, LATER)
    assert len(kept.read(folder / SIGNING)) == 3


def test_after_a_theft_nothing_that_lay_there_is_believed(folder: Path):
    before = {jwk["kid"] for jwk in KeyRing.load(folder).jwks()["keys"]}
    rotating.rotate_signing(folder, datetime.now(UTC), stolen=True)
    assert not before & {jwk["kid"] for jwk in KeyRing.load(folder).jwks()["keys"]}


def test_what_an_older_wrapping_key_sealed_opens_until_that_key_is_destroyed(folder: Path):
    sealed = KeyRing.load(folder).seal(b"base32", PLACE)
    for _ in range(3):
        rotating.rotate_wrapping(folder, LATER)
    ring = KeyRing.load(folder)
    assert (sealed_with(sealed), sealed_with(ring.seal(b"new", PLACE))) == (1, 4)
    assert ring.open(sealed, PLACE) == b"base32"
    rotating.retire(folder, WRAPPING, "1")
    with pytest.raises(CannotOpen, match="no wrapping key 1"):
        KeyRing.load(folder).open(sealed, PLACE)


def test_a_key_in_use_or_next_in_line_cannot_be_destroyed(folder: Path):
    for name in ("1", "2"):
        with pytest.raises(KeyProblem, match="rotate first"):
            rotating.retire(folder, WRAPPING, name)
    with pytest.raises(KeyProblem, match="no key 9"):
        rotating.retire(folder, WRAPPING, "9")


def test_a_running_portal_looks_for_new_keys_once_a_second(folder: Path):
    watch = Watch()
    ring = KeyRing(FileVault(folder, watch))
    first = ring.signing.kid
    turned = rotating.rotate_signing(folder, LATER)
    watch.seconds = 0.9
    assert ring.signing.kid == first
    watch.seconds = 1.0
    assert ring.signing.kid == turned.current


def test_what_another_process_sealed_with_a_newer_key_opens_at_once(folder: Path):
    watch = Watch()
    ring = KeyRing(FileVault(folder, watch))
    for _ in range(2):
        rotating.rotate_wrapping(folder, LATER)
    sealed = KeyRing.load(folder).seal(b"base32", PLACE)
    watch.seconds = 0.1
    assert ring.open(sealed, PLACE) == b"base32"


def test_a_file_broken_while_the_portal_runs_leaves_it_the_keys_it_has(folder: Path, caplog):
    watch = Watch()
    ring = KeyRing(FileVault(folder, watch))
    sealed = ring.seal(b"base32", PLACE)
    (folder / WRAPPING).write_text("{}")
    watch.seconds = 5
    assert ring.open(sealed, PLACE) == b"base32"
    assert "cannot be read again" in caplog.text


def test_the_ring_says_nothing_of_its_secrets(folder: Path):
    ring = KeyRing.load(folder)
    secrets = [json.loads(key.secret)["d"] for key in kept.read(folder / SIGNING)]
    secrets += [key.secret for key in kept.read(folder / WRAPPING)]
    for said in (repr(ring), repr(ring.signing), repr(kept.read(folder / WRAPPING))):
        assert not [secret for secret in secrets if secret in said]
