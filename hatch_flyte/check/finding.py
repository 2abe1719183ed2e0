"""What a check finds: a broken rule, and where in the user's source it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.rules.rule import Severity

if TYPE_CHECKING:
    from hatch_flyte.entity import Kind
    from hatch_flyte.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule."""

    rule: Rule
    kind: Kind
    name: str
    """The entity's."""
    message: str
    """What is so instead of what the rule says; may have several lines."""
    node: str = ""
    """The workflow's node, as the compiler names it."""
    module: str = ""
    """Dotted module that defines the entity; empty where the archive doesn't say it."""
    file: str = ""
    """Path of that module in the wheel, with `/`."""
    line: int = 0
    """Line of the definition, from 1."""

    @property
    def is_error(self) -> bool:
        """Whether a control plane would refuse the entity."""
        return self.rule.severity is Severity.ERROR

    @property
    def place(self) -> str:
        """Where the entity was defined, `acme/jobs.py:7`; empty where the archive doesn't say it."""
        if not self.file:
            return ""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def subject(self) -> str:
        """What it is about: the entity, and the node in it."""
        return f"{self.kind.value} `{self.name}`{f', node {self.node}' if self.node else ''}"

    def text(self, more: int = 0) -> str:
        """Return it in the form of an error, **where: what**, with the rule; it was found `more` times besides."""
        place = f"{self.place}: " if self.place else ""
        others = f" and {more} more" if more else ""
        return f"{place}{self.subject}{others}: {self.message} ({self.rule.id})"
