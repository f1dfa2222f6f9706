"""Which addresses are on the public internet: strangers may name only those."""

import ipaddress

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6. Beside it lie old and special ways of writing other addresses."""
TRANSLATED = [ipaddress.IPv6Network(block) for block in ("2001::/32", "2002::/16")]
"""Tunnels, whose addresses stand for an IPv4 address that may be inside."""


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is on the public internet, by itself and by what it stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST or any(address in block for block in TRANSLATED):
            return False
    return address.is_global and not address.is_multicast
