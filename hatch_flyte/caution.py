"""What is not wrong enough to end the work, and is said anyway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning, in the form of an error: **where: what (got what)**, and a hint that says what to do."""

    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message
