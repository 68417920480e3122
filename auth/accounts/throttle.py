"""How often somebody may guess: counted in the database, for an account, an address and all."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

_FORGET_AFTER = timedelta(hours=1)


class TooManyGuesses(Exception):
    """Wait, then try again; nothing is locked for good."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Wait {seconds} seconds.")
        self.seconds = seconds


async def take_guess(db: AsyncSession, account: str, address: str, now: datetime) -> None:
    """Count one guess before it is looked at, so that any number at once are counted too.

    In a transaction of its own: it locks a row that all who guess share.
    """
    wait = await db.scalar(select(func.take_guess(account, _network(address), now)))
    if wait:
        raise TooManyGuesses(int(wait) + 1)


async def forget_guesses(db: AsyncSession, account: str) -> None:
    """After a right answer."""
    await db.execute(select(func.forget_guesses(account)))


def _network(address: str) -> str:
    """One subscriber has a whole /64 of IPv6 addresses."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if not isinstance(ip, IPv6Address) else str(IPv6Address(int(ip) >> 64 << 64))
