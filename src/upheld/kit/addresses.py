"""Network addresses, as far as their owner cannot choose them."""

from ipaddress import IPv6Address, ip_address, ip_network


def neighbourhood(said: str) -> str:
    """Return what an address shares with others of the same customer: of IPv6 the /64, else the address itself."""
    try:
        address = ip_address(said.split("%", 1)[0])
    except ValueError:
        return said
    if not isinstance(address, IPv6Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((address, 64), strict=False))
