"""Making a gRPC channel: its options, its credentials, its proxy. Nothing is sent before the channel is used.

Owns how gRPC's core is told what it takes from the environment alone.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from hatch_flyte import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import grpc.aio

    from hatch_flyte.registry.connection import Connection, Patience
    from hatch_flyte.registry.unverified import Shown

RECEIVE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one answer. gRPC's own limit is 4 MiB, which a page of large task templates passes."""

METADATA_LIMIT: Final = 256 * 1024
"""Bytes of one answer's metadata. flyteadmin's messages have up to 32,000 bytes, which percent-encoding may triple,
and its status details repeat them in base64; over gRPC's own 8 KiB an INVALID_ARGUMENT arrives as INTERNAL."""

_PROXY_VARIABLES: Final = ("grpc_proxy", "no_grpc_proxy", "no_proxy")
"""Those that gRPC's core reads first: the proxy, and whom it doesn't serve."""

Options = list[tuple[str, str | int]]


def dial(connection: Connection, patience: Patience, shown: Shown | None) -> grpc.aio.Channel:
    """Return a channel to `connection`; with `shown` that certificate alone is trusted."""
    options = _options(connection, patience)
    if shown and shown.name:
        options.append(("grpc.ssl_target_name_override", shown.name))
    with _environment(_variables(connection)):
        import grpc.aio

        if connection.insecure:
            return grpc.aio.insecure_channel(connection.target, options)
        identity = connection.trust.identity
        credentials = grpc.ssl_channel_credentials(
            shown.certificate if shown else connection.trust.roots,
            identity.key if identity else None,
            identity.chain if identity else None,
        )
        return grpc.aio.secure_channel(connection.target, credentials, options)


def _options(connection: Connection, patience: Patience) -> Options:
    options: Options = [
        ("grpc.primary_user_agent", f"hatch-flyte/{__version__}"),
        ("grpc.max_metadata_size", METADATA_LIMIT),
        ("grpc.max_receive_message_length", RECEIVE_LIMIT),
        ("grpc.max_send_message_length", -1),
        # They end after five attempts, leave out large requests, and cannot be counted.
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", int(patience.first_pause * 1000)),
        # gRPC's core takes this one for the least time that it gives a handshake; its own 20 s are too many.
        ("grpc.min_reconnect_backoff_ms", int(patience.handshake * 1000)),
        ("grpc.max_reconnect_backoff_ms", int(patience.reconnect * 1000)),
        # Another channel to the same place is another connection: the old one may lead nowhere any more.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if connection.proxy is None:
        options.append(("grpc.enable_http_proxy", 0))
    if connection.keep_alive:
        options += [
            ("grpc.keepalive_time_ms", connection.keep_alive * 1000),
            # The same by two names: earlier and later releases of gRPC's core know one each.
            ("grpc.keepalive_timeout_ms", int(patience.probe * 1000)),
            ("grpc.http2.ping_timeout_ms", int(patience.probe * 1000)),
            # While calls are in flight as many as it takes; without calls none, since servers count them as an attack.
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.keepalive_permit_without_calls", 0),
        ]
    return options


def _variables(connection: Connection) -> Mapping[str, str | None]:
    """Return what the environment must say while a channel is made; None: not be set.

    gRPC's core writes on stderr what it also says in the status. Its verbosity can be set by a variable alone, read
    when the core is first used: while it is imported (1.85) or while the first channel is made (1.53); one that is set
    counts. It takes a proxy from an option only in later releases, and heeds `no_proxy` even then; who is reached
    through which proxy is decided already.
    """
    wanted: dict[str, str | None] = {} if "GRPC_VERBOSITY" in os.environ else {"GRPC_VERBOSITY": "NONE"}
    if proxy := connection.proxy:
        wanted |= dict.fromkeys(_PROXY_VARIABLES)
        wanted[_PROXY_VARIABLES[0]] = proxy.url
    return wanted


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
