"""What a client of the local registry is told when a call fails: a gRPC status that arrives.

Owns the translation of refusals and failures to statuses, and their size: text and details travel as metadata, for
which clients have limits, and a status beyond them reaches a Python client as INTERNAL or not at all. Knows no grpc.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.store_file import StoreError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from hatch_flyte.rules.refusal import RefusalError

DETAILS_KEY: Final = "grpc-status-details-bin"

MAX_MESSAGE_BYTES: Final = 32_000
"""flyteadmin cuts longer messages."""

MAX_METADATA_BYTES: Final = 32 * 1024 - 300
"""flytekit takes 32 KiB of metadata in all; the rest is for gRPC's own entries and what it counts for each."""

_ESCAPED: Final = re.compile(rb"[^ -~]|%")
_ESCAPE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Status:
    """A status to send."""

    code: Code
    message: str
    details: bytes = b""
    """A `google.rpc.Status` for the metadata; empty for none."""


def refusal_status(refusal: RefusalError) -> Status:
    """Return the status for a refusal: message and details if they fit, else as much of the message as does."""
    message = fitting(refusal.message)
    status = Status(refusal.code, message)
    if message != refusal.message or not refusal.details:
        return status
    details = packed(refusal.code, message, refusal.details)
    size = encoded_size(message) + len(base64.b64encode(details))
    return Status(refusal.code, message, details) if size <= MAX_METADATA_BYTES else status


def failure_status(method: str, error: Exception) -> Status:
    """Return the status for anything else that went wrong.

    It is never UNKNOWN: flytekit takes that for a lack of credentials, and reports its failing attempt to log in.
    """
    if isinstance(error, StoreError):
        return Status(error.code, fitting(str(error)))
    if isinstance(error, RegistryError):
        return Status(Code.INTERNAL, fitting(str(error)))
    text = f"the local registry failed at {method}, which is a mistake in hatch-flyte: {type(error).__name__}: {error}"
    return Status(Code.INTERNAL, fitting(text))


def fitting(message: str) -> str:
    """Return as much of `message` as clients' limits let through."""
    text = message.encode()[:MAX_MESSAGE_BYTES]
    excess = encoded_size(text.decode(errors="ignore")) - MAX_METADATA_BYTES
    while excess > 0:
        text = text[: len(text) - max(1, excess // (1 + _ESCAPE_BYTES))]
        excess = encoded_size(text.decode(errors="ignore")) - MAX_METADATA_BYTES
    return text.decode(errors="ignore")


def encoded_size(message: str) -> int:
    """Return how many bytes `message` has on the wire, where gRPC writes some of them as `%XX`."""
    text = message.encode()
    return len(text) + _ESCAPE_BYTES * len(_ESCAPED.findall(text))


def packed(code: Code, message: str, details: Sequence[Message]) -> bytes:
    """Return a serialized `google.rpc.Status`."""
    from google.rpc.status_pb2 import Status as StatusMessage  # type: ignore[import-untyped] # brings no stubs

    status = StatusMessage(code=int(code), message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return bytes(status.SerializeToString())
