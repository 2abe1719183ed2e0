"""One case of the table of faults: what happens, and the end that a publish must come to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.support_trial import Conditions

if TYPE_CHECKING:
    from faults.support_fault_plan import Fault

CREATES = ("CreateTask", "CreateWorkflow", "CreateLaunchPlan")
CLEAN, TROUBLED, ANY = 1.05, 1.3, math.inf
"""How many writes may be sent for each that is needed."""


UNDISTURBED = Conditions()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A trial, and how it has to end."""

    row: str
    """The row of the table."""
    name: str = ""
    """Which case of its row."""
    conditions: Conditions = UNDISTURBED
    code: int = 0
    says: str = ""
    """What its text has to match."""
    writes: float = ANY
    """For each that is needed, at most."""
    size: int = 4
    long: bool = False

    @property
    def label(self) -> str:
        """How pytest names it."""
        return f"{self.row}: {self.name}" if self.name else self.row


def held(*faults: Fault, **more: object) -> Conditions:
    """Return conditions of these faults."""
    return Conditions(faults=faults, **more)  # type: ignore[arg-type] # the test's
