"""How often somebody may guess: counted in the database, for an account, an address and all."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

SUBSCRIBER, WIDEST = 64, 48
"""Of IPv6: one subscriber has a /64 at least, and a whole /48 at most."""


class TooManyGuesses(Exception):
    """Wait, then try again; nothing is locked for good."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Wait {seconds} seconds.")
        self.seconds = seconds


@dataclass(frozen=True)
class Try:
    """Who is guessed at, and whence; `browser` is one in which this very account has proved itself
    before, or somebody is signed in: it counts for itself alone, so that nobody's guesses elsewhere
    keep people out of their own accounts.
    """

    account: str
    address: str
    browser: str | None = None

    @property
    def counted(self) -> tuple[str, str, str, str | None]:
        """As the database counts it."""
        address, network = _network(self.address, SUBSCRIBER), _network(self.address, WIDEST)
        return self.account, address, network, self.browser


async def take_guess(db: AsyncSession, guess: Try, now: datetime) -> int:
    """Count one guess before it is looked at, so that any number at once are counted too; the
    seconds to wait, if it is one too many. The caller commits that as well: who hammers at a door
    that is shut fills the buckets of where they come from.

    In a transaction of its own: it locks a row that all who guess share.
    """
    wait = await db.scalar(select(func.take_guess(*guess.counted, now)))
    return int(wait) + 1 if wait else 0


async def forget_guesses(db: AsyncSession, guess: Try) -> None:
    """After a right answer."""
    await db.execute(select(func.forget_guesses(*guess.counted)))


def _network(address: str, bits: int) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    rest = 128 - bits
    return f"{IPv6Address(int(ip) >> rest << rest)}/{bits}"
