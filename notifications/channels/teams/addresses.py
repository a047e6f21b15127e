"""Which network addresses a webhook may lead to: public ones, whatever notation they hide behind."""

from ipaddress import IPv4Address, IPv6Network

from notifications.channels.sockets import Address

# All of these are (or carry) an IPv4 address that `is_global` does not look at: NAT64, 6to4, Teredo.
_TRANSLATED = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


def is_public(address: Address) -> bool:
    """Whether the address is an ordinary one on the internet.

    ``is_global`` alone lets multicast and 64:ff9b::7f00:1 pass (facts/notifications.md §6).
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address.is_site_local or any(address in network for network in _TRANSLATED):
        return False
    return address.is_global and not address.is_multicast


def is_loopback(address: Address) -> bool:
    """Whether the address is this computer, for the trusted origins."""
    return address.is_loopback
