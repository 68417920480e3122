"""Clients' keys at addresses of their own: fetched before a request is answered, and remembered."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from ssl import SSLContext
from typing import Any, TypeVar

import httpx2

from auth.federation.outbound import Outbound, Unanswered
from auth.oauth.jose import Malformed, public_key

T = TypeVar("T")
log = logging.getLogger("auth.oauth")

KEYS_FOR = 300.0
"""Seconds after which keys are looked at again: a key that was withdrawn works until then."""
ASK_AGAIN = 60.0
"""Seconds between two looks for a key that was not there: a forged statement costs no more."""
GOOD_FOR = 3600.0
"""Seconds for which keys are used whose address does not answer any more."""
MOST_KEYS = 20
MOST_ADDRESSES = 5000
AT_ONCE = 8
_CARRYING_IPV4 = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32"))


class KeySetWanted(Exception):
    """The keys at this address must be fetched, outside of any transaction; then ask again."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


@dataclass
class _Remembered:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    keys: tuple[dict[str, str], ...] = ()
    fetched_at: float | None = None
    asked_at: float | None = None
    under_way: bool = False


class KeySets:
    """One for each process; it asks only for addresses that administrators have registered."""

    def __init__(self, outbound: Outbound, tick: Callable[[], float] = time.monotonic) -> None:
        self._outbound, self._tick = outbound, tick
        self._known: dict[str, _Remembered] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def known(self, address: str) -> tuple[dict[str, str], ...]:
        """The keys, from memory; KeySetWanted when it is time to look again."""
        held = self._known.get(address, _Remembered())
        if held.fetched_at is None or self._tick() - held.fetched_at >= KEYS_FOR:
            self.look_again(address)
        if held.fetched_at is None or self._tick() - held.fetched_at >= GOOD_FOR:
            return ()
        return held.keys

    def look_again(self, address: str) -> None:
        """None of them has signed: KeySetWanted, unless they were asked for a moment ago."""
        held = self._known.get(address, _Remembered())
        if held.under_way or self._may_ask(held):
            raise KeySetWanted(address)

    async def answered(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, and once again with the keys that it wanted: its transaction is over then.

        After a fetch nothing is wanted of that address for a minute, so this ends.
        """
        for _ in range(3):
            try:
                return await work()
            except KeySetWanted as wanted:
                await self.fetch(wanted.address)
        return await work()

    async def fetch(self, address: str) -> None:
        """Ask, one after another: whoever waited for the same answer has it then."""
        held = self._known.setdefault(address, _Remembered())
        while len(self._known) > MOST_ADDRESSES:
            self._known.pop(next(iter(self._known)))
        async with held.turn, self._at_once:
            if not self._may_ask(held):
                return
            held.under_way = True
            try:
                held.keys = _usable(await self._outbound.get_json(address))
                held.fetched_at = self._tick()
            except Unanswered as error:
                log.warning("A client's keys cannot be fetched: %s", error)
            finally:
                held.under_way, held.asked_at = False, self._tick()

    def _may_ask(self, held: _Remembered) -> bool:
        return held.asked_at is None or self._tick() - held.asked_at >= ASK_AGAIN


class PublicOnly(httpx2.AsyncBaseTransport):
    """The way to public addresses: the one that was looked up and checked is the one that is used,
    so that a name cannot lead into the portal's own network, nor change its meaning meanwhile.
    """

    def __init__(self, verify: SSLContext | None = None) -> None:
        plain = httpx2.Limits(max_keepalive_connections=0)
        self._way = httpx2.AsyncHTTPTransport(verify=verify or True, limits=plain)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        address = await public_address(host, request.url.port or 443)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # its Host header keeps the name
        return await self._way.handle_async_request(request)

    async def aclose(self) -> None:
        await self._way.aclose()


async def public_address(host: str, port: int) -> str:
    """One address of that name; Unanswered if any of them is not public."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except (OSError, UnicodeError) as error:
        raise Unanswered("its name is not known") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise Unanswered("its name does not lead to a public address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether this is an address of the internet, and of nothing nearer."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    if any(found.version == net.version and found in net for net in _CARRYING_IPV4):
        return False
    return found.is_global and not found.is_multicast


def key_sets(*, local: bool) -> KeySets:
    """For the settings: `local` lets in http and addresses of this computer, for the demo."""
    return KeySets(Outbound(local=True) if local else Outbound(way=PublicOnly()))


def _usable(document: dict[str, Any]) -> tuple[dict[str, str], ...]:
    """The keys of an accepted kind that are meant for signatures; private ones are nobody's."""
    found = document.get("keys")
    usable = []
    for jwk in found[:MOST_KEYS] if isinstance(found, list) else []:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = public_key(jwk)
        except Malformed:
            continue
        usable.append({name: str(part) for name, part in key.as_dict(private=False).items()})
    return tuple(usable)
