"""The small pictures that stand for kinds of nodes, and the colours that go with them.

Each is a path in a square of 16 by 16, drawn with a stroke. Colour is never all that tells kinds apart: every box says
its kind in a word too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hatch_flyte.graph.model import NodeKind

_CIRCLE: Final = "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12z"


@dataclass(frozen=True, slots=True)
class Icon:
    """How a kind of node is marked."""

    accent: str
    """The class of its colours, one of the stylesheet's."""
    path: str


ICONS: Final[dict[NodeKind, Icon]] = {
    NodeKind.TASK: Icon("task", "M5 4.5L2 8L5 11.5M11 4.5L14 8L11 11.5M9.2 3.2L6.8 12.8"),
    NodeKind.WORKFLOW: Icon("workflow", "M2 2.5h4.5V7H2zM9.5 9H14v4.5H9.5zM4.2 7v4.2h5.3"),
    NodeKind.LAUNCH_PLAN: Icon("plan", "M4.5 2.8L13 8L4.5 13.2z"),
    NodeKind.CONDITION: Icon("choice", "M8 1.6L14.4 8L8 14.4L1.6 8z"),
    NodeKind.APPROVAL: Icon("gate", f"{_CIRCLE}M5.3 8.2l1.9 1.9l3.6-3.9"),
    NodeKind.INPUT: Icon("gate", "M8 2v7.5M5 6.7l3 3l3-3M2.3 9.5v4.2h11.4V9.5"),
    NodeKind.SLEEP: Icon("gate", f"{_CIRCLE}M8 4.6V8l2.5 1.7"),
    NodeKind.ERROR: Icon("bad", "M8 2L14.6 13.6H1.4zM8 6.4v3.4M8 11.6v.1"),
    NodeKind.OTHER: Icon("task", "M3 3h10v10H3z"),
}
FAILURE: Final = Icon("bad", ICONS[NodeKind.ERROR].path)
"""The node that runs when its workflow fails, whatever it runs."""
