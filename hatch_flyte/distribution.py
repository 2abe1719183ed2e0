"""A distribution: what wheels, archives and projects have in common, a name and a version."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution, as far as it is known: what is not is empty."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def key(self) -> str:
        """The name as all its spellings have it (PEP 503)."""
        return re.sub(r"[-_.]+", "-", self.name).lower()

    def is_met_by(self, other: Distribution) -> bool:
        """Return whether `other` is this one; whatever is not known of this one, it may have any."""
        if not self.name:
            return True
        return self.key == other.key and (not self.version or _is_same(self.version, other.version))


def _is_same(one: str, other: str) -> bool:
    """Return whether two versions are one: `1.0-rc1` and `1.0rc1` are (PEP 440)."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False
