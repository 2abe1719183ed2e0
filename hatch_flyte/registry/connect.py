"""Opening the registry that a target names: a cluster over gRPC, or the local one in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc.aio

    from hatch_flyte.config import Config, Target
    from hatch_flyte.registry.authenticator import Authenticator
    from hatch_flyte.registry.port import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What opening a registry depends on besides its target."""

    data: Path | None = None
    """The local registry's folder; None: the user's."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where tokens stand, and what their commands are given."""
    root: Path = Path()
    """The folder that commands for tokens are started in: the project's."""
    authenticator: Authenticator | None = field(default=None, repr=False)
    """Gives the tokens, instead of what the target says."""
    channel: grpc.aio.Channel | None = None
    """A channel to the target that is somebody else's."""

    @classmethod
    def of(cls, config: Config) -> Surroundings:
        """Return those of a call that `config` describes."""
        return cls(data=config.call.data, environ=config.environ, root=config.root)


def open_registry(target: Target, around: Surroundings) -> Registry:
    """Return the registry of `target`; close it when done.

    Raises `RegistryError` where the local registry's file cannot be opened. A cluster is not called yet.
    """
    if target.endpoint is None:
        from hatch_flyte.registry.local import open_local

        return open_local(around.data)
    from hatch_flyte.registry.client import Connection, connect

    security = "plain text" if target.insecure else "TLS"
    place = f"{target.endpoint} ({security})"
    return connect(
        Connection(
            target.endpoint.target,
            insecure=target.insecure,
            place=place,
            authenticator=around.authenticator or _authenticator(target, around),
            channel=around.channel,
        )
    )


def _authenticator(target: Target, around: Surroundings) -> Authenticator | None:
    if target.auth is None:
        return None
    from hatch_flyte.registry.authenticator import CommandToken, VariableToken

    if target.auth.type == "token":
        return VariableToken(target.auth.source[0], around.environ)
    return CommandToken(target.auth.source, around.environ, around.root)
