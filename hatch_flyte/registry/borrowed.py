"""A channel that somebody else made and goes on using: it is called, never closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import grpc.aio

    Channel = grpc.aio.Channel
    """For those who only pass one on, and don't know gRPC."""


def borrowed(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """Return `channel` such that closing it does nothing. Credentials, interceptors and options stay its owner's."""
    return cast("grpc.aio.Channel", _Borrowed(channel))


class _Borrowed:
    """Passes everything on but `close`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def close(self, grace: float | None = None) -> None:
        """Leave it open."""
