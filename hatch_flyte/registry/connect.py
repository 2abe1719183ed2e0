"""Opening the registry that a target names: a cluster over gRPC, or the local one in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry


def open_registry(target: Target, data: Path | None = None) -> Registry:
    """Return the registry of `target`; close it when done. `data` is the local registry's folder (None: the user's).

    Raises `RegistryError` where the local registry's file cannot be opened. A cluster is not called yet.
    """
    if target.endpoint is None:
        from hatch_flyte.registry.local import open_local

        return open_local(data)
    from hatch_flyte.registry.client import Connection, connect

    security = "plain text" if target.insecure else "TLS"
    place = f"{target.endpoint} ({security})"
    return connect(Connection(target.endpoint.target, insecure=target.insecure, place=place))
