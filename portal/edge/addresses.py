"""Where a request comes from: the connection's address, or whom a proxy of ours names."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address


def caller_address(scope: Scope, proxies: Collection[str]) -> str:
    """Of the connection; where that is our own proxy's, the one that the proxy names last."""
    peer = _peer(scope)
    return (_named(scope) or peer) if peer in proxies else peer


def own_network(scope: Scope, proxies: Collection[str]) -> str | None:
    """The caller's network, if it is surely the caller's: a proxy that nobody has told us of would
    make all who come through it answer for one another.
    """
    peer = _peer(scope)
    address = _read(_named(scope) if peer in proxies else peer)
    if address is None or not (proxies or address.is_global):
        return None
    return network_of(address)


def network_of(address: Address) -> str:
    """One subscriber has up to a whole /56 of IPv6 addresses."""
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 72 << 72))
    return str(address)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _named(scope: Scope) -> str:
    named = Headers(scope=scope).getlist("x-forwarded-for")
    return ",".join(named).rpartition(",")[2].strip()


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
