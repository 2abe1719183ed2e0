"""Endpoints: the text in a cluster's table becomes a host and a port.

Knows neither gRPC nor whether anybody listens there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TLS_PORT = 443
PLAIN_PORT = 80
HIGHEST_PORT = 65535

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a control plane's gRPC API listens."""

    host: str
    """A name, an IPv4 or an IPv6 address (without brackets)."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """The address as gRPC takes it."""
        return f"dns:///{self}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, where no TLS is expected."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine: `localhost`, 127.0.0.0/8 or ::1."""
    return bool(_LOOPBACK.fullmatch(host))


def parse_endpoint(text: str, *, insecure: bool | None = None) -> tuple[Endpoint, bool]:
    """Return the endpoint that `text` names, and whether it is reached without TLS.

    `text` is `host:port`, `host`, or either after `dns:///`; an IPv6 address stands in brackets. `insecure` None means
    TLS for all but loopback. Without a port it is 443 with TLS and 80 without, as gRPC's clients have it. Raises
    `ValueError` that says what was expected.
    """
    host, port = _host_and_port(text)
    if insecure is None:
        insecure = is_loopback(host)
    return Endpoint(host, port or (PLAIN_PORT if insecure else TLS_PORT)), insecure


def endpoint_expectation(text: str) -> str:
    """Return what was expected of a text that is no endpoint; nothing of one that is."""
    try:
        parse_endpoint(text)
    except ValueError as problem:
        return str(problem)
    return ""


def _host_and_port(text: str) -> tuple[str, int | None]:
    address = text.removeprefix("dns:///")
    if scheme := _SCHEME.match(address):
        raise ValueError(_expected_without(scheme[1].lower(), address[scheme.end() :].strip("/")))
    if bracketed := re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", address):
        host, port = bracketed[1], bracketed[2]
        if not _is_ipv6(host):
            raise ValueError("an IPv6 address in the brackets")
    else:
        host, colon, rest = address.partition(":")
        port = rest if colon else None
        if ":" in rest:
            raise ValueError("host:port, with an IPv6 address in brackets, as in '[::1]:8089'")
        if not _HOST.fullmatch(host):
            raise ValueError("host:port or dns:///host:port, without a path")
    return host, None if port is None else _port(port)


def _expected_without(scheme: str, rest: str) -> str:
    if scheme in {"http", "https"}:
        # The rest is shown only if it is an address: an URL may hold a password.
        wanted = f", as in 'dns:///{rest}'" if re.fullmatch(r"[A-Za-z0-9._-]+(:\d+)?", rest) else ""
        return f"the gRPC endpoint, host:port or dns:///host:port, not a web address{wanted}"
    if scheme == "dns":
        return "three slashes, as in 'dns:///host:port'"
    return "host:port or dns:///host:port"


def _is_ipv6(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= HIGHEST_PORT:
        raise ValueError(f"a port from 1 to {HIGHEST_PORT} after the host")
    return int(text)
