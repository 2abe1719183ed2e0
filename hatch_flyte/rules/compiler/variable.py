"""How a promise names the output that it is of: propeller's `typing/variable.go`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_VARIABLE: Final = re.compile(r"(?:\[(\d+)\]\.)?(\w+)", re.ASCII)
_MAX_POSITION: Final = (1 << 63) - 1
_MAX_DIGITS: Final = 4300
"""Longer numbers Python doesn't read."""


class Variable(NamedTuple):
    """An output, or an element of one that is a list."""

    name: str
    position: int | None = None
    """Which element; None for the whole."""


def parse_variable(text: str) -> Variable | None:
    """Return what `name` or `[3].name` means (`ParseVarName`); None if there is not one name in it, but none or more.

    Names are of letters, digits and underscores; whatever else surrounds the one name is not looked at.
    """
    matches = list(_VARIABLE.finditer(text))
    if len(matches) != 1:
        return None
    digits, name = matches[0].groups()
    if digits is None:
        return Variable(name)
    position = int(digits) if len(digits) < _MAX_DIGITS else _MAX_POSITION + 1
    return Variable(name, position) if position <= _MAX_POSITION else None
