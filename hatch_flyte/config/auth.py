"""How a cluster is shown who publishes: the key `auth`. Holds where a token comes from, never the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hatch_flyte.config.checks import variable_expectation
from hatch_flyte.config.kinds import Command, String, got, inside, quoted, shown

if TYPE_CHECKING:
    from hatch_flyte.config.kinds import Report

_SOURCES: Mapping[str, str] = {"token": "env", "command": "command"}
"""The key that says where the token comes from, by type."""


@dataclass(frozen=True, slots=True)
class Auth:
    """Where a bearer token comes from."""

    type: Literal["token", "command"]
    source: tuple[str, ...]
    """The name of an environment variable, or a program and its arguments."""

    @classmethod
    def of(cls, setting: tuple[str, ...]) -> Auth | None:
        """Return what a setting says, kept as type and source in one; None for none."""
        if not setting or setting[0] == "none":
            return None
        return cls("token" if setting[0] == "token" else "command", setting[1:])


@dataclass(frozen=True, slots=True)
class AuthTable:
    """A table with `type` and where the token comes from. A wrong value that may be a secret is not shown."""

    word: ClassVar[str] = "table"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return type and source as one tuple of strings."""
        if not isinstance(value, Mapping):
            report("", 'expected a table such as { type = "token", env = "FLYTE_TOKEN" }')
            return ()
        kind = value.get("type")
        if kind == "none":
            _refuse_others(value, {"type"}, kind, report)
            return ("none",)
        if not isinstance(kind, str) or kind not in _SOURCES:
            types = " or ".join(f'"{one}"' for one in (*_SOURCES, "none"))
            report(".type", f"expected {types} (got {'none' if kind is None else shown(kind)})")
            return ()
        source = _SOURCES[kind]
        _refuse_others(value, {"type", source}, kind, report)
        if source not in value:
            report(f".{source}", f"expected {'a variable' if kind == 'token' else 'a command'} (got none)")
            return ()
        return kind, *_source(kind, value[source], inside(report, f".{source}"))

    def from_text(self, text: str, report: Report) -> Any:
        """Return nothing: a table cannot be said in a text."""
        report("", f"expected a table ({got(text)})")
        return ()


def _refuse_others(table: Mapping[str, object], known: set[str], kind: str, report: Report) -> None:
    for name in table.keys() - known:
        listed = ", ".join(sorted(known, reverse=True))
        report(f".{quoted(name)}", f"unknown key of `auth` with type {kind} (known: {listed})")


def _source(kind: str, value: object, report: Report) -> tuple[str, ...]:
    if kind == "command":
        return tuple(Command().from_toml(value, report))
    # What is no name may be the token itself, put there by mistake: it is not shown.
    if not isinstance(value, str) or variable_expectation(value):
        report("", "expected the name of an environment variable (got something else, which is not shown)")
        return ()
    return (String(variable_expectation).from_toml(value, report),)
