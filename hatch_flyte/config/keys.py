"""What a key is, where it may stand, and what it is called there. `declaration` lists the keys of this version.

Knows no values.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.kinds import Kind

PREFIX = "HATCH_FLYTE_"


class Place(enum.Flag):
    """Where a key may stand."""

    TOOL = enum.auto()
    """`[tool.hatch-flyte]`"""
    HOOK = enum.auto()
    """The build hook's table."""
    PUBLISH = enum.auto()
    """The publisher's table."""
    USER = enum.auto()
    """`[publish.flyte]` of the user's Hatch configuration."""
    VARIABLE = enum.auto()
    """An environment variable."""
    HATCH_OPTION = enum.auto()
    """`hatch publish -o`"""
    FLAG = enum.auto()
    """An option of `hatch-flyte`."""


TABLES = Place.TOOL | Place.PUBLISH | Place.USER
"""Where what is for publishing may stand."""


class Group(enum.Enum):
    """What a key is for; the value is the field of `Config` that it ends in."""

    PACKAGING = "packaging"
    PUBLISHING = "publishing"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key."""

    name: str
    """As users write it."""
    kind: Kind
    default: Any
    places: Place
    group: Group
    doc: str

    @property
    def homes(self) -> str:
        """The places where it may stand, for people."""
        named = {
            Place.TOOL: "[tool.hatch-flyte]",
            Place.HOOK: "[tool.hatch.build.targets.wheel.hooks.flyte]",
            Place.PUBLISH: "[tool.hatch.publish.flyte]",
            Place.VARIABLE: variable(self.name),
            Place.HATCH_OPTION: f"`-o {self.name}=…`",
            Place.FLAG: f"`--{self.name}`",
        }
        *most, last = (text for place, text in named.items() if place in self.places)
        return f"{', '.join(most)} or {last}" if most else last


def by_name(*keys: Key) -> dict[str, Key]:
    """Return keys by their names."""
    return {key.name: key for key in keys}


def field_name(name: str) -> str:
    """Return a key's name in Python: kebab-case outside, snake_case inside."""
    return name.replace("-", "_")


def variable(name: str) -> str:
    """Return the environment variable for a key."""
    return PREFIX + field_name(name).upper()


def key_of_variable(variable_name: str) -> str:
    """Return the key that an environment variable of ours names."""
    return variable_name[len(PREFIX) :].lower().replace("_", "-")


RESERVED: Mapping[Place, frozenset[str]] = {
    Place.HOOK: frozenset(
        {"dependencies", "require-runtime-dependencies", "require-runtime-features", "enable-by-default"}
    ),
    Place.PUBLISH: frozenset({"disable"}),
    Place.USER: frozenset({"disable"}),
    Place.HATCH_OPTION: frozenset({"no_prompt", "initialize_auth"}),
}
"""Hatch's own keys and options in the same places."""
