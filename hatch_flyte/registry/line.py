"""The gRPC channel that is in use: made when it is first needed, and another one when it seems to lead nowhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hatch_flyte.registry.borrowed import borrowed

if TYPE_CHECKING:
    import grpc.aio

    from hatch_flyte.registry.connection import Connection, Patience
    from hatch_flyte.registry.unverified import Shown


class Line:
    """Holds one channel at a time. May be made outside of an event loop, not used there."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection, self._patience = connection, patience
        self._channel: grpc.aio.Channel | None = None
        self._asking: asyncio.Future[Shown] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def channel(self) -> grpc.aio.Channel:
        """Return the channel.

        Where certificates are not verified the server is asked for its own first: that may raise
        `UnusableCertificateError`, and `OSError` where there is no handshake.
        """
        if self._channel is None and self._connection.channel is not None:
            self._channel = borrowed(self._connection.channel)
        if self._channel is None:
            unverified = not (self._connection.insecure or self._connection.trust.verify)
            shown = await self._shown() if unverified else None
            if self._channel is None:
                from hatch_flyte.registry.dial import dial

                self._channel = dial(self._connection, self._patience, shown)
        return self._channel

    def drop(self, channel: grpc.aio.Channel) -> None:
        """Have the next call use another channel; calls that are in flight on this one keep it."""
        if channel is self._channel:
            self._channel = None
            closing = asyncio.ensure_future(channel.close(self._patience.create))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all channels, once creates in flight have their answers."""
        if self._channel:
            self.drop(self._channel)
        await asyncio.gather(*self._closing)

    async def _shown(self) -> Shown:
        """Return the server's certificate; the first of many calls asks for all."""
        from hatch_flyte.registry.unverified import shown

        if self._asking is None or self._asking.done():
            asking = asyncio.to_thread(shown, self._connection, self._patience.handshake)
            self._asking = asyncio.ensure_future(asking)
        return await asyncio.shield(self._asking)
