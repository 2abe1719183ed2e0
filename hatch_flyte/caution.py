"""What is not wrong enough to end the work, and is said anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning, in the form of an error: **where: what (got what)**, and a hint that says what to do."""

    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


def joined(cautions: Sequence[Caution], *more_hints: str) -> Caution:
    """Return one with all messages, a line each, and every hint once; `more_hints` come last."""
    hints = dict.fromkeys([*filter(None, (caution.hint for caution in cautions)), *more_hints])
    return Caution("\n".join(caution.message for caution in cautions), "\n".join(hints))
