"""Names that people write become the records they mean, or a fault that says what is near."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Generic, TypeVar

from portal.sheets.cells import BadCell
from portal.sheets.faults import quoted

T = TypeVar("T")
_DROPPED = str.maketrans({".": "", "'": "", "\u2019": "", "_": " ", "-": " ", ",": " "})


def plain(name: str) -> str:
    """A name as it is compared: `St. Helens` is `st helens`."""
    return " ".join(name.casefold().translate(_DROPPED).split())


class Names(Generic[T]):
    """What can be named. Of several tiers of names the first that knows a name decides, and in all
    of them a name as it is spelled comes before one that is only alike.
    """

    def __init__(self, what: str, remedy: str, *tiers: Iterable[tuple[str, T]]) -> None:
        self.what, self.remedy = what, remedy
        self._spelled: dict[str, str] = {}
        listed = [list(tier) for tier in tiers]
        self._tiers = [_index(tier, str) for tier in listed]
        self._tiers += [_index(tier, plain) for tier in listed]
        for tier in reversed(listed):
            self._spelled |= {plain(name): name for name, _ in tier}

    def find(self, name: str) -> T:
        """What is meant; raises BadCell."""
        several = False
        for tier in self._tiers:
            found = tier.get(name) or tier.get(plain(name)) or []
            if len(found) == 1:
                return found[0]
            several = several or bool(found)
        if several:
            raise BadCell(f"{quoted(name)} names more than one {self.what}.", self.remedy)
        near = get_close_matches(plain(name), self._spelled, 1, 0.75)
        hint = f"Did you mean {self._spelled[near[0]]}? " if near else ""
        raise BadCell(
            f"{quoted(name)} is no {self.what} that the portal knows.", hint + self.remedy
        )


def _index(tier: Iterable[tuple[str, T]], key: Callable[[str], str]) -> dict[str, list[T]]:
    index: dict[str, list[T]] = {}
    for name, meant in tier:
        known = index.setdefault(key(name), [])
        if meant not in known:
            known.append(meant)
    return index
