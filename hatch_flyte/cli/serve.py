"""`hatch-flyte serve`: the local registry for unmodified Flyte clients."""

from __future__ import annotations

import click


@click.command()
def serve() -> None:
    """Offer the local registry over gRPC."""
