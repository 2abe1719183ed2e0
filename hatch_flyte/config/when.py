"""The key `when`: rules that choose domain and project by branch or tag.

Knows neither git nor CI: facts are asked for through functions, and only where a cluster has rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from hatch_flyte.config.checks import path_part_expectation
from hatch_flyte.config.kinds import String, got, inside, quoted, shown
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.config.kinds import Report

_REFERENCES: Final = ("branch", "tag")
_RESULTS: Final = ("domain", "project")
_EXAMPLE: Final = '{ branch = "main", domain = "production" }'


class BranchFacts(Protocol):
    """What rules may ask of the checkout. Each may raise `ConfigError`: then nobody knows."""

    def branch(self) -> str:
        """Return the branch that is built."""
        ...

    def tag(self) -> str:
        """Return the tag that is built; empty if it is a branch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A glob for a branch or for a tag, and what counts if it fits; empty: not said."""

    branch: str = ""
    tag: str = ""
    domain: str = ""
    project: str = ""

    def fits(self, seen: Seen) -> bool:
        """Return whether branch or tag match. Case counts, and `*` matches `/` too."""
        known, glob = (seen.branch, self.branch) if self.branch else (seen.tag, self.tag)
        return bool(known) and fnmatchcase(known, glob)

    def __str__(self) -> str:
        return f"branch {self.branch!r}" if self.branch else f"tag {self.tag!r}"


@dataclass(frozen=True, slots=True)
class Seen:
    """The branch and the tag that are built; empty where there is none, or nobody knows."""

    branch: str
    tag: str
    why: str = ""
    """Why the branch is not known."""

    @classmethod
    def of(cls, facts: BranchFacts) -> Seen:
        """Ask for both. A tag's build may have no branch."""
        tag, why = _asked(facts.tag)
        branch, unknown = _asked(facts.branch)
        return cls(branch, tag, unknown or why)

    def __str__(self) -> str:
        branch = f"branch {self.branch!r}" if self.branch else f"an unknown branch ({self.why})"
        return f"tag {self.tag!r}" if self.tag and not self.branch else f"{branch}, {self._tag}"

    @property
    def _tag(self) -> str:
        return f"tag {self.tag!r}" if self.tag else "no tag"


def _asked(fact: Any) -> tuple[str, str]:
    try:
        return fact(), ""
    except ConfigError as problem:
        return "", "; ".join(one.what for one in problem.problems)


def first_fit(rules: Sequence[Rule], seen: Seen) -> Rule | None:
    """Return the first rule that fits, or None."""
    return next((rule for rule in rules if rule.fits(seen)), None)


@dataclass(frozen=True, slots=True)
class WhenRules:
    """A list of tables, each with `branch` or `tag`, and with `domain`, `project` or both."""

    word: ClassVar[str] = "list of tables"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the tables as a tuple."""
        if not isinstance(value, list):
            report("", f"expected a list of tables such as {_EXAMPLE} ({got(value)})")
            return ()
        return tuple(_rule(one, inside(report, f"[{index}]")) for index, one in enumerate(value))

    def from_text(self, text: str, report: Report) -> Any:
        """Return nothing: rules cannot be said in a text."""
        report("", f"expected a list of tables ({got(text)})")
        return ()


def _rule(table: object, report: Report) -> dict[str, str]:
    if not isinstance(table, Mapping):
        report("", f"expected a table such as {_EXAMPLE} ({got(table)})")
        return {}
    for name in table.keys() - {*_REFERENCES, *_RESULTS}:
        report(f".{quoted(name)}", f"unknown key of a rule (known: {', '.join((*_REFERENCES, *_RESULTS))})")
    asked = [name for name in _REFERENCES if name in table]
    if len(asked) != 1:
        report("", f"expected `branch` or `tag` (got {shown(asked) if asked else 'none'})")
    if not any(name in table for name in _RESULTS):
        report("", "expected `domain` or `project`, for where it fits (got none)")
    result = {}
    for name in (*_REFERENCES, *_RESULTS):
        if name in table:
            kind = String(path_part_expectation) if name in _RESULTS else String()
            result[name] = kind.from_toml(table[name], inside(report, f".{name}"))
    return result
