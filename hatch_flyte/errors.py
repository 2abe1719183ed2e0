"""What can go wrong, as one tree; each class has the exit code that the command line ends with.

A message has the form **where: what (got what)**; `hint` says what to do. Exit codes: docs/exit-codes.md.

    HatchFlyteError            1
    ├── ConfigError            2   (usage and configuration, as click's own)
    ├── SerializeError         3   the user's project could not be serialized
    │   ├── InterpreterError   3   no interpreter fits
    │   └── BuildError         3   the wheel could not be built
    ├── ArchiveError           4   not an archive, or a damaged one
    │   └── WheelError         4   not a wheel
    ├── GraphError             1   a graph that cannot be drawn
    ├── BreakingError          9   what a cluster doesn't let a release break
    └── RegistryError          1
        ├── UnreachableError   5   nobody answers, or not in time
        ├── AccessError        6   credentials or permissions
        ├── RejectedError      7   the registry refuses the request
        │   └── NotFoundError  7   what was asked for is not there
        ├── ConflictError      8   the version exists with other content
        └── AlreadyExistsError 1   the registry says it is there already: an answer to handle, never shown as it is
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.entity import Identifier


class HatchFlyteError(Exception):
    """Anything this package reports to its user. `str()` is the message, with the hint on lines of its own."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the configuration."""

    where: str
    """Full dotted key with its table, variable or flag: `tool.hatch-flyte.clusters.staging.endpoint`."""
    what: str
    """What was expected and what was got."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigError(HatchFlyteError):
    """The configuration has problems: all of them, not the first."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = tuple(problems)


class SerializeError(HatchFlyteError):
    """The project's modules could not be turned into entities."""

    exit_code = 3


class InterpreterError(SerializeError):
    """No Python interpreter has what serializing needs."""


class BuildError(SerializeError):
    """The project's wheel, which is serialized, could not be built."""


class ArchiveError(HatchFlyteError):
    """A file is not a Flyte archive, or is damaged."""

    exit_code = 4


class WheelError(ArchiveError):
    """A file is not a wheel, or is damaged."""


class GraphError(HatchFlyteError):
    """A graph cannot be drawn: it is too large, or what draws it is not installed."""


class BreakingError(HatchFlyteError):
    """A release breaks those who use the one before, and the cluster refuses that."""

    exit_code = 9


class RegistryError(HatchFlyteError):
    """A registry did not do what it was asked.

    `message` keeps the registry's own words; `identifier` is the entity it was about, if any.
    """

    def __init__(self, message: str, *, hint: str = "", identifier: Identifier | None = None) -> None:
        super().__init__(message, hint=hint)
        self.identifier = identifier


class UnreachableError(RegistryError):
    """Nobody answers at the endpoint, or not before the deadline."""

    exit_code = 5


class AccessError(RegistryError):
    """The registry wants credentials, or refuses the ones it got."""

    exit_code = 6


class RejectedError(RegistryError):
    """The registry refuses the request; sending it again changes nothing."""

    exit_code = 7


class NotFoundError(RejectedError):
    """What was asked for is not in the registry."""


class ConflictError(RegistryError):
    """The registry holds other content under this identifier (Flyte: "with different structure")."""

    exit_code = 8


class AlreadyExistsError(RegistryError):
    """The registry says that it holds this already; of a workflow that is no proof (read it back)."""
