"""The key `activate`: which launch plans of a release become active. A mode, or names of launch plans.

Knows no launch plans: whether one of that name is there is found when publishing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hatch_flyte.config.kinds import Strings, got, shown
from hatch_flyte.config.target import Activation

if TYPE_CHECKING:
    from hatch_flyte.config.kinds import Report

MODES: Final = {
    "none": Activation("none"),
    "declared": Activation("declared"),
    "scheduled": Activation("scheduled"),
}
_MODES_LISTED: Final = ", ".join(f'"{mode}"' for mode in MODES)


@dataclass(frozen=True, slots=True)
class Activate:
    """A mode, or a list of names; in a text the mode, or names separated by commas. Kept as a tuple of texts."""

    word: ClassVar[str] = f"{_MODES_LISTED} or list of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the mode alone, or the names."""
        if isinstance(value, str):
            if value not in MODES:
                report("", f"expected {_MODES_LISTED}, or a list of launch plans' names (got {shown(value)})")
            return (value,)
        if not isinstance(value, list) or not value:
            report("", f"expected {_MODES_LISTED}, or a list of launch plans' names ({got(value)})")
            return ()
        return self._names(Strings().from_toml(value, report), report)

    def from_text(self, text: str, report: Report) -> Any:
        """Return what stands between the commas."""
        return self._names(Strings().from_text(text, report), report)

    def _names(self, names: tuple[str, ...], report: Report) -> tuple[str, ...]:
        """Return `names`, each once."""
        once = tuple(dict.fromkeys(names))
        if len(once) > 1 and (modes := [name for name in once if name in MODES]):
            report("", f"expected {' or '.join(map(repr, modes))} alone, or names only (got {shown(list(once))})")
        return once


def activation_of(said: tuple[str, ...]) -> Activation:
    """Return what a setting says, kept as `Activate` has it; nothing is activated where it is empty."""
    if not said:
        return MODES["none"]
    return MODES.get(said[0]) or Activation("named", said)
