"""An HTTP proxy for uploads that misbehaves as a fault plan says, in front of the registry's own file store."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import urllib3
from faults.support_fault_plan import UPLOAD, Answer, Cut, Delay, FaultPlan, Hang, Happen, Lose
from registry.support_server import LOOPBACK
from registry.support_transport import accepting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from faults.support_fault_plan import Act
    from faults.support_fault_proxy import Seen

REASONS = {200: "OK", 403: "Forbidden"}
HOPS = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Put:
    """One upload as it arrives, its body still on the way."""

    path: str
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return int(self.headers.get("content-length", "0"))


class UploadProxy:
    """Passes each PUT on to `upstream`, `http://HOST:PORT`, or does to it what the plan says."""

    def __init__(self, upstream: str, plan: FaultPlan, seen: Seen) -> None:
        self._upstream, self._plan, self._seen = upstream, plan, seen

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        put = _put(await reader.readuntil(b"\r\n\r\n"))
        call = self._seen.arrived(UPLOAD, put.path.partition("?")[0].rpartition("/")[2])
        act = self._plan.act(call)
        if act is not None:
            self._seen.happened.append(call)
        if isinstance(act, Cut):
            await reader.readexactly(int(put.size * act.after))
            await self._cut_short(put)
            writer.transport.abort()
            return
        body = await reader.readexactly(put.size)
        status = await self._status(act, put, body)
        if isinstance(act, Lose):
            writer.transport.abort()
            return
        asked = {"Retry-After": act.retry_after} if isinstance(act, Answer) and act.retry_after else {}
        await _answer(writer, status, asked)

    async def _status(self, act: Act | None, put: Put, body: bytes) -> int:
        """Return what is answered to an upload that came whole, once the store has it if it is to have it."""
        if isinstance(act, Happen):
            self._seen.on_happen(act.what)
        if isinstance(act, Delay):
            await asyncio.sleep(act.seconds)
        stores = act.stored if isinstance(act, Answer) else act != Hang()
        status = await self._passed_on(put, body) if stores else 0
        if isinstance(act, Hang):
            await asyncio.Event().wait()
        return act.status if isinstance(act, Answer) else status

    async def _passed_on(self, put: Put, body: bytes) -> int:
        headers = {name: value for name, value in put.headers.items() if name not in HOPS}

        def send() -> int:
            with urllib3.PoolManager() as pool:
                answer = pool.request("PUT", self._upstream + put.path, body=body, headers=headers, retries=False)
            return int(answer.status)

        return await asyncio.to_thread(send)

    async def _cut_short(self, put: Put) -> None:
        """Have the store see the head of an upload and half of what it announces, then nothing."""
        host, _, port = self._upstream.rpartition("/")[2].rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = [f"PUT {put.path} HTTP/1.1", *(f"{name}: {value}" for name, value in put.headers.items())]
        writer.write("\r\n".join([*head, "", ""]).encode() + b"\0" * (put.size // 2))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


def _put(head: bytes) -> Put:
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Put(first.split()[1], {name.strip().lower(): value.strip() for name, _, value in pairs})


async def _answer(writer: asyncio.StreamWriter, status: int, headers: dict[str, str]) -> None:
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": "0", "Connection": "close"}.items()]
    writer.write("\r\n".join([f"HTTP/1.1 {status} {REASONS.get(status, 'On Purpose')}", *lines, "", ""]).encode())
    await writer.drain()


@contextlib.asynccontextmanager
async def upload_proxied(proxy: UploadProxy) -> AsyncIterator[str]:
    """Serve `proxy`; give its address, without a path."""
    async with accepting(proxy.serve) as port:
        yield f"http://{LOOPBACK}:{port}"
