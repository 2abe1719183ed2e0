"""Walking a graph: a circle in it, or all that can be reached. propeller's `utils.go:detectCycle`, in linear time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Name = TypeVar("Name", bound=Hashable)


def detect_cycle(start: Name, neighbors: Callable[[Name], Iterable[Name]]) -> tuple[list[Name], list[Name]]:
    """Return the path from `start` into the first circle found, and all that was left behind on the way.

    The path ends with the name that it has had before. Without a circle it is empty, and all that can be reached was
    left behind, each after what it leads to. Each name is visited once.
    """
    path, waiting = [start], [iter(neighbors(start))]
    reached, on_path, left = {start}, {start}, list[Name]()
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            left.append(path.pop())
            on_path.discard(left[-1])
        elif following in on_path:
            return [*path, following], left
        elif following not in reached:
            reached.add(following)
            on_path.add(following)
            path.append(following)
            waiting.append(iter(neighbors(following)))
    return [], left
