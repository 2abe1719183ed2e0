"""What was written a moment ago, or is said to be there: for that long a NOT_FOUND is no proof that it is not.

Source: flyteadmin writes a workflow's description before the workflow, outside of its transaction. So it answers a
second client ALREADY_EXISTS for a workflow that reads and launch plans don't find yet.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hatch_flyte.entity import Identifier


class Settling:
    """Identifiers, each for `seconds` from when it was added last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._added: dict[Identifier, float] = {}

    def add(self, identifier: Identifier | None) -> None:
        """Take note of what a registry said it has; nothing of None."""
        if identifier:
            self._added[identifier] = time.monotonic()

    def has(self, *identifiers: Identifier | None) -> bool:
        """Return whether any of them was added within these seconds."""
        since = time.monotonic() - self._seconds
        return any(self._added.get(one, since) > since for one in identifiers if one)
