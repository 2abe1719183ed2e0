"""Kinds of table, as values of one key; `kinds` has the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hatch_flyte.config.kinds import Strings, got, inside, quoted, shown

if TYPE_CHECKING:
    from hatch_flyte.config.kinds import Check, Report, String


@dataclass(frozen=True, slots=True)
class Table:
    """A table of strings under names of the user's choice; in a text NAME=VALUE, separated by commas."""

    item: String
    check_name: Check
    word: ClassVar[str] = "table of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the strings by name."""
        return {
            name: self.item.from_toml(one, inside(report, f".{quoted(name)}"))
            for name, one in _named(value, self.check_name, report).items()
        }

    def from_text(self, text: str, report: Report) -> Any:
        """Return the values by name."""
        parts = [part.partition("=") for part in text.split(",")]
        if not all(sign for _, sign, _ in parts):
            report("", f"expected NAME=VALUE, separated by commas (got {shown(text)})")
            return {}
        return self.from_toml({name.strip(): value.strip() for name, _, value in parts}, report)


@dataclass(frozen=True, slots=True)
class Lists:
    """A table of lists of strings under names of the user's choice, none of them empty; a text cannot say it."""

    check: Check
    check_name: Check
    word: ClassVar[str] = "table of lists"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the lists by name, as tuples."""
        result = {}
        for name, listed in _named(value, self.check_name, report).items():
            here = inside(report, f".{quoted(name)}")
            if listed == []:
                here("", "expected a list that is not empty (got [])")
            result[name] = Strings(self.check).from_toml(listed, here)
        return result

    def from_text(self, text: str, report: Report) -> Any:
        """Return nothing."""
        report("", f"expected a table ({got(text)})")
        return {}


@dataclass(frozen=True, slots=True)
class Quantities:
    """Tables of quantities (`requests.cpu`), each a string or a number; in a text GROUP.NAME=VALUE with commas."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    word: ClassVar[str] = "tables of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the quantities by dotted name, as strings."""
        if not isinstance(value, Mapping):
            report("", f"expected a table ({got(value)})")
            return {}
        result: dict[str, str] = {}
        for group, table in value.items():
            here = inside(report, f".{quoted(group)}")
            if group not in self.groups:
                here("", f"expected one of {', '.join(self.groups)} (got {shown(group)})")
            elif not isinstance(table, Mapping):
                here("", f"expected a table ({got(table)})")
            else:
                result |= {f"{group}.{name}": self._quantity(name, one, here) for name, one in table.items()}
        return result

    def _quantity(self, name: str, value: object, report: Report) -> str:
        if name not in self.names:
            report(f".{quoted(name)}", f"expected one of {', '.join(self.names)} (got {shown(name)})")
        # A quantity of Kubernetes: `500m`, `2`, `1.5`, `4Gi`.
        text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            report(f".{quoted(name)}", f"expected a quantity ({got(value)})")
        elif not re.fullmatch(r"[0-9]+(\.[0-9]+)?([numkKMGTPE]|[KMGTPE]i)?", text):
            report(f".{quoted(name)}", f"expected a quantity such as 500m, 2 or 4Gi (got {shown(value)})")
        return str(text)

    def from_text(self, text: str, report: Report) -> Any:
        """Return the quantities by dotted name."""
        tables: dict[str, dict[str, str]] = {}
        for part in text.split(","):
            name, sign, value = part.strip().partition("=")
            group, dot, inner = name.partition(".")
            if not sign or not dot:
                report("", f"expected GROUP.NAME=VALUE, separated by commas (got {shown(text)})")
                return {}
            tables.setdefault(group, {})[inner] = value
        return self.from_toml(tables, report)


@dataclass(frozen=True, slots=True)
class Tables:
    """A table of tables under names of the user's choice, each with declared keys; a text cannot say it."""

    check_name: Check
    keys: Callable[[], Mapping[str, Any]]
    """Gives the declared keys of such a table; a function, since kinds stand below keys."""
    word: ClassVar[str] = "tables"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the tables by name."""
        tables = _named(value, self.check_name, report)
        for name, table in tables.items():
            if not isinstance(table, Mapping):
                report(f".{quoted(name)}", f"expected a table ({got(table)})")
        return {name: table for name, table in tables.items() if isinstance(table, Mapping)}

    def from_text(self, text: str, report: Report) -> Any:
        """Return nothing."""
        report("", f"expected a table ({got(text)})")
        return {}


def _named(value: object, check_name: Check, report: Report) -> dict[str, Any]:
    """Return the entries of a table that have a fitting name."""
    if not isinstance(value, Mapping):
        report("", f"expected a table ({got(value)})")
        return {}
    result = {}
    for name, one in value.items():
        if expected := check_name(name):
            report(f".{quoted(name)}", f"expected {expected} (got {shown(name)})")
        else:
            result[name] = one
    return result
