"""One careful POST to an address somebody typed in, or that a browser named.

The address decides whom this server talks to, so it must not lead back into the house: a name is resolved once, each
address it has is looked at, and the connection goes to that very address, whatever the name says a moment later. No
redirect is followed, little is read, and all of it takes ten seconds at most.

`OUTGOING_ALLOW` names networks (CIDR, by comma) that are let in nevertheless, such as that of one's own chat server;
only there may it be plain HTTP.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from flask import current_app

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0  # connecting, sending and reading together
MAX_ANSWER_BYTES = 4096
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address in disguise

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forbidden(ValueError):
    """This server does not talk to that address. The words are for the log of deliveries."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: checked, with the one address that is connected to."""

    secure: bool
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    retry_after: str = ""


def allowed_networks() -> list[Network]:
    """The networks of the setting; one that cannot be read is a mistake of whoever set it, and is said so."""
    given = str(current_app.config.get("OUTGOING_ALLOW") or "")
    return [ipaddress.ip_network(one.strip()) for one in given.split(",") if one.strip()]


def is_public(address: Address) -> bool:
    """Whether an address is of the world outside, looked at beneath its disguises."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def place_of(url: str, networks: list[Network] | None = None) -> Place:
    """Where a URL leads; raises `Forbidden`, or `OSError` when its name cannot be resolved."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise Forbidden("not an http(s) address")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (ValueError, UnicodeError):
        raise Forbidden("not an http(s) address") from None
    networks = allowed_networks() if networks is None else networks
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    within = [any(address in network for network in networks) for address in addresses]
    if not all(inside or is_public(address) for address, inside in zip(addresses, within, strict=True)):
        raise Forbidden("leads into a private network")
    if parts.scheme == "http" and not all(within):
        raise Forbidden("needs https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", parts.hostname, port, path, str(addresses[0]))


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(http.client.HTTPConnection):
    """Speaks to the address that was checked, and is called by its name."""

    def __init__(self, place: Place):
        super().__init__(place.host, place.port, timeout=CONNECT_SECONDS)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self._place.address, self._place.port), CONNECT_SECONDS)
        if self._place.secure:
            self.sock = _trust().wrap_socket(self.sock, server_hostname=self._place.host)


def post(place: Place, body: bytes, headers: dict[str, str]) -> Answer:
    """Sends the body; raises `OSError` or `http.client.HTTPException` when there is no answer."""
    connection = _Pinned(place)
    # Each wait has its own limit, but a server that drips a byte a second would never meet one.
    end = threading.Timer(WHOLE_SECONDS, lambda: _hang_up(connection))
    end.daemon = True
    end.start()
    try:
        connection.request("POST", place.path, body, {"User-Agent": "xunxiu", **headers})
        response = connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
        return Answer(response.status, text, response.headers.get("Retry-After", ""))
    finally:
        end.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
