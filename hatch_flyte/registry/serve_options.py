"""How the local registry is served: where, to whom, within which bounds; and what of that is refused.

Values only: who listens is `server` (gRPC) and `upload_listener` (HTTP).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hatch_flyte.config.endpoint import is_loopback
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from hatch_flyte.registry.http_bounds import App
    from hatch_flyte.registry.methods import Offices

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate, with the chain above it, and its key; both are PEM files."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raise `ConfigError` if they can't be read or don't belong together. The key must not be encrypted."""
        import ssl

        for option, path in (("--tls-cert", self.certificate), ("--tls-key", self.key)):
            _check_readable(option, path)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, password=lambda: b"")
        except (ssl.SSLError, ValueError) as error:
            what = f"expected a certificate and its unencrypted key, in PEM (got {self.certificate} and {self.key})"
            raise ConfigError([Problem("--tls-cert", what)]) from error


def _check_readable(option: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError([Problem(option, f"{path} cannot be read ({error.strerror or error})")]) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How to serve."""

    host: str = LOOPBACK
    port: int = 0
    """gRPC's; 0 is any that is free."""
    http_port: int = 0
    """That of uploads; 0 is any that is free."""
    public_host: str = ""
    """The host in upload addresses; by default `host`, or this machine's name where that stands for every address."""
    token: str = field(default="", repr=False)
    """What a client has to show; empty: nothing. A secret: it is in no message and no `repr`."""
    allow_anyone: bool = False
    """Whether to listen at an address other than loopback without a token."""
    tls: Tls | None = None
    on_call: Callable[[str], None] | None = None
    """Is told of every call and request, in a line without line ends; from any thread."""
    pages: Callable[[Offices, Executor], App] | None = None
    """Makes what answers at the HTTP port where an address is no file's, when it is first asked for. It is given what
    does the work, and the thread in which that has to be done."""
    grace_seconds: float = 5.0
    """How long calls and uploads may take to end when the server stops."""
    max_upload_bytes: int = 1 << 30
    max_message_bytes: int = 4 << 20
    """Of a gRPC request: flyteadmin's."""
    max_connections: int = 256
    """To each of the two ports at once."""
    max_calls: int = 2048
    """At once over gRPC; further ones are answered with RESOURCE_EXHAUSTED, which clients repeat."""
    idle_seconds: float = 60.0
    """How long an upload may send nothing."""
    head_seconds: float = 10.0
    """How long an HTTP connection may take for the head of its first request."""

    def check(self) -> None:
        """Raise `ConfigError` for what must not or cannot be served so."""
        if not (self.is_local or self.token or self.allow_anyone):
            raise ConfigError(
                [Problem("--host", f"expected a loopback address, --token-env or --allow-anyone (got {self.host})")],
                hint="Everyone who can connect could register and activate. Have clients show a token: --token-env.",
            )
        if self.tls:
            self.tls.check()

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    def caution(self) -> str:
        """Return what to know of an address that others can connect to; empty for loopback."""
        if self.is_local:
            return ""
        if not self.token:
            return f"everyone who can connect to {self.host} can register"
        plain = "" if self.tls else "; without --tls-cert it can be read on the way"
        return f"whoever has the token can register at {self.host}{plain}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server is to be found."""

    grpc: str
    """`HOST:PORT`."""
    http: str
    """`http://HOST:PORT`, or `https`."""
    place: str
    """The registry's file."""
