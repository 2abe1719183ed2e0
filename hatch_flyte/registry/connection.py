"""How to reach a cluster, and how patient to be with it: frozen values.

Knows nothing of gRPC, HTTP or configuration files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hatch_flyte.caution import Caution
from hatch_flyte.registry.proxy import NONE, Proxies, is_loopback
from hatch_flyte.registry.trust import MACHINE, Trust
from hatch_flyte.registry.window import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc.aio

    from hatch_flyte.registry.authenticator import Authenticator
    from hatch_flyte.registry.proxy import Proxy

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
    window: int = MOST
    """Calls in flight at once, at most; how many there are depends on how the cluster bears them."""
    authenticator: Authenticator | None = field(default=None, repr=False)
    """Gives the bearer token of each call; None: calls show none."""
    trust: Trust = MACHINE
    """Whose certificates are taken, of the cluster and of where it has files uploaded."""
    proxies: Proxies = NONE
    """What stands between; without them all is reached directly."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every call, not with uploads; values of it may be secret. Keys are in lower case."""
    keep_alive: int = 0
    """Seconds of silence, while calls are in flight, after which the connection is probed; 0: never."""
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
        return is_loopback(self.address[0])

    @property
    def proxy(self) -> Proxy | None:
        """What calls go through. Raises `ValueError` where the environment names something that is no HTTP proxy."""
        return self.proxies.for_calls(*self.address)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What the user must know before anything is sent."""
        return () if self.trust.verify else (unverified(self.place),)


def unverified(place: str) -> Caution:
    """Return what is said, loudly, where certificates are not verified."""
    return Caution(
        f"{place}: its certificate is NOT verified (insecure-skip-verify): whoever is on the way can read the token "
        "and everything that is sent, and change what is registered",
        hint="Use it to try things out only. Name the authority in `ca-file` instead.",
    )


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
    probe: float = 20.0
    """For the answer to a probe of the connection."""
    settle: float = 3.0
    """For what was just written to be found by reads. flyteadmin says of a workflow that it is there before it is."""
    send: float = 10.0
    """For a file store to connect, and to take the next 16 KiB."""
    stored: float = 60.0
    """For a file store to answer once it has the whole file."""
