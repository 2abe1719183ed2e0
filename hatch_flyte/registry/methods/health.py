"""gRPC's health service (grpc.health.v1), so that probes and `grpc_health_probe` find the server alive.

Its two messages have one field each, a text and a number, so that protobuf's own wrappers are the same on the wire;
grpcio-health-checking would add a package, and with each of its releases raise what grpcio and protobuf must be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.wrappers_pb2 import Int32Value, StringValue

from hatch_flyte.registry.methods.method import Method
from hatch_flyte.rules.refusal import not_found

if TYPE_CHECKING:
    from google.protobuf.message import Message

SERVICE: Final = "grpc.health.v1.Health"
METHODS: Final = frozenset({"Check", "Watch"})
NAMES: Final = frozenset({"", "flyteadmin"})
"""What can be asked about: the server, and flyteadmin, as which it stands."""

SERVING: Final = 1
NOT_SERVING: Final = 2


def health_methods() -> dict[str, Method]:
    """Return the methods of the service by their paths."""
    return {f"{SERVICE}/Check": Method(StringValue, Int32Value, _check)}


def _check(request: StringValue) -> Message:
    if request.value not in NAMES:
        raise not_found("unknown service")
    return status(SERVING)


def status(number: int) -> Message:
    """Return a `HealthCheckResponse`."""
    return Int32Value(value=number)
