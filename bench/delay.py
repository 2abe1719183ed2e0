"""A TCP proxy on loopback that adds a round-trip time, as a cluster far away has it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 16


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass bytes on after `seconds`; pieces overlap, so only latency is added, no bandwidth is taken."""
    loop = asyncio.get_running_loop()
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            when, data = await due.get()
            await asyncio.sleep(max(0.0, when - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    sending = asyncio.ensure_future(send())
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_PIECE):
            due.put_nowait((loop.time() + seconds, data))
    due.put_nowait((loop.time() + seconds, b""))
    with contextlib.suppress(ConnectionError):
        await sending


async def _serve(target: int, seconds: float, ready: threading.Event, port: list[int], stop: asyncio.Event) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", target)
        with contextlib.suppress(asyncio.CancelledError):  # at the end of a measurement
            await asyncio.gather(_forward(reader, upstream_writer, seconds), _forward(upstream_reader, writer, seconds))
        upstream_writer.close()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port.append(server.sockets[0].getsockname()[1])
    ready.set()
    await stop.wait()
    server.close()
    connections = asyncio.all_tasks() - {asyncio.current_task()}
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


@contextlib.contextmanager
def delayed(target: int, round_trip: float) -> Iterator[int]:
    """Give a port that leads to the port `target` with `round_trip` seconds added; 0 gives `target` itself."""
    if not round_trip:
        yield target
        return
    ready, port, stop = threading.Event(), list[int](), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(_serve(target, round_trip / 2, ready, port, stop),), daemon=True
    )
    thread.start()
    ready.wait()
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
