"""Where a publish registers, as one frozen value with all that a cluster's table says of it.

Knows neither where a value was read nor how it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hatch_flyte.config.auth import Auth
    from hatch_flyte.config.endpoint import Endpoint

BreakingPolicy = Literal["allow", "warn", "refuse"]


@dataclass(frozen=True, slots=True)
class Activation:
    """Which launch plans of a release are activated once all of it is registered."""

    mode: Literal["none", "declared", "scheduled", "named"] = "none"
    """`declared`: those that their author marked `auto_activate`; `scheduled`: those with a schedule; `named`: those of
    `names`."""
    names: tuple[str, ...] = ()
    """Names of launch plans; empty unless `mode` is `named`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What is a cluster's own in the entities that are registered there; part of what is compared."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of launch plans, over their own of the same name."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_account: str = ""
    """Kubernetes service account that launch plans run as, where they name none; empty: not said."""
    raw_output_prefix: str = ""
    """Where launch plans put what tasks write (`s3://…`), where they say nothing; empty: not said."""
    image_registry: Mapping[str, str] = field(default_factory=dict)
    """Beginnings of image names and what stands there instead; the longest that fits counts."""
    queue: str = ""
    """Name of the cluster pool that launch plans run in, where they name none; empty: not said."""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How a cluster is reached."""

    ca_file: Path | None = None
    """PEM file of the certificate authorities to trust; None: those of the system."""
    client_certificate: Path | None = None
    """PEM file with the chain that is shown to the control plane; `client_key` has its key."""
    client_key: Path | None = None
    insecure_skip_verify: bool = False
    """Whether any certificate is taken."""
    proxy: str | None = field(default=None, repr=False)
    """HTTP proxy, `http://host:port`; empty: none; None: what the environment says. May have a password in it."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every call; values of it may be secret."""
    keep_alive: int = 0
    """Seconds of silence after which the connection is probed; 0: never."""
    deadline: int = 300
    """Seconds for the whole publish, from its first call: after them nothing is tried again."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a publish registers: a cluster, or the local registry, with project and domain."""

    cluster: str
    endpoint: Endpoint | None
    """None for the local registry."""
    insecure: bool
    """Whether to connect without TLS."""
    project: str
    domain: str
    implicit: bool = False
    """Whether it is the local registry for want of any cluster; the user is told so."""
    auth: Auth | None = None
    """Where its bearer token comes from; None: no token is shown."""
    transport: Transport = Transport()
    overrides: Overrides = Overrides()
    activation: Activation = Activation()
    breaking_changes: BreakingPolicy = "warn"
    require_clean: bool = False
    """Whether a checkout with changes that no commit has is refused."""
    console: str = ""
    """Address of the web console, without a slash at its end; empty where there is none."""
