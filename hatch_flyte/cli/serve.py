"""`hatch-flyte serve`: the local registry for unmodified Flyte clients."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Executor

    from hatch_flyte.registry.http_bounds import App
    from hatch_flyte.registry.methods import Offices
    from hatch_flyte.registry.serve_options import Addresses, ServeOptions


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=30080, show_default=True, help="gRPC port; 0: any free.")
@click.option("--http-port", type=click.IntRange(0, 65535), default=0, help="Port of uploads; any free one by default.")
@click.option("--public-host", default="", metavar="HOST", help="Host in upload addresses; by default that of --host.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the registry.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the addresses to this file.")
@click.option("--token-env", metavar="NAME", help="Variable with the token that clients have to show.")
@click.option("--allow-anyone", is_flag=True, help="Listen where others can connect, without a token.")
@click.option(
    "--tls-cert", type=click.Path(dir_okay=False, path_type=Path), help="Certificate, in PEM: serve with TLS."
)
@click.option("--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="The certificate's key, in PEM.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of each call and upload, in a line on standard error.")
def serve(data: Path | None, ready_file: Path | None, **given: Any) -> None:
    """Offer the local registry to Flyte clients; on this machine only, unless told otherwise.

    Prints one line when clients can connect. SIGTERM and Ctrl-C let what is in flight end.
    """
    from hatch_flyte.cli.status import print_warning
    from hatch_flyte.interruptible import run
    from hatch_flyte.registry.server import serve as run_server

    folder = registry_folder(data)
    options = _options(**given)
    if caution := options.caution():
        print_warning(caution)

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


def _options(
    *, token_env: str | None, tls_cert: Path | None, tls_key: Path | None, verbose: bool, **same: Any
) -> ServeOptions:
    """Return how to serve, checked; all but a few of what is given has the same name there."""
    from hatch_flyte.errors import ConfigError, Problem
    from hatch_flyte.registry.guard import checked_token
    from hatch_flyte.registry.serve_options import ServeOptions, Tls

    if (tls_cert is None) != (tls_key is None):
        option, other = ("--tls-key", "--tls-cert") if tls_cert else ("--tls-cert", "--tls-key")
        raise ConfigError([Problem(option, f"expected it beside {other} (got nothing)")])
    options = ServeOptions(
        **same,
        token=checked_token(token_env, os.environ.get(token_env, "")) if token_env is not None else "",
        tls=Tls(tls_cert, tls_key) if tls_cert and tls_key else None,
        on_call=_say if verbose else None,
        pages=pages_of,
    )
    options.check()
    return options


def pages_of(offices: Offices, thread: Executor) -> App:
    """Return the pages for browsers: imported here, when the first is asked for."""
    from hatch_flyte.browser import application

    return application(offices, thread)


def _say(line: str) -> None:
    from hatch_flyte.report_text import printable

    with contextlib.suppress(OSError):  # nobody reads on: no reason to fail the call
        click.echo(printable(line), err=True)


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
