"""Through which HTTP proxy a host is reached: the one that a cluster names, or what the environment says.

Owns the rules of `https_proxy`, `no_proxy` and their like, the same for gRPC calls and for uploads. Passwords are kept
out of every text. Knows neither gRPC nor HTTP.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXPECTED: Final = "expected http://host:port"

_CALLS: Final = ("grpc_proxy", "https_proxy", "http_proxy")
"""The variables for gRPC calls, the first that is set: those of gRPC's own core, which has them in lower case only."""
_PORT: Final = 80
_SHOWN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. Its text is without user and password."""

    host: str
    port: int
    credentials: str = field(default="", repr=False)
    """`user:password`, not escaped; empty: none."""

    def __str__(self) -> str:
        return f"http://{self._address}"

    @property
    def url(self) -> str:
        """The address with what lets us in: not to be shown."""
        user, colon, password = self.credentials.partition(":")
        inside = f"{quote(user, safe='')}{colon}{quote(password, safe='')}@" if self.credentials else ""
        return f"http://{inside}{self._address}"

    @property
    def authorization(self) -> str:
        """The value of `Proxy-Authorization`; empty where there are no credentials."""
        return f"Basic {base64.b64encode(self.credentials.encode()).decode()}" if self.credentials else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, alone or together."""
        password = self.credentials.partition(":")[2]
        return tuple(filter(None, (self.credentials, password, self.authorization)))

    @property
    def _address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_proxy(text: str) -> Proxy:
    """Return the proxy that `text` names: `http://[user:password@]host[:port]`, where `http://` may be left out.

    Raises `ValueError` that says what was expected, and of what was got the scheme alone: the rest may be secret.
    """
    address = text if "://" in text else f"http://{text}"
    scheme = address.partition("://")[0]
    if scheme.lower() != "http":
        got = f"{scheme}://…" if _SHOWN.fullmatch(scheme) else "another scheme"
        raise ValueError(f"{EXPECTED} (got {got})")
    wrong = ValueError(f"{EXPECTED} (got an address without host, or with more than host and port)")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise wrong
    inside, at, _ = parts.netloc.rpartition("@")
    return Proxy(host, port or _PORT, unquote(inside) if at else "")


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which proxy serves which host. Without arguments: none."""

    fixed: Proxy | None = None
    """Serves every host, whatever the environment says."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Says it where there is no `fixed` one."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What lets us into any of them."""
        texts = (self.environ.get(name, "") for one in _CALLS for name in (one, one.upper()))
        found = [self.fixed, *(_parsed(text) for text in texts)]
        return tuple(text for one in found if one for text in one.secrets)

    def for_calls(self, host: str, port: int) -> Proxy | None:
        """Return the proxy for gRPC calls to `host`; None: reach it directly. Raises `ValueError` as `parse_proxy`."""
        return self._choose((host, port), _CALLS, ("no_grpc_proxy", "no_proxy"))

    def for_upload(self, url: str) -> Proxy | None:
        """Return the proxy for an upload to `url`, by its scheme and host. Raises `ValueError` as `parse_proxy`."""
        parts = urlsplit(url)
        address = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else _PORT)
        return self._choose(address, (f"{parts.scheme}_proxy",), ("no_proxy",))

    def _choose(self, address: tuple[str, int], variables: Iterable[str], exempting: Iterable[str]) -> Proxy | None:
        if self.fixed or not address[0]:
            return self.fixed if address[0] else None
        if is_loopback(address[0]) or _is_exempt(*address, self._value(exempting)[1]):
            return None
        name, text = self._value(variables)
        try:
            return parse_proxy(text) if text else None
        except ValueError as problem:
            raise ValueError(f"the variable {name}: {problem}") from None

    def _value(self, variables: Iterable[str]) -> tuple[str, str]:
        """Return the name and the value of the first variable that is set, in lower or in upper case."""
        for variable in variables:
            for name in (variable, variable.upper()):
                if value := self.environ.get(name, "").strip():
                    return name, value
        return "", ""


NONE: Final = Proxies()
"""Everything is reached directly."""


def _parsed(text: str) -> Proxy | None:
    try:
        return parse_proxy(text) if text else None
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, by its name or address."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether `no_proxy` names `host`: itself, a domain that it is in, a network, either with a port, or `*`."""
    return any(_names(entry, host.lower(), port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        pass  # one of them is a name
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and ":" not in name:
        if int(number) != port:
            return False
        entry = name
    domain = entry.removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
