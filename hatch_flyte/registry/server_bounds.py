"""What gRPC's server is told: how large, how many, how patient; how it listens, with TLS or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.upload_listener import host_text, listening_socket

if TYPE_CHECKING:
    from hatch_flyte.registry.serve_options import ServeOptions

MAX_STREAMS: Final = 100
"""Calls at once on one connection; clients keep further ones to themselves."""


def channel_options(options: ServeOptions) -> list[tuple[str, int]]:
    """Return gRPC's options for a server."""
    return [
        # flytekit pings each 30 s, also without calls; grpc would answer that with GOAWAY "too_many_pings".
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.keepalive_permit_without_calls", 1),
        # A port that somebody has is an error, not one to share.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", options.max_message_bytes),
        ("grpc.max_concurrent_streams", MAX_STREAMS),
        ("grpc.max_allowed_incoming_connections", options.max_connections),
    ]


def add_port(server: grpc.aio.Server, options: ServeOptions) -> int:
    """Let the server listen; return the port. Raises `RegistryError` if it cannot be had.

    gRPC tells little of why it cannot, so a socket of our own asks for a given port first.
    """
    if options.port:
        listening_socket(options.host, options.port).close()
    place = f"{host_text(options.host)}:{options.port}"
    try:
        if options.tls is None:
            return server.add_insecure_port(place)
        pair = (options.tls.key.read_bytes(), options.tls.certificate.read_bytes())
        return server.add_secure_port(place, grpc.ssl_server_credentials([pair]))
    except RuntimeError as error:
        raise RegistryError(f"serve: cannot listen at {options.host}:{options.port} ({error})") from error
