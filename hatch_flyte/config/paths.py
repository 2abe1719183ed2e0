"""Paths in a cluster's table: what `~`, variables and relative ones stand for. Reads no file."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.values import Setting

_HOME = "USERPROFILE" if sys.platform == "win32" else "HOME"
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What paths count from."""

    root: Path
    """The project's folder."""
    environ: Mapping[str, str] = field(repr=False)

    def path(self, setting: Setting) -> Path:
        """Return the path that a setting says.

        `~`, `$NAME` and `${NAME}` are filled in from the environment; what is relative then counts from the folder of
        the file that the setting comes from. Raises `ValueError` that says what was expected.
        """
        text = str(setting.value)
        if text == "~" or text.startswith(("~/", "~\\")):
            text = f"${{{_HOME}}}{text[1:]}"
        return Path(self.root, setting.folder, _VARIABLE.sub(self._value, text))

    def _value(self, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not (value := self.environ.get(name)):
            raise ValueError(f"expected the variable {name} to be set (got none)")
        return value
