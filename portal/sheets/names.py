"""Names that people write become the records they mean, or a fault that says what is near."""

from collections.abc import Iterable, Iterator
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
    """What can be named, each by one or several names."""

    def __init__(self, what: str, remedy: str, named: Iterable[tuple[str, T]]) -> None:
        self.what, self.remedy = what, remedy
        self._exact: dict[str, list[T]] = {}
        self._plain: dict[str, list[T]] = {}
        for name, meant in named:
            for by, key in ((self._exact, name), (self._plain, plain(name))):
                known = by.setdefault(key, [])
                if meant not in known:
                    known.append(meant)

    def find(self, name: str) -> T:
        """What is meant; raises BadCell."""
        found = self._exact.get(name) or self._plain.get(plain(name)) or []
        if len(found) == 1:
            return found[0]
        if found:
            raise BadCell(f"{quoted(name)} names more than one {self.what}.", self.remedy)
        near = get_close_matches(plain(name), self._plain, 1, 0.75)
        hint = f"Did you mean {self._spelled(near[0])}? " if near else ""
        raise BadCell(
            f"{quoted(name)} is no {self.what} that the portal knows.", hint + self.remedy
        )

    def name_of(self, meant: T, names: Iterable[str]) -> str:
        """The first of the names that leads back to what is meant."""
        return next(name for name in names if self._exact.get(name) == [meant])

    def __iter__(self) -> Iterator[T]:
        return iter({id(each): each for found in self._exact.values() for each in found}.values())

    def _spelled(self, near: str) -> str:
        return next(name for name in self._exact if plain(name) == near)
