"""What a rule is. `catalogue` has them all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """What comes of breaking a rule; the value is the word that is shown."""

    ERROR = "error"
    """A control plane refuses it."""
    WARNING = "warning"
    """A control plane takes it, and it is hardly what was meant."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str
    """Lower-case words with hyphens, and as stable: what findings are selected and ignored by, a page's name."""
    source: str
    """File and function in flyteadmin or flytepropeller 1.16.8; of ours, where it is from."""
    says: str
    """What has to be so, in a sentence."""
    fix: str = ""
    """What to do where it is not so, for who wrote the entity; empty for rules that an archive can't break."""
    severity: Severity = Severity.ERROR

    @property
    def is_checked(self) -> bool:
        """Whether `check` can find that an archive breaks it."""
        return bool(self.fix)


@dataclass(frozen=True, slots=True)
class Breach:
    """What breaks a rule."""

    rule: Rule
    message: str
    """What is so instead; of a control plane's rule in its words."""
    node: str = ""
    """Node of the workflow, as the compiler names it; empty where it is no node's."""
