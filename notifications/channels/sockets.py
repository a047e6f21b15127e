"""Sockets with an allowance: so many seconds and so many bytes for a whole conversation.

A plain socket timeout starts anew with every byte received, so a server that sends one byte per second could hold a
worker for hours. Email and Teams both speak through these.
"""

import socket
import ssl
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from workflows.errors import BevakaError

Address = IPv4Address | IPv6Address
MOST_OCTETS = 256 * 1024


class ReplyTooLongError(OSError):
    """The other side sent more than a conversation can need."""


class ForbiddenAddressError(OSError):
    """The name resolves only to addresses that may not be reached."""


class AuthorityFileError(BevakaError):
    """The file of trusted certificate authorities is of no use."""

    def __init__(self, cafile: Path | None) -> None:
        self.cafile = cafile
        super().__init__(f"No certificate authority could be read from {cafile}. Allowed: a readable PEM file.")


class Allowance:
    """What one conversation may cost. Counted on the monotonic clock, which no clock change moves."""

    def __init__(self, each: float, total: float, octets: int = MOST_OCTETS) -> None:
        self._each = each
        self._ends = time.monotonic() + total
        self._octets = octets

    def wait(self) -> float:
        """Seconds the next operation may take.

        Raises:
            TimeoutError: Nothing is left.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the conversation took too long")
        return min(self._each, left)

    def received(self, octets: int) -> None:
        """Count bytes received.

        Raises:
            ReplyTooLongError: They are more than allowed.
        """
        self._octets -= octets
        if self._octets < 0:
            raise ReplyTooLongError("the reply is too long")


class BoundedSocket(socket.socket):
    """A TCP socket that asks its allowance before every operation."""

    allowance: Allowance | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive, within the allowance."""
        if self.allowance is None:
            return super().recv_into(*args, **kwargs)
        self.settimeout(self.allowance.wait())
        octets = super().recv_into(*args, **kwargs)
        self.allowance.received(octets)
        return octets

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send, within the allowance."""
        if self.allowance is not None:
            self.settimeout(self.allowance.wait())
        super().sendall(*args, **kwargs)


class BoundedTLSSocket(ssl.SSLSocket):
    """The same over TLS."""

    allowance: Allowance | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive, within the allowance."""
        if self.allowance is None:
            return super().recv_into(*args, **kwargs)
        self.settimeout(self.allowance.wait())
        octets = super().recv_into(*args, **kwargs)
        self.allowance.received(octets)
        return octets

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send a part (``sendall`` is built on it), within the allowance."""
        if self.allowance is not None:
            self.settimeout(self.allowance.wait())
        return super().send(*args, **kwargs)


def any_address(_address: Address) -> bool:
    """Every address is fine: for a server that the administrator named."""
    return True


def connect(
    host: str, port: int, allowance: Allowance, allowed: Callable[[Address], bool] = any_address
) -> BoundedSocket:
    """Connect to the first reachable address of the host that is allowed.

    The address that was judged is the address connected to: no second look-up can slip another one in.

    Raises:
        ForbiddenAddressError: The host has addresses, none of them allowed.
        OSError: It cannot be resolved or reached.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    choices = [entry for entry in found if allowed(_address_of(entry))]
    if not choices:
        raise ForbiddenAddressError("no allowed address")
    return _first_reachable(choices, allowance)


def _address_of(entry: tuple[Any, ...]) -> Address:
    return ip_address(entry[4][0].partition("%")[0])


def _first_reachable(choices: list[tuple[Any, ...]], allowance: Allowance) -> BoundedSocket:
    failure: OSError = OSError("unreachable")
    for family, kind, protocol, _name, address in choices:
        connection = BoundedSocket(family, kind, protocol)
        try:
            connection.settimeout(allowance.wait())
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.allowance = allowance
        return connection
    raise failure


def verifying_context(cafile: Path | None) -> ssl.SSLContext:
    """A TLS context that checks certificate and host name, against ``cafile`` or the system's authorities.

    Raises:
        AuthorityFileError: The file cannot be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if cafile is None else str(cafile))
    except OSError as error:
        raise AuthorityFileError(cafile) from error
    context.sslsocket_class = BoundedTLSSocket
    return context


def secure(connection: socket.socket, host: str, context: ssl.SSLContext, allowance: Allowance) -> BoundedTLSSocket:
    """Start TLS on a connection, for the host by name.

    Raises:
        ssl.SSLError: The certificate is not trusted, or the handshake fails.
    """
    connection.settimeout(allowance.wait())
    secured = context.wrap_socket(connection, server_hostname=host)
    if not isinstance(secured, BoundedTLSSocket):
        raise TypeError("use a context from verifying_context")
    secured.allowance = allowance
    return secured
