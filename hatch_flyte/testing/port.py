"""The port over a registry that somebody else closes."""

from __future__ import annotations

from hatch_flyte.registry.local import LocalRegistry


class SharedRegistry(LocalRegistry):
    """The local registry in this process, on a backing of which others make use too."""

    async def close(self) -> None:
        """Leave the backing open, for those others."""
