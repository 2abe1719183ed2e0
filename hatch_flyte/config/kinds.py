"""Kinds of value: what a key takes, from a TOML table and from a text (a variable, an option).

A kind reports what doesn't fit, all of it, and knows neither which key it reads nor where that stands. `report` takes
the place inside the value (`[1]`, `.gpu`, empty for the value itself) and what was expected and got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

Report = Callable[[str, str], None]
Check = Callable[[str], str]
"""Says what was expected of a string that doesn't fit, and nothing of one that does."""

LONGEST_SHOWN = 80
"""Characters of a wrong value that a message shows."""

TEXTS_FOR_BOOLEANS = {"true": True, "1": True, "yes": True, "": True, "false": False, "0": False, "no": False}
"""What a variable or option says for a boolean; an option without a value (`-o dry-run`) switches it on."""

_TYPE_WORDS = {
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    str: "a string",
    list: "a list",
    tuple: "a list",
}


def shown(value: object) -> str:
    """Return a wrong value for a message: escaped, cut, without a password, and as TOML writes booleans."""
    if isinstance(value, bool):
        return str(value).lower()
    text = re.sub(r"//[^/@]*@", "//…@", repr(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def got(value: object) -> str:
    """Return `got …` for a value of the wrong type. A table's content is not shown: it may hold a secret."""
    if isinstance(value, Mapping):
        return "got a table"
    return f"got {shown(value)}, {_TYPE_WORDS.get(type(value), f'a {type(value).__name__}')}"


class Kind(Protocol):
    """One kind of value."""

    @property
    def word(self) -> str:
        """What the documentation calls it."""
        ...

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the value as it is kept; whatever it returns after a report is not used."""
        ...

    def from_text(self, text: str, report: Report) -> Any:
        """Return the same from a variable or an option."""
        ...


def filled(text: str) -> str:
    """Check that a string is not empty."""
    return "" if text.strip() else "a string that is not empty"


@dataclass(frozen=True, slots=True)
class String:
    """A string that passes a check."""

    check: Check = filled
    word: str = "string"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the string."""
        if not isinstance(value, str):
            report("", f"expected a string ({got(value)})")
            return ""
        return self.from_text(value, report)

    def from_text(self, text: str, report: Report) -> Any:
        """Return the text."""
        if expected := self.check(text):
            report("", f"expected {expected} (got {shown(text)})")
        return text


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    word: ClassVar[str] = "boolean"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the boolean."""
        if not isinstance(value, bool):
            report("", f"expected true or false ({got(value)})")
        return value

    def from_text(self, text: str, report: Report) -> Any:
        """Return what the word says."""
        value = TEXTS_FOR_BOOLEANS.get(text.lower())
        if value is None:
            report("", f"expected true, false, yes, no, 1 or 0 (got {shown(text)})")
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from a lower bound on."""

    least: int
    word: ClassVar[str] = "integer"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the number."""
        if not isinstance(value, int) or isinstance(value, bool):
            report("", f"expected an integer ({got(value)})")
            return self.least
        if value < self.least:
            report("", f"expected an integer from {self.least} on (got {shown(value)})")
        return value

    def from_text(self, text: str, report: Report) -> Any:
        """Return the number that the text says."""
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            report("", f"expected an integer (got {shown(text)})")
            return self.least
        return self.from_toml(int(text), report)


@dataclass(frozen=True, slots=True)
class Strings:
    """A list of strings, each of which passes a check; in a text separated by commas."""

    check: Check = filled
    word: ClassVar[str] = "list of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the strings as a tuple."""
        if not isinstance(value, list | tuple):
            report("", f"expected a list of strings ({got(value)})")
            return ()
        item = String(self.check)
        return tuple(item.from_toml(one, _inside(report, f"[{index}]")) for index, one in enumerate(value))

    def from_text(self, text: str, report: Report) -> Any:
        """Return the parts as a tuple."""
        return self.from_toml([part.strip() for part in text.split(",")], report)


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments: a list, or one string that is the program (it is not split at blanks)."""

    word: ClassVar[str] = "string or list of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the command as a tuple."""
        if isinstance(value, str):
            return self.from_text(value, report)
        if not isinstance(value, list) or not value:
            report("", f"expected a string or a list of strings ({got(value)})")
            return ()
        return Strings().from_toml(value, report)

    def from_text(self, text: str, report: Report) -> Any:
        """Return the program alone."""
        return (String().from_text(text, report),)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of strings under names of the user's choice; in a text NAME=VALUE, separated by commas."""

    item: String
    check_name: Check
    word: ClassVar[str] = "table of strings"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return the strings by name."""
        return {
            name: self.item.from_toml(one, _inside(report, f".{quoted(name)}"))
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
            inside = _inside(report, f".{quoted(group)}")
            if group not in self.groups:
                inside("", f"expected one of {', '.join(self.groups)} (got {shown(group)})")
            elif not isinstance(table, Mapping):
                inside("", f"expected a table ({got(table)})")
            else:
                result |= {f"{group}.{name}": self._quantity(name, one, inside) for name, one in table.items()}
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


def quoted(name: str) -> str:
    """Return one part of a dotted key as TOML writes it."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return name
    import json

    return json.dumps(name, ensure_ascii=False)


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


def _inside(report: Report, place: str) -> Report:
    return lambda deeper, what: report(place + deeper, what)


def choice(*words: str) -> String:
    """Return the kind for one of a few words."""
    listed = " or ".join(f'"{word}"' for word in words)
    return String(lambda text: "" if text in words else listed, word=listed)
