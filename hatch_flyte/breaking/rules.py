"""The rules that a change breaks somebody by; each has a page in docs/breaking-changes. What a breaking change is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.entity import Kind


@dataclass(frozen=True, slots=True)
class BreakingRule:
    """A way in which a change breaks those who use an entity."""

    id: str
    """Lower-case words with hyphens, and as stable; a page's name."""
    says: str
    """What is so, in a sentence."""
    fix: str
    """What to do instead."""


ENTITY_REMOVED: Final = BreakingRule(
    "entity-removed",
    "An entity of the release before is not in this one.",
    "Keep it until nobody refers to it, or let the release break it by name.",
)
INPUT_REMOVED: Final = BreakingRule(
    "input-removed",
    "An input that could be given before cannot be given any more.",
    "Keep the input, and do without its value.",
)
INPUT_RENAMED: Final = BreakingRule(
    "input-renamed",
    "An input is gone, and another of the same type has come.",
    "Keep the old name, or take both names for a while.",
)
INPUT_RETYPED: Final = BreakingRule(
    "input-retyped",
    "An input does not take every value that it took before.",
    "Widen the type (`int` to `int | None`), or add an input of another name.",
)
INPUT_REQUIRED: Final = BreakingRule(
    "input-required",
    "An input has to be given that did not have to be given before.",
    "Give it a default.",
)
OUTPUT_REMOVED: Final = BreakingRule(
    "output-removed",
    "An output that could be read before is gone.",
    "Keep the output beside the new ones.",
)
OUTPUT_RETYPED: Final = BreakingRule(
    "output-retyped",
    "An output can have values that its readers did not have to expect.",
    "Add an output of another name.",
)
FIXED_INPUT_CHANGED: Final = BreakingRule(
    "fixed-input-changed",
    "A launch plan with a schedule will run with another value than before.",
    "Give the schedule with the new value a launch plan of its own, or let the release change it by name.",
)

RULES: Final[Mapping[str, BreakingRule]] = {
    rule.id: rule
    for rule in (
        ENTITY_REMOVED,
        INPUT_REMOVED,
        INPUT_RENAMED,
        INPUT_RETYPED,
        INPUT_REQUIRED,
        OUTPUT_REMOVED,
        OUTPUT_RETYPED,
        FIXED_INPUT_CHANGED,
    )
}
"""Every rule by its id."""


@dataclass(frozen=True, slots=True)
class BreakingChange:
    """One change that breaks those who use an entity."""

    rule: BreakingRule
    kind: Kind
    name: str
    """The entity's."""
    message: str
    """What is so now, in words: `input days: integer -> string`. Texts from registries stand in it as they are."""
