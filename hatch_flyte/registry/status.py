"""From a gRPC status to this package's errors: the client's one place of translation.

Owns which status is worth another attempt, and what the server asked for meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from hatch_flyte.errors import RegistryError, RejectedError
from hatch_flyte.registry.hints import LATER
from hatch_flyte.registry.port import error_for
from hatch_flyte.registry.retry import TransientError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    import grpc.aio

    from hatch_flyte.registry.requests import Call

TRANSIENT: Final = frozenset(
    {
        Code.UNAVAILABLE,  # away, restarting, or behind a proxy that finds no backend
        Code.RESOURCE_EXHAUSTED,  # a quota or an overloaded server
        Code.ABORTED,  # lost against another transaction; each of our calls is one whole transaction
        Code.DEADLINE_EXCEEDED,  # one attempt hung; every call may be repeated, a create then finds its own result
        Code.CANCELLED,  # a server that stops ends its calls with it; those that this process ends have no status
    }
)
"""INTERNAL is not among them: flyteadmin says it of bad requests too."""

_TOO_LARGE: Final = re.compile(r"message (after decompression )?larger than max|metadata size exceeds")
"""RESOURCE_EXHAUSTED for a message's size, in the words of grpc-go and of gRPC's core: as final as a refusal."""

TOO_LARGE_HINT: Final = "Make the entity smaller, or have flyteadmin's `server.grpc.maxMessageSizeBytes` raised."
HINTS: Final = {
    Code.UNAUTHENTICATED: "No credentials were sent: set `auth` of this cluster.",
    Code.UNAVAILABLE: LATER,
    Code.DEADLINE_EXCEEDED: LATER,
    Code.RESOURCE_EXHAUSTED: LATER,
}

PUSHBACK: Final = "grpc-retry-pushback-ms"
DETAILS: Final = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class Status:
    """A gRPC status, without gRPC."""

    code: Code
    words: str
    """The server's own, or gRPC's core's; never empty."""
    trailing: dict[str, str | bytes]

    @classmethod
    def of(cls, problem: grpc.aio.AioRpcError) -> Status:
        """Return the status that ended a call."""
        code = Code(problem.code().value[0])
        words = problem.details() or f"{code.name} without a message"
        trailing = cast("Iterable[tuple[str, str | bytes]]", problem.trailing_metadata() or ())
        # By iteration: before gRPC 1.60 `dict()` takes its Metadata for a mapping, and fails.
        return cls(code, words, dict(iter(trailing)))

    @property
    def pause(self) -> float | None:
        """Seconds that the server asks to wait: by its pushback, or by a `google.rpc.RetryInfo`; None if it doesn't.

        Infinite where it asks not to come back: a negative or unreadable pushback (gRFC A6).
        """
        if PUSHBACK in self.trailing:
            try:
                milliseconds = int(self.trailing[PUSHBACK])
            except ValueError:
                milliseconds = -1
            return milliseconds / 1000 if milliseconds >= 0 else float("inf")
        return _retry_delay(self.trailing.get(DETAILS, b""))


def translated(status: Status, call: Call, place: str) -> RegistryError | TransientError:
    """Return what `status` means for `call`, sent to `place`. The server's own words are kept as they are."""
    if status.code is Code.RESOURCE_EXHAUSTED and _TOO_LARGE.search(status.words):
        return RejectedError(status.words, hint=TOO_LARGE_HINT, identifier=call.identifier)
    if status.code is Code.UNIMPLEMENTED:
        return RejectedError(f"{place}: it has no {call.method} ({status.words})", hint=call.missing)
    hint = HINTS.get(status.code, "")
    if status.code not in TRANSIENT:
        return error_for(status.code, status.words, identifier=call.identifier, hint=hint)
    words = f"{place}: {call.method} failed ({status.code.name}: {status.words})"
    return TransientError(error_for(status.code, words, identifier=call.identifier, hint=hint), pause=status.pause)


def _retry_delay(details: str | bytes) -> float | None:
    if not isinstance(details, bytes) or b"google.rpc.RetryInfo" not in details:
        return None
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # brings no stubs

    info = error_details_pb2.RetryInfo()
    try:
        for detail in status_pb2.Status.FromString(details).details:
            if detail.Unpack(info):
                return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    except DecodeError:
        pass
    return None
