"""What is refused at the HTTP listener before anything looks at an address: other hosts' names, too many, too slow.

ASGI, and the one class of uvicorn's that is made stricter. Knows nothing of uploads.
"""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.config.endpoint import is_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hatch_flyte.registry.serve_options import ServeOptions, Tls

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MISDIRECTED: Final = 421
"""RFC 9110, 15.5.20."""

NO_LOGIN: Final = (
    "There is no login at the local registry: it wants the token that it was started with. Set flytekit's auth mode to "
    "ExternalCommand, and its command to one that prints the token.\n"
)
_LOGIN: Final = "/oauth2/"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """What the listener of uploads has besides its place and its size."""

    host: str = ""
    """The host in its addresses; empty: the one that it listens at."""
    tls: Tls | None = None
    has_token: bool = False
    on_call: Callable[[str], None] | None = None
    max_connections: int = 256
    idle_seconds: float = 60.0
    head_seconds: float = 10.0

    @classmethod
    def of(cls, options: ServeOptions) -> HttpOptions:
        """Return those that follow from how the registry is served."""
        return cls(
            public_host(options.host, options.public_host),
            options.tls,
            has_token=bool(options.token),
            on_call=options.on_call,
            max_connections=options.max_connections,
            idle_seconds=options.idle_seconds,
            head_seconds=options.head_seconds,
        )


def public_host(host: str, named: str) -> str:
    """Return the host that stands in addresses: the one that is named, the one listened at, or this machine's name."""
    if named:
        return named
    try:
        return socket.gethostname() if not host or ip_address(host).is_unspecified else host
    except ValueError:
        return host


def bounded(app: App, options: HttpOptions) -> App:
    """Return an application that answers only for the listener's own host, only while the client goes on sending."""

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        line = _Line(scope, send, options.on_call)
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        if not is_own(host, options.host):
            await _say(line.send, MISDIRECTED, "this is not the host that the request is for\n")
        elif options.has_token and scope["path"].startswith(_LOGIN):
            await _say(line.send, 501, NO_LOGIN)
        else:
            await app(scope, _impatient(receive, options.idle_seconds), line.send)

    return answer


def is_own(header: str, own: str) -> bool:
    """Return whether a `Host` header names this listener: its host, this machine, or any address in numbers.

    A page on the web that has its name resolved to this machine (DNS rebinding) sends that name, never a number.
    """
    host = header.rpartition(":")[0] if not header.endswith("]") and ":" in header else header
    host = host.removeprefix("[").removesuffix("]").lower().removesuffix(".")
    try:
        ip_address(host)
    except ValueError:
        return bool(host) and (is_loopback(host) or host == own.lower())
    return True


def _impatient(receive: Receive, seconds: float) -> Receive:
    """Return what takes a client that sends nothing for so long for one that went away."""

    async def receive_soon() -> Message:
        try:
            return await asyncio.wait_for(receive(), seconds)
        except asyncio.TimeoutError:
            return {"type": "http.disconnect"}

    return receive_soon


async def _say(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Line:
    """Tells of a request once it is answered: its path without the query, in which signatures are."""

    def __init__(self, scope: MutableMapping[str, Any], send: Send, on_call: Callable[[str], None] | None) -> None:
        self._scope, self._send, self._on_call = scope, send, on_call
        self._begun = time.monotonic()

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if self._on_call and message["type"] == "http.response.start":
            path = self._scope["raw_path"].decode("ascii", "replace")
            host, port = self._scope["client"] or ("", 0)
            milliseconds = 1000 * (time.monotonic() - self._begun)
            method, status = self._scope["method"], message["status"]
            self._on_call(f"{method} {path} {status} {milliseconds:.1f} ms {host}:{port}")
        await self._send(message)


def strict_protocol(head_seconds: float) -> Any:
    """Return uvicorn's HTTP/1.1 that closes connections on which no request has come for so long."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class StrictProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base has it
            super().connection_made(transport)
            self.loop.call_later(head_seconds, self._close_unless_begun)

        def _close_unless_begun(self) -> None:
            begun: object = self.cycle  # None until a request's head is there, whatever its type says
            if begun is None and not self.transport.is_closing():
                self.transport.close()

    return StrictProtocol
