"""Names for what Flyte's control plane knows: kinds of entities and their identifiers.

Knows nothing of protobuf, archives or registries.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """A kind of entity; the value is the word that messages and JSON use."""

    TASK = "task"
    WORKFLOW = "workflow"
    LAUNCH_PLAN = "launch plan"

    @property
    def suffix(self) -> int:
        """The digit before `.pb` in a member name, as flytectl reads it: 1 task, 2 workflow, 3 launch plan."""
        return {Kind.TASK: 1, Kind.WORKFLOW: 2, Kind.LAUNCH_PLAN: 3}[self]

    @classmethod
    def from_suffix(cls, digit: int) -> Kind:
        """Return the kind for a member's digit; `KeyError` for any other."""
        return {kind.suffix: kind for kind in cls}[digit]


@dataclass(frozen=True, slots=True)
class Identifier:
    """What Flyte calls an identifier: a kind and four strings. `org` is not part of it: Flyte drops it on storing."""

    kind: Kind
    project: str
    domain: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name} {self.version} in {self.project}/{self.domain}"
