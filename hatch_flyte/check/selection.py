"""Which rules are asked."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.config.kinds import shown
from hatch_flyte.errors import ConfigError, Problem
from hatch_flyte.rules.catalogue import checked_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hatch_flyte.config import Packaging
    from hatch_flyte.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the rules, by their identifiers."""

    select: Collection[str] = ()
    """None stands for every rule."""
    ignore: Collection[str] = ()
    """Is stronger."""

    def takes(self, rule: Rule) -> bool:
        """Return whether a rule is one of them."""
        return (not self.select or rule.id in self.select) and rule.id not in self.ignore


EVERY_RULE: Final = Selection()


def selected(packaging: Packaging) -> Selection:
    """Return the rules that the configuration wants. Raises `ConfigError` for names that no checked rule has."""
    chosen = Selection(packaging.select_rules, packaging.ignore_rules)
    named = (("select-rules", chosen.select), ("ignore-rules", chosen.ignore))
    problems = [Problem(packaging.places.where(key), problem) for key, names in named for problem in _problems(names)]
    if problems:
        raise ConfigError(
            problems, hint="docs/rules lists the rules; those that only a registry can ask are not meant."
        )
    return chosen


def _problems(names: Collection[str]) -> Iterator[str]:
    known = checked_rules()
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"; did you mean {close[0]}?" if close else ""
            yield f"expected a rule's name (got {shown(name)}{meant})"
