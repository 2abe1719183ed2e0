"""One gRPC channel to a cluster: opened with the first call, each call one attempt.

Owns the window of calls in flight, what is sent with each, deadlines, waiting for somebody to listen, and that a write
is never cut off. Repeats nothing; knows no Flyte messages.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.errors import AccessError, RejectedError
from hatch_flyte.registry.diagnosis import away, diagnose, silent, unreachable, unusable
from hatch_flyte.registry.gate import End, Gate
from hatch_flyte.registry.line import Line
from hatch_flyte.registry.retry import TransientError
from hatch_flyte.registry.status import Status, translated
from hatch_flyte.registry.window import Window
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import grpc.aio

    from hatch_flyte.errors import RegistryError
    from hatch_flyte.registry.connection import Connection, Patience
    from hatch_flyte.registry.gate import Pass
    from hatch_flyte.registry.redaction import Secrets
    from hatch_flyte.registry.requests import Call

AUTHORIZATION: Final = "authorization"

_ENDS: Final = {
    Code.RESOURCE_EXHAUSTED: End.PUSHED_BACK,
    Code.DEADLINE_EXCEEDED: End.PUSHED_BACK,
    Code.UNAVAILABLE: End.BROKEN,
    Code.CANCELLED: End.BROKEN,
}
"""What statuses tell of the window; with any other the server has answered."""


class Channel:
    """A gRPC channel; may be made outside of an event loop, not used there."""

    def __init__(
        self, connection: Connection, patience: Patience, remaining: Callable[[], float], secrets: Secrets
    ) -> None:
        """Keep `remaining`, which tells the seconds until the deadline of all calls, and tell `secrets` the tokens."""
        self._connection, self._patience, self._remaining = connection, patience, remaining
        self._secrets = secrets
        self._line = Line(connection, patience)
        self._gate = Gate(Window(connection.window))
        self._heard = False
        self._last_heard = 0.0
        self.reads = self.writes = 0
        """How many were sent so far."""

    async def attempt(self, call: Call) -> Any:
        """Send `call` once and return its answer.

        Before the first answer `Patience.connect` is the time for somebody to listen; later the whole deadline is the
        time for a server that went away to come back. Raises `TransientError` or the `RegistryError` that is final.
        """
        async with self._gate.passing() as given:
            channel = await self._open()
            import grpc.aio

            await self._listener(channel)
            given.sent = time.monotonic()
            try:
                data = await self._admitted(channel, call)
            except grpc.aio.AioRpcError as problem:
                raise await self._failure(channel, call, Status.of(problem), given) from problem
            given.end = End.ANSWERED
        self._heard, self._last_heard = True, time.monotonic()
        return _parsed(call, data, self._connection.place)

    async def close(self) -> None:
        """Close the channel, once creates in flight have their answers."""
        await self._line.close()

    async def _open(self) -> grpc.aio.Channel:
        if self._connection.trust.verify:
            return await self._line.channel()
        from hatch_flyte.registry.unverified import UnusableCertificateError

        try:
            return await self._line.channel()
        except UnusableCertificateError as problem:
            raise unusable(self._connection.place, str(problem)) from problem
        except OSError as problem:
            raise await self._nobody(str(problem)) from problem

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
        metadata = self._metadata(token)
        if call.writes:
            self.writes += 1
            return await _uncut(method(request, timeout=self._patience.create, metadata=metadata))
        self.reads += 1
        answer: bytes = await method(request, timeout=self._patience.read, metadata=metadata)
        return answer

    def _metadata(self, token: str) -> list[tuple[str, str]]:
        if not token:
            return list(self._connection.metadata.items())
        self._secrets.add(token)
        others = [(key, value) for key, value in self._connection.metadata.items() if key != AUTHORIZATION]
        return [*others, (AUTHORIZATION, f"Bearer {token}")]

    async def _failure(
        self, channel: grpc.aio.Channel, call: Call, status: Status, given: Pass
    ) -> RegistryError | TransientError:
        import grpc

        given.end = _ENDS.get(status.code, End.ANSWERED)
        if status.code is Code.DEADLINE_EXCEEDED and self._last_heard < given.sent:
            # Not a word since it was sent: the connection may be gone without our being told.
            self._line.drop(channel)

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
        if given.end is End.ANSWERED:
            self._last_heard = time.monotonic()
        return answer

    async def _nobody(self, words: str) -> RegistryError | TransientError:
        diagnosis = await diagnose(words, self._connection, self._patience.handshake)
        error = unreachable(diagnosis, self._connection, words)
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
