"""Addresses in Flyte's web console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier

KIND_WORDS: Final = {Kind.TASK: "task", Kind.WORKFLOW: "workflow", Kind.LAUNCH_PLAN: "launch_plan"}
"""What each kind is called in a path."""
PATH: Final = "/console"
"""Where the console is at its address; one that is configured may end with it."""


def console_link(target: Target, identifier: Identifier) -> str:
    """Return the address of an entity's page in the target's console; empty where the target has none.

    The form is that of flytekit's `FlyteRemote.generate_console_url`, which `pyflyte register` prints.
    """
    return f"{target.console.removesuffix(PATH)}{entity_path(identifier)}" if target.console else ""


def entity_path(identifier: Identifier) -> str:
    """Return the path of an entity's page, in a cluster's console as at the local registry."""
    kind = KIND_WORDS[identifier.kind]
    place = ("projects", identifier.project, "domains", identifier.domain)
    return path_of(*place, kind, identifier.name, "version", identifier.version)


def path_of(*parts: str) -> str:
    """Return the path of a page of the console, whatever characters its parts have."""
    return "/".join((PATH, *(quote(part, safe="") for part in parts)))
