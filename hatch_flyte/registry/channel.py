"""One gRPC channel to a cluster: opened with the first call, each call one attempt.

Owns the channel's options and credentials, the bounded window, deadlines, waiting for somebody to listen, and that a
create is never cut off. Repeats nothing; knows no Flyte messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte import __version__
from hatch_flyte.errors import AccessError, RejectedError
from hatch_flyte.registry.borrowed import borrowed
from hatch_flyte.registry.diagnosis import away, diagnose, silent, unreachable
from hatch_flyte.registry.retry import TransientError
from hatch_flyte.registry.status import Status, translated
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import grpc.aio

    from hatch_flyte.errors import RegistryError
    from hatch_flyte.registry.connection import Connection, Patience
    from hatch_flyte.registry.requests import Call

RECEIVE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one answer. gRPC's own limit is 4 MiB, which a page of large task templates passes."""

METADATA_LIMIT: Final = 256 * 1024
"""Bytes of one answer's metadata. flyteadmin's messages have up to 32,000 bytes, which percent-encoding may triple,
and its status details repeat them in base64; over gRPC's own 8 KiB an INVALID_ARGUMENT arrives as INTERNAL."""


class Channel:
    """A gRPC channel; may be made outside of an event loop, not used there."""

    def __init__(self, connection: Connection, patience: Patience, remaining: Callable[[], float]) -> None:
        """Keep `remaining`, which tells the seconds until the deadline of all calls."""
        self._connection, self._patience, self._remaining = connection, patience, remaining
        self._channel: grpc.aio.Channel | None = None
        self._window = asyncio.Semaphore(connection.window)
        self._heard = False

    async def attempt(self, call: Call) -> Any:
        """Send `call` once and return its answer.

        Before the first answer `Patience.connect` is the time for somebody to listen; later the whole deadline is the
        time for a server that went away to come back. Raises `TransientError` or the `RegistryError` that is final.
        """
        async with self._window:
            channel = self._open()
            import grpc.aio

            await self._listener(channel)
            try:
                data = await self._admitted(channel, call)
            except grpc.aio.AioRpcError as problem:
                raise await self._failure(channel, call, Status.of(problem)) from problem
        self._heard = True
        return _parsed(call, data, self._connection.place)

    async def close(self) -> None:
        """Close the channel, once creates in flight have their answers."""
        if self._channel:
            channel, self._channel = self._channel, None
            await channel.close(self._patience.create)

    def _open(self) -> grpc.aio.Channel:
        if self._connection.channel is not None:
            return borrowed(self._connection.channel)
        if self._channel is None:
            target, options = self._connection.target, self._options()
            with _silent_core():
                import grpc.aio

                self._channel = (
                    grpc.aio.insecure_channel(target, options)
                    if self._connection.insecure
                    else grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(_roots()), options)
                )
        return self._channel

    def _options(self) -> list[tuple[str, str | int]]:
        patience = self._patience
        options: list[tuple[str, str | int]] = [
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
        ]
        if self._connection.is_loopback:
            options.append(("grpc.enable_http_proxy", 0))
        return options

    async def _listener(self, channel: grpc.aio.Channel) -> None:
        """Wait until somebody listens; before the first answer also return when somebody refuses, to learn why."""
        import grpc

        until = {grpc.ChannelConnectivity.READY}
        if not self._heard:
            until.add(grpc.ChannelConnectivity.TRANSIENT_FAILURE)
        if channel.get_state(try_to_connect=True) in until:
            return
        connect, remaining = self._patience.connect, self._remaining()
        seconds = max(connect, remaining) if self._heard else min(connect, remaining)
        try:
            await asyncio.wait_for(_state(channel, until), seconds)
        except asyncio.TimeoutError as problem:
            place = self._connection.place
            raise (away(place, self._connection.deadline) if self._heard else silent(place, seconds)) from problem

    async def _admitted(self, channel: grpc.aio.Channel, call: Call) -> bytes:
        """Send `call` with its token; where that is refused once more with another, if there is one."""
        import grpc.aio

        authenticator = self._connection.authenticator
        if authenticator is None:
            return await self._send(channel, call, "")
        token = await authenticator.token()
        try:
            return await self._send(channel, call, token)
        except grpc.aio.AioRpcError as problem:
            # Who is not let in has changed nothing, so that a create may be sent again.
            refused = problem.code() is grpc.StatusCode.UNAUTHENTICATED
            other = await authenticator.another(token) if refused else ""
            if not other:
                raise
        return await self._send(channel, call, other)

    async def _send(self, channel: grpc.aio.Channel, call: Call, token: str) -> bytes:
        # Bytes in and out: gRPC would log an answer that cannot be parsed, and return None for it.
        method = channel.unary_unary(call.path, None, None)
        request = call.request.SerializeToString()
        metadata = (("authorization", f"Bearer {token}"),) if token else None
        if call.writes:
            return await _uncut(method(request, timeout=self._patience.create, metadata=metadata))
        answer: bytes = await method(request, timeout=self._patience.read, metadata=metadata)
        return answer

    async def _failure(self, channel: grpc.aio.Channel, call: Call, status: Status) -> RegistryError | TransientError:
        import grpc

        nobody = {grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.CONNECTING}
        connecting = status.code in {Code.UNAVAILABLE, Code.UNKNOWN} and channel.get_state() in nobody
        if connecting and not self._heard:
            return await self._nobody(status.words)
        answer = translated(status, call, self._connection.place)
        if isinstance(answer, AccessError) and self._connection.authenticator:
            answer = AccessError(answer.message, hint=self._connection.authenticator.hint, identifier=answer.identifier)
        if status.code is Code.DEADLINE_EXCEEDED and not self._heard and isinstance(answer, TransientError):
            # It takes connections and never answered anything: the whole deadline would only be lost on it.
            answer.limit = 2 * self._patience.read
        else:
            self._heard = True
        return answer

    async def _nobody(self, words: str) -> RegistryError | TransientError:
        diagnosis = await diagnose(words, self._connection, self._patience.handshake)
        error = unreachable(diagnosis, self._connection.place, words)
        return error if diagnosis.final else TransientError(error, limit=self._patience.connect)


def _parsed(call: Call, data: bytes, place: str) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return call.parse(data)
    except DecodeError as problem:
        raise RejectedError(
            f"{place}: {call.method} answered with {len(data)} bytes that are not its answer", hint=call.missing
        ) from problem


async def _state(channel: grpc.aio.Channel, until: set[grpc.ChannelConnectivity]) -> None:
    state = channel.get_state(try_to_connect=True)
    while state not in until:
        await channel.wait_for_state_change(state)
        state = channel.get_state(try_to_connect=True)


async def _uncut(call: Awaitable[bytes]) -> bytes:
    """Await `call` to its end even when cancelled meanwhile: a CreateWorkflow cut off can spoil its version for good.

    The call's own deadline bounds the wait. Source: flyteadmin writes a workflow's description outside of the
    transaction that writes the workflow.
    """
    sent = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(sent)
    except asyncio.CancelledError:
        await asyncio.wait({sent})
        raise


@contextlib.contextmanager
def _silent_core() -> Iterator[None]:
    """Keep gRPC's core from writing on stderr: what it says there it also says in the status.

    Its verbosity can be set by a variable alone, read when the core is first used: while it is imported (1.85) or
    while the first channel is made (1.53). So the variable stands only that long, and one that is set counts.
    """
    name = "GRPC_VERBOSITY"
    if name in os.environ:
        yield
        return
    os.environ[name] = "NONE"
    try:
        yield
    finally:
        del os.environ[name]


def _roots() -> bytes | None:
    """Return this machine's trusted certificates as PEM, as for uploads; None for those that gRPC brings.

    SSL_CERT_FILE counts, by OpenSSL's own rules. Reading the file costs a twentieth of having OpenSSL parse it.
    """
    import ssl
    from pathlib import Path

    file = ssl.get_default_verify_paths().cafile
    if file:
        with contextlib.suppress(OSError):
            return Path(file).read_bytes()
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(map(ssl.DER_cert_to_PEM_cert, found)).encode() or None
