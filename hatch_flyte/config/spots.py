"""Spots: one table, the environment or the options of one call, and how messages name a key there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hatch_flyte.config.keys import Place, variable

_OPTION_WORDS = {Place.HATCH_OPTION: "-o ", Place.FLAG: "--"}


class Spot(Protocol):
    """Where values stand."""

    @property
    def place(self) -> Place:
        """Which of the places it is."""
        ...

    def where(self, key: str) -> str:
        """Return a key's full name, as the user wrote it."""
        ...

    def source(self, key: str) -> str:
        """Return where a key's value comes from, for people."""
        ...


@dataclass(frozen=True, slots=True)
class TableSpot:
    """A table in a TOML file."""

    place: Place
    table: str
    """Its dotted name in the file: `tool.hatch-flyte`."""
    file: str = "pyproject.toml"
    folder: str = ""
    """Folder that relative paths in it count from; empty: the project's."""

    def where(self, key: str) -> str:
        """Return `tool.hatch-flyte.KEY`; with the file, unless it is pyproject.toml."""
        dotted = f"{self.table}.{key}" if key else self.table
        return dotted if self.file == "pyproject.toml" else f"{dotted} in {self.file}"

    def source(self, key: str) -> str:  # noqa: ARG002 # the same for all its keys
        """Return the file and the table."""
        return f"{self.file} [{self.table}]"


@dataclass(frozen=True, slots=True)
class VariableSpot:
    """The environment."""

    place: Place = Place.VARIABLE

    def where(self, key: str) -> str:
        """Return the variable."""
        name, _, inside = key.partition(".")
        return variable(name) + (f".{inside}" if inside else "")

    def source(self, key: str) -> str:
        """Return the variable, as such."""
        return f"environment variable {variable(key.partition('.')[0])}"


@dataclass(frozen=True, slots=True)
class OptionSpot:
    """The options of one call: `-o` of `hatch publish`, or those of `hatch-flyte`."""

    place: Place

    def where(self, key: str) -> str:
        """Return the option."""
        return _OPTION_WORDS[self.place] + key

    def source(self, key: str) -> str:
        """Return the option, as such."""
        return f"option {self.where(key.partition('.')[0])}"
