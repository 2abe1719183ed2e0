"""`hatch-flyte serve`: the local registry for unmodified Flyte clients."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import asyncio

    from hatch_flyte.registry.server import Addresses


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=30080, show_default=True, help="gRPC port; 0: any free.")
@click.option("--http-port", type=click.IntRange(0, 65535), default=0, help="Port of uploads; any free one by default.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the registry.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the addresses to this file.")
def serve(port: int, http_port: int, data: Path | None, ready_file: Path | None) -> None:
    """Offer the local registry to Flyte clients, on this machine only.

    Prints one line when clients can connect. SIGTERM and Ctrl-C let what is in flight end.
    """
    from hatch_flyte.interruptible import run
    from hatch_flyte.registry.server import ServeOptions
    from hatch_flyte.registry.server import serve as run_server

    folder = registry_folder(data)
    options = ServeOptions(port=port, http_port=http_port)

    def ready(addresses: Addresses) -> None:
        if ready_file:
            _write_whole(ready_file, f"{addresses.grpc} {addresses.http}\n")
        click.echo(f"ready: gRPC at {addresses.grpc}, uploads at {addresses.http}, registry {addresses.place}")

    async def use_case(stop: asyncio.Event) -> None:
        await run_server(folder, options, ready, stop)

    try:
        run(use_case)
    finally:
        if ready_file:
            with contextlib.suppress(OSError):  # it could not be written either
                ready_file.unlink()


def registry_folder(data: Path | None) -> Path:
    """Return the local registry's folder: the one that an option names, or the configured one, or the default."""
    from hatch_flyte.config import Sources, load
    from hatch_flyte.registry.local import default_folder

    return data or load(Sources(root=Path(), environ=os.environ)).call.data or default_folder()


def _write_whole(path: Path, text: str) -> None:
    """Write a file that others wait for: they must never see it half."""
    from hatch_flyte.errors import HatchFlyteError

    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text)
        temporary.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise HatchFlyteError(
            f"--ready-file: {path} cannot be written ({problem.strerror})",
            hint="Name a file in a folder that is there, and where you may write.",
        ) from problem
