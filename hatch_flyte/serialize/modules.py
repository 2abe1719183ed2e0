"""Which modules of a wheel are imported: by dotted names and globs, a name with those below it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from hatch_flyte.errors import SerializeError
from hatch_flyte.serialize.inside.patterns import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_flyte.wheel import Wheel

_SHOWN = 20


def select_modules(wheel: Wheel, wanted: Sequence[str], excluded: Sequence[str] = ()) -> list[str]:
    """Return the wheel's modules that `wanted` means (all, if it is empty) and `excluded` does not, sorted.

    Raises `SerializeError` for a wheel without modules.
    """
    if not wheel.modules:
        raise SerializeError(f"{wheel.path.name}: expected a wheel with Python modules (got none)")
    return [
        module
        for module in wheel.modules
        if (not wanted or fits_any(module, wanted)) and not fits_any(module, excluded)
    ]


def check_patterns(where: str, patterns: Sequence[str], wheel: Wheel) -> None:
    """Raise `SerializeError` for one of the patterns, said at `where`, that means no module of the wheel."""
    for pattern in patterns:
        if not any(fits(module, pattern) for module in wheel.modules):
            raise SerializeError(
                f"{where}: expected modules that the wheel ships (got `{pattern}`)",
                hint=_instead(pattern, wheel),
            )


def fits_any(module: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns means the module."""
    return any(fits(module, pattern) for pattern in patterns)


def listed(names: Sequence[str]) -> str:
    """Return names for a message, the first twenty of them."""
    more = len(names) - _SHOWN
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _instead(pattern: str, wheel: Wheel) -> str:
    if pattern.rpartition(".")[2] == "__main__":
        return "A `__main__` is never imported: that would run it."
    near = difflib.get_close_matches(pattern, wheel.modules, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"It ships {listed(wheel.modules)}."
