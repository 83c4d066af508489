"""The address on the net from which a request came, to count what one visitor asks for. Never stored or logged."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

_NEAR = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)
_NEAR_6 = tuple(ip_network(network) for network in ("::1/128", "fc00::/7", "fe80::/10"))
_HOME_BITS = 64
"""Of an IPv6 address so many name a household; the rest its devices, who may take as many addresses as they like."""


def visitor_of(request: Request) -> str | None:
    """The visitor's address, IPv6 without what a household chooses for itself; None for a neighbour.

    It is the address of whoever opened the connection, or what a proxy says that AMANBA_TRUSTED_PROXIES names; headers
    of others are not read. A neighbour (this machine, a private network) is most likely a proxy that we were not told
    of: to count by its address would lock everybody out together.
    """
    if request.client is None:
        return None
    try:
        address = ip_address(request.client.host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if isinstance(address, IPv6Address):
        if any(address in network for network in _NEAR_6):
            return None
        return str(ip_network((address, _HOME_BITS), strict=False))
    return None if any(address in network for network in _NEAR) else str(address)
