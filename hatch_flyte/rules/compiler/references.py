"""What the compiler asks about: the tasks and launch plans that a workflow refers to.

propeller is handed all of them, read from flyteadmin's database (`common/reader.go`). Who has no database at hand may
say of each that it isn't known: then nothing is said against it, nor against what is bound to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface, VariableMap


class Lookup(Enum):
    """An answer that is nothing to look at."""

    MISSING = "missing"
    """There is none under exactly that identifier, resource type and organisation included."""
    UNKNOWN = "unknown"
    """It can't be told from here."""


@dataclass(frozen=True, slots=True)
class TaskInterface:
    """What a task takes and gives; without an interface, nothing."""

    interface: TypedInterface | None


@dataclass(frozen=True, slots=True)
class LaunchPlanInterface:
    """What a launch plan takes and gives, as its closure says."""

    expected_inputs: ParameterMap | None
    expected_outputs: VariableMap | None
    """None where the workflow was registered without an outputs message; no node can run such a launch plan."""


@dataclass(frozen=True, slots=True)
class References:
    """Where to look up what a workflow refers to; each identifier is asked for once."""

    task: Callable[[Identifier], TaskInterface | Lookup]
    launch_plan: Callable[[Identifier], LaunchPlanInterface | Lookup]


def unknown(_: Identifier) -> Lookup:
    """Say of anything that it isn't known."""
    return Lookup.UNKNOWN


NOTHING_KNOWN = References(task=unknown, launch_plan=unknown)
"""Looks nothing up: a workflow is checked for what can be told from it alone."""
