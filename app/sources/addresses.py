"""Where the name of a host really leads.

An upstream that sends us to one of its hosts may have that name lead into our own network
(server-side request forgery). What counts is the address that was connected to: between a look at
the name and the connection it may lead elsewhere.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
# Local translation (RFC 8215), sites (RFC 3879) and IPv4 inside (RFC 4291): not told apart before
# Python 3.13.
_OF_A_SITE = tuple(map(IPv6Network, ("64:ff9b:1::/48", "fec0::/10", "::/96")))


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, those that an IPv6 address holds too.

    Raises:
        ValueError: it is no address.
    """
    found = ip_address(address.partition("%")[0])
    return all(
        one.is_global and not one.is_multicast and not any(one in net for net in _OF_A_SITE)
        for one in _all_of(found)
    )


class PublicPeer:
    """Ends connections to a host that lead to no public address, before anything is sent.

    A `trace` of httpcore2, which calls it at each step. A proxy's address is the operator's choice.
    """

    def __init__(self, host: str, refusal: Callable[[str], Exception]) -> None:
        """`refusal` makes an error of a text."""
        self._host, self._refusal = host, refusal
        self._is_direct = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Look at a connection that has been made.

        Raises:
            Exception: the refusal.
        """
        if event == "connection.connect_tcp.started":
            self._is_direct = info["host"] == self._host
        elif event == "connection.connect_tcp.complete" and self._is_direct:
            stream = info["return_value"]
            address = str(stream.get_extra_info("server_addr")[0])
            if not is_public(address):
                await stream.aclose()
                raise self._refusal(f"{self._host} leads to {address}, which is not public")


def _all_of(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and the IPv4 address that traffic to it ends at, where it holds one."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]  # never public as such
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address in _NAT64:
        return [address, IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]
