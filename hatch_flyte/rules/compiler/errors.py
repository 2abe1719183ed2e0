"""What the compiler finds: errors with code, node and text, collected in scopes as propeller does (`errors/`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.wire.connections import START_NODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_WORK: Final = 1_000_000
"""What is done for one workflow: some seconds' work."""

_LINE: Final = 20
"""Characters of text that count as one piece of work."""


@dataclass(frozen=True, slots=True)
class CompileError:
    """One thing that is wrong."""

    code: ErrorCode
    node_id: str
    """The node, as the compiled workflow would name it; `start-node`, `root` and the like where it is no node's."""
    description: str

    def __str__(self) -> str:
        return f"Code: {self.code.value}, Node Id: {self.node_id}, Description: {self.description}"


class TooMuchError(Exception):
    """A message asks for more work than any real workflow does."""


class Work:
    """How much may still be looked at and said: messages are untrusted, and small ones can ask for years of work.

    A comparison of types counts one, as does an input of a node and a line of text. A workflow of 1,000 nodes needs
    some 20,000.
    """

    __slots__ = ("_left",)

    def __init__(self, most: float = MAX_WORK) -> None:
        self._left = most

    def spend(self, amount: int = 1) -> None:
        """Note some work before it is done; raises `TooMuchError`."""
        self._left -= amount
        if self._left < 0:
            raise TooMuchError


class CompileErrors:
    """A scope in which errors are collected; those around it collect them too.

    An error that is there already counts for the scopes all the same.
    """

    __slots__ = ("_found", "_parent", "has_errors", "is_trial", "work")

    def __init__(
        self, parent: CompileErrors | None = None, *, work: Work | None = None, is_trial: bool = False
    ) -> None:
        self._parent = parent
        self._found: dict[CompileError, None] = {} if parent is None else parent._found  # noqa: SLF001 # one of us
        self.has_errors = False
        self.is_trial = is_trial
        """Whether nobody will look at the errors, only at whether there are any."""
        self.work = work or Work(math.inf)

    def scope(self) -> CompileErrors:
        """Return a scope within this one."""
        return CompileErrors(self, work=self.work, is_trial=self.is_trial)

    def trial(self) -> CompileErrors:
        """Return a scope apart, for something that may fail."""
        return CompileErrors(work=self.work, is_trial=True)

    def fail(self) -> None:
        """Note that there are errors."""
        scope: CompileErrors | None = self
        while scope is not None and not scope.has_errors:
            scope.has_errors = True
            scope = scope._parent  # noqa: SLF001 # one of us

    def collect(self, code: ErrorCode, node_id: str, description: str) -> None:
        """Take an error."""
        self.add([CompileError(code, node_id, description)])

    def add(self, errors: Iterable[CompileError]) -> None:
        """Take errors that were found before."""
        for error in errors:
            self.work.spend(1 + len(error.description) // _LINE)
            self._found[error] = None
            self.fail()

    def value_required(self, node_id: str, name: str) -> None:
        """Take what is said most often: that something is left out."""
        self.collect(ErrorCode.VALUE_REQUIRED, node_id, f"Value required [{name}].")

    def parameter_not_bound(self, node_id: str, name: str) -> None:
        """Take that an input or output has no binding."""
        self.collect(ErrorCode.PARAMETER_NOT_BOUND, node_id, f"Parameter not bound [{name}].")

    def variable_name_not_found(self, node_id: str, name: str) -> None:
        """Take that a node has no such variable."""
        text = f"Variable [{name}] not found on node [{node_id}]."
        self.collect(ErrorCode.VARIABLE_NAME_NOT_FOUND, node_id, text)

    def workflow_reference_not_found(self, node_id: str, reference: str) -> None:
        """Take that there is no such launch plan or embedded workflow."""
        self.collect(ErrorCode.WORKFLOW_REFERENCE_NOT_FOUND, node_id, f"Referenced Workflow [{reference}] not found.")

    def task_reference_not_found(self, node_id: str, reference: str) -> None:
        """Take that there is no such task."""
        self.collect(ErrorCode.TASK_REFERENCE_NOT_FOUND, node_id, f"Referenced Task [{reference}] not found.")

    def mismatching_types(self, node_id: str, name: str, given: str, expected: str) -> None:
        """Take that a variable or value is of another type; the types as text."""
        text = f"Variable [{name}] (type [{given}]) doesn't match expected type [{expected}]."
        self.collect(ErrorCode.MISMATCHING_TYPES, node_id, text)

    def cycle_detected(self, path: Sequence[str]) -> None:
        """Take that nodes wait for each other, or workflows run each other, in a circle that a path leads into."""
        text = f"A cycle has been detected while traversing the Workflow [{'>'.join(path)}]."
        self.collect(ErrorCode.CYCLE_DETECTED, START_NODE, text)

    def sorted(self) -> list[CompileError]:
        """Return all errors, each once, as propeller lists them: by code, then by text."""
        return sorted(self._found, key=lambda error: (error.code.value, str(error)))


def collected_text(errors: Sequence[CompileError]) -> str:
    """Return errors as propeller words them, a line each."""
    lines = "".join(f"\tError {index}: {error}\n" for index, error in enumerate(errors))
    return f"Collected Errors: {len(errors)}\n{lines}"
