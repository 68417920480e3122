"""Changing keys while the portal runs: every new key is known to others before it is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from auth.keys import kept
from auth.keys.kept import SIGNING, WRAPPING, Kept
from auth.keys.vault import KeyProblem, KeyState

PUBLISHED = timedelta(hours=1)
"""How long a new signing key is shown before it signs: others keep our key set for a while."""
BELIEVED = timedelta(hours=2)
"""How long a signing key is shown after its last use: longer than anything it signed is good."""


@dataclass(frozen=True)
class Turned:
    """The key in use from now on, and the one that was until now."""

    current: str
    previous: str | None


def rotate_signing(folder: Path, now: datetime, *, stolen: bool = False) -> Turned:
    """Sign with the next key, and show a new one to come.

    `stolen`: nothing signed until now is believed any more. The next key lay beside the stolen one,
    so both are new.
    """
    with kept.alone(folder):
        keys = kept.read(folder / SIGNING)
        if stolen:
            anew = (Kept.signing(KeyState.CURRENT, now), Kept.signing(KeyState.NEXT, now))
            kept.write(folder / SIGNING, anew)
            return Turned(anew[0].name, None)
        old, following = _one(keys, KeyState.CURRENT), _one(keys, KeyState.NEXT)
        if now < following.made_at + PUBLISHED:
            at = (following.made_at + PUBLISHED).strftime("%H:%M")
            raise KeyProblem(
                f"The next key has been shown for less than an hour: others may not know it before"
                f" {at} UTC. Wait until then; if the current key was stolen, add --stolen."
            )
        believed = [k for k in keys if k.state is KeyState.PREVIOUS and (k.until or now) > now]
        retired = old.now_in(KeyState.PREVIOUS, now + BELIEVED)
        turned = (following.now_in(KeyState.CURRENT), Kept.signing(KeyState.NEXT, now), retired)
        kept.write(folder / SIGNING, (*turned, *believed))
        return Turned(following.name, old.name)


def rotate_wrapping(folder: Path, now: datetime) -> Turned:
    """Seal with the next key; what was sealed before is opened with the key of its number."""
    with kept.alone(folder):
        keys = kept.read(folder / WRAPPING)
        old, following = _one(keys, KeyState.CURRENT), _one(keys, KeyState.NEXT)
        number = max(int(key.name) for key in keys) + 1
        others = [key for key in keys if key not in (old, following)]
        turned = (
            following.now_in(KeyState.CURRENT),
            Kept.wrapping(number, KeyState.NEXT, now),
            old.now_in(KeyState.PREVIOUS),
        )
        kept.write(folder / WRAPPING, (*turned, *others))
        return Turned(following.name, old.name)


def retire(folder: Path, file: str, name: str) -> None:
    """Destroy a previous key: there is no way back, and a backup of the folder keeps it."""
    with kept.alone(folder):
        keys = kept.read(folder / file)
        previous(keys, name)
        kept.write(folder / file, tuple(key for key in keys if key.name != name))


def previous(keys: tuple[Kept, ...], name: str) -> Kept:
    """The key of that name, if it is used no more; KeyProblem otherwise."""
    for key in keys:
        if key.name == name and key.state is KeyState.PREVIOUS:
            return key
        if key.name == name:
            raise KeyProblem(f"Key {name} is in use, or next in line: rotate first, then retire.")
    raise KeyProblem(f"There is no key {name}: `portal key list` has them all.")


def _one(keys: tuple[Kept, ...], state: KeyState) -> Kept:
    found = [key for key in keys if key.state is state]
    if len(found) != 1:
        raise KeyProblem(f"There must be one {state} key: restore the file from your backup.")
    return found[0]
