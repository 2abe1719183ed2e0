"""Addresses in Flyte's web console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier

_TYPES: Final = {Kind.TASK: "task", Kind.WORKFLOW: "workflow", Kind.LAUNCH_PLAN: "launch_plan"}
_PATH: Final = "/console"
"""Where the console is at its address; one that is configured may end with it."""


def console_link(target: Target, identifier: Identifier) -> str:
    """Return the address of an entity's page in the target's console; empty where the target has none.

    The form is that of flytekit's `FlyteRemote.generate_console_url`, which `pyflyte register` prints.
    """
    if not target.console:
        return ""
    parts = [
        *("projects", identifier.project, "domains", identifier.domain),
        *(_TYPES[identifier.kind], identifier.name, "version", identifier.version),
    ]
    path = "/".join(quote(part, safe="") for part in parts)
    return f"{target.console.removesuffix(_PATH)}{_PATH}/{path}"
