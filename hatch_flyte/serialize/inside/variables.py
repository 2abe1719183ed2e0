"""Environment variables that the wheel's modules read: what they say must not end up in a protobuf unnoticed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.serialize.inside.place import Workplace

_SHORTEST = 6
"""Characters of a value from which it is looked for: shorter ones are in every protobuf by chance."""

_PLUMBING = ("/os.py", "/_collections_abc.py", "<frozen os>", "<frozen _collections_abc>")


class Variables:
    """Remembers which variables were read by the wheel's own code, and where."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._read: dict[str, tuple[str, str, int]] = {}
        seen = self._seen

        class Watched(type(os.environ)):  # type: ignore[misc] # a class without a public name
            def __getitem__(self, name: Any) -> Any:
                value = super().__getitem__(name)
                seen(name, value)
                return value

        os.environ.__class__ = Watched

    def _seen(self, name: Any, value: Any) -> None:
        frame = sys._getframe(2)  # noqa: SLF001 # the caller's caller
        while frame.f_code.co_filename.endswith(_PLUMBING) and frame.f_back:
            frame = frame.f_back
        if file := self._place.relative(frame.f_code.co_filename):
            self._read[str(name)] = (str(value), file, frame.f_lineno)

    def found_in(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Give the variables whose values are in `data`: name, and where it was read."""
        for name, (value, file, line) in self._read.items():
            if len(value) >= _SHORTEST and value.encode(errors="surrogateescape") in data:
                yield {"variable": name, "file": file, "line": line}
