"""Who is behind a hold of stock: the person, or the network a stranger comes from."""

import ipaddress

from django.http import HttpRequest

from .cart_session import signed_in_user_id


def principal_of(request: HttpRequest) -> str:
    """Return whose share of scarce goods a request counts to; "" when that cannot be told.

    A private address is a proxy's or our own machine's, not a shopper's: behind it
    stand many, and they must not share one share.
    """
    user_id = signed_in_user_id(request)
    if user_id is not None:
        return f"user:{user_id}"
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not address.is_global:
        return ""
    width = 24 if address.version == 4 else 56
    return f"net:{ipaddress.ip_network((address, width), strict=False)}"
