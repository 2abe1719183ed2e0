"""Events of a publish as words and as JSON values; docs/cli.md names the keys.

What registries say is untrusted text: the words are printable, and JSON escapes the rest. Neither has a secret or a
signed address in it: events have none, but for their target's, which is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.events import (
    Activating,
    ArchiveDone,
    EntityDone,
    LaunchPlanMoved,
    Looking,
    PlanMade,
    Registering,
    Stopping,
    Uploading,
)
from hatch_flyte.plan_text import plan_json
from hatch_flyte.report_text import Published, moved_json, outcome_json, report_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_flyte.events import Event

NAMES: Final = {
    Looking: "looking",
    PlanMade: "plan",
    Uploading: "uploading",
    Registering: "registering",
    EntityDone: "entity",
    Activating: "activating",
    LaunchPlanMoved: "moved",
    Stopping: "stopping",
    ArchiveDone: "done",
}
"""What `event` says, by class."""

STOPPING: Final = "stopping: what is in flight is awaited (Ctrl-C again cuts it off)"


def step_words(event: Event) -> str:
    """Return what a cluster is at since an event, in a few words; empty where it is at what it was before."""
    if isinstance(event, Uploading):
        return "uploading the bundle"
    if isinstance(event, Activating):
        return "activating" if event.activations else "deactivating"
    if isinstance(event, Stopping):
        return STOPPING
    return NAMES[type(event)] if isinstance(event, Looking | Registering) else ""


def event_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON values: `event`, `cluster`, `project`, `domain`, and what it has besides."""
    target = event.target
    head = {
        "event": NAMES[type(event)],
        "cluster": target.cluster,
        "project": target.project,
        "domain": target.domain,
    }
    details = _DETAILS.get(type(event))
    return {**head, **(details(event) if details else {})}


_DETAILS: Final[dict[type[Event], Callable[[Any], dict[str, Any]]]] = {
    PlanMade: lambda event: {"plan": plan_json(event.plan)},
    Uploading: lambda event: {"bundle": event.bundle.url},
    Registering: lambda event: {"count": event.count},
    EntityDone: lambda event: {"outcome": outcome_json(event.target, event.outcome)},
    Activating: lambda event: {"activations": event.activations, "deactivations": event.deactivations},
    LaunchPlanMoved: lambda event: {"moved": moved_json(event.moved)},
    ArchiveDone: lambda event: {"report": report_json(Published(event.archive, event.report))},
}
