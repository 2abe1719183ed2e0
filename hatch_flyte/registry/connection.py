"""How to reach a cluster, and how patient to be with it: frozen values.

Knows nothing of gRPC, HTTP or configuration files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import grpc.aio

    from hatch_flyte.registry.authenticator import Authenticator

TLS_PORT = 443
"""The port of a target that names none, as gRPC takes it."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a cluster is, and how it is talked to."""

    target: str
    """A gRPC target: `dns:///flyte.acme.io:443`."""
    insecure: bool
    """Plain text instead of TLS."""
    place: str
    """The cluster, for people; no secret in it."""
    deadline: float = 300.0
    """Seconds for the whole publish, from its first call: after them nothing is tried again."""
    window: int = 32
    """Calls in flight at once. flyteadmin needs two database connections for each, and has 100 in all."""
    authenticator: Authenticator | None = field(default=None, repr=False)
    """Gives the bearer token of each call; None: calls show none."""
    channel: grpc.aio.Channel | None = None
    """A channel of somebody else's to use, as it is; None: one is made."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the target; the host is empty where the target has none (`unix:`) or cannot be read."""
        scheme, separator, rest = self.target.partition(":")
        if scheme == "unix":
            return "", 0
        named = separator and scheme in {"dns", "ipv4", "ipv6"}
        try:
            parts = urlsplit(f"//{rest.rpartition('/')[2] if named else self.target}")
            port = parts.port
        except ValueError:
            return "", 0
        return parts.hostname or "", port or TLS_PORT

    @property
    def is_loopback(self) -> bool:
        """Whether the target is this machine, by its name."""
        host, _ = self.address
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what, in seconds. An attempt that has begun gets its whole time, whatever the deadline."""

    connect: float = 5.0
    """For somebody to listen, before the first answer."""
    handshake: float = 4.0
    """For one TCP, TLS and HTTP/2 handshake. Less than `connect`, so that a mute peer is reported in gRPC's words."""
    reconnect: float = 2.0
    """Between two attempts to connect, at most."""
    read: float = 15.0
    """For the answer to one read, as flytectl has it."""
    create: float = 60.0
    """For the answer to one create. Generous, since flyteadmin may half-store a workflow whose creation is cut off."""
    first_pause: float = 0.1
    """Before the first repetition, at most; doubled each time, with full jitter."""
    longest_pause: float = 5.0
    send: float = 10.0
    """For a file store to connect, and to take the next 16 KiB."""
    stored: float = 60.0
    """For a file store to answer once it has the whole file."""
