"""Network addresses: what their owner cannot choose, and which of them belong to the site's own network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_INSIDE = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
            "::1/128", "fc00::/7", "fe80::/10",
        ),
    )
)  # fmt: skip


def parsed(said: str) -> IPv4Address | IPv6Address | None:
    """Read an address, or return None for what is none; one of IPv4 that is written as IPv6 is read as IPv4."""
    try:
        address = ip_address(said.split("%", 1)[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def neighbourhood(said: str) -> str:
    """Return what an address shares with others of the same customer: of IPv6 the /64, else the address itself."""
    address = parsed(said)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address or said)


def is_inside(said: str) -> bool:
    """Whether an address is this machine, or of a network that the internet does not lead to."""
    address = parsed(said)
    return address is not None and any(address in network for network in _INSIDE)
