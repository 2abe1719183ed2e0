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
        return tuple(item.from_toml(one, inside(report, f"[{index}]")) for index, one in enumerate(value))

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


def quoted(name: str) -> str:
    """Return one part of a dotted key as TOML writes it."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return name
    import json

    return json.dumps(name, ensure_ascii=False)


def inside(report: Report, place: str) -> Report:
    """Return `report` for what stands at `place` inside of a value."""
    return lambda deeper, what: report(place + deeper, what)


def choice(*words: str) -> String:
    """Return the kind for one of a few words."""
    listed = " or ".join(f'"{word}"' for word in words)
    return String(lambda text: "" if text in words else listed, word=listed)
