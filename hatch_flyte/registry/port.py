"""What publishing and listing need of a registry, whichever it is.

Two adapters implement it: `client` (a cluster over gRPC) and `local` (the built-in registry, in this process).
Knows neither gRPC nor SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hatch_flyte.errors import (
    AccessError,
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    RegistryError,
    RejectedError,
    UnreachableError,
)
from hatch_flyte.rules.refusal import DIFFERENT_STRUCTURE
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier, Kind


ERRORS: dict[Code, type[RegistryError]] = {
    Code.CANCELLED: UnreachableError,
    Code.DEADLINE_EXCEEDED: UnreachableError,
    Code.RESOURCE_EXHAUSTED: UnreachableError,
    Code.UNAVAILABLE: UnreachableError,
    Code.UNAUTHENTICATED: AccessError,
    Code.PERMISSION_DENIED: AccessError,
    Code.NOT_FOUND: NotFoundError,
    Code.ALREADY_EXISTS: AlreadyExistsError,
}
"""The error class for a status code; any other code is a `RejectedError`."""


def error_for(code: Code, message: str, *, identifier: Identifier | None = None, hint: str = "") -> RegistryError:
    """Return the error for what a registry answered: its own `message`, the class by `code` and by Flyte's wording."""
    kind = ERRORS.get(code, RejectedError)
    if code == Code.INVALID_ARGUMENT and DIFFERENT_STRUCTURE in message:
        kind = ConflictError
    return kind(message, hint=hint, identifier=identifier)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a registry keeps, or would keep, a bundle."""

    url: str
    """The address that tasks download from (`native_url`): stable, no credential in it."""
    stored: bool
    """Whether the bundle lies there already."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a registry was sent so far, by one that is open."""

    reads: int = 0
    """Questions that change nothing."""
    writes: int = 0
    """Creates, updates and uploads, each repetition counted."""
    repeated: int = 0
    """How many of both repeated one that had failed."""

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.reads + other.reads, self.writes + other.writes, self.repeated + other.repeated)

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.reads - other.reads, self.writes - other.writes, self.repeated - other.repeated)


class Registry(Protocol):
    """A registry, open. Every method may raise `UnreachableError`, `AccessError` or `RejectedError`.

    Retries are the adapter's affair: what it raises is final.
    """

    @property
    def place(self) -> str:
        """Where this registry is, for people: an endpoint or a file. No secret in it."""
        ...

    @property
    def traffic(self) -> Traffic:
        """How much was sent so far."""
        ...

    async def domains(self, project: str) -> frozenset[str] | None:
        """Return the domains that `project` can be used with, or None where there is no such (active) project."""
        ...

    def list(
        self, kind: Kind, project: str, domain: str, *, name: str = "", version: str = ""
    ) -> AsyncIterator[Message]:
        """Yield `admin.Task`, `admin.Workflow` or `admin.LaunchPlan` messages, the newest first.

        `name` and `version` narrow the list; empty means any. Tasks and launch plans come whole, workflows without
        their nodes (as ListWorkflows of the real control plane gives them).
        """
        ...

    async def get(self, identifier: Identifier) -> Message:
        """Return the whole `admin.Task`, `admin.Workflow` or `admin.LaunchPlan`; `NotFoundError` if it isn't there."""
        ...

    async def create(self, identifier: Identifier, spec: Message) -> None:
        """Create one entity from an `admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlanSpec`.

        Raises `AlreadyExistsError` (the same content is there, says the registry), `ConflictError` (other content is),
        `NotFoundError` or `RejectedError` (a reference is missing, a rule is broken).
        """
        ...

    def active(self, project: str, domain: str) -> AsyncIterator[Message]:
        """Yield the `admin.LaunchPlan` messages that are active in a project and domain, one version of each name."""
        ...

    async def activate(self, identifier: Identifier) -> None:
        """Make a launch plan version the active one of its name; the version that was active no longer is.

        Raises `NotFoundError`, and `RejectedError` where the registry refuses its schedule.
        """
        ...

    async def deactivate(self, identifier: Identifier) -> None:
        """Make a launch plan version inactive: its schedule stops. Raises `NotFoundError`."""
        ...

    async def locate(self, project: str, domain: str, bundle: Bundle) -> Location:
        """Return where `bundle` is or would be kept. Stores nothing."""
        ...

    async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
        """Store `bundle` and return where; the address is the one that `locate` gives."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...
