"""Which addresses on the network may be reached for a stranger: public ones, and those that the operator allows.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: What is in use on the internet: whatever is outside is local, special or not given out.
_UNICAST: Final = ipaddress.ip_network("2000::/3")
#: A translator's prefix: the last four bytes are an address of the older sort. https://www.rfc-editor.org/rfc/rfc6052
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
#: Set aside for protocols; some versions of the standard library call parts of it public.
_SPECIAL: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))
#: Public by its number, but answered by the host of a virtual machine.
_METADATA: Final = frozenset({ipaddress.ip_address("168.63.129.16")})


class Reach:
    """Tells which addresses may be connected to."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = [ipaddress.ip_network(one, strict=False) for one in allowed]

    def permits(self, text: str) -> bool:
        """Tell whether an address, as numbers, may be connected to; every address inside it counts."""
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        return any(self._allows(one) for one in _meant(address)) or all(_public(one) for one in _meant(address))

    def _allows(self, address: _Address) -> bool:
        return any(address in network for network in self._allowed)


def _meant(address: _Address) -> Iterator[_Address]:
    """Yield the addresses that a connection would really go to: the one itself, or those wrapped in it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo


def _public(address: _Address) -> bool:
    if address in _METADATA or not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL)
    return address in _UNICAST
