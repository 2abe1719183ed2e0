"""flytekit's registry of entities, which also remembers where each was made; and what is known of an entity."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.traces import IMPORTING

if TYPE_CHECKING:
    from hatch_flyte.serialize.inside.place import Workplace

KINDS = {
    "flyteidl.admin.TaskSpec": "task",
    "flyteidl.admin.WorkflowSpec": "workflow",
    "flyteidl.admin.LaunchPlan": "launch plan",
}
"""Kinds by the full names of their messages."""


class Entities(list):  # type: ignore[type-arg] # generic at run time from Python 3.9 on, but flytekit's has no type
    """flytekit's registry of entities, which also remembers where each was made."""

    def __init__(self, entities: list[Any], place: Workplace) -> None:
        super().__init__(entities)
        self._place = place
        self._calls: dict[int, tuple[str, int]] = {}

    def append(self, entity: Any) -> None:
        """Add an entity that is being made."""
        self._calls[id(entity)] = self._call()
        super().append(entity)

    def _call(self) -> tuple[str, int]:
        frame = inspect.currentframe()
        while frame := frame and frame.f_back:
            if file := self._place.relative(frame.f_code.co_filename):
                return file, frame.f_lineno
            if frame.f_code.co_filename.startswith(IMPORTING):
                break  # a library's own module makes it, while one of the wheel's imports that
        return "", 0

    def source(self, entity: Any) -> dict[str, Any]:
        """Return module, file (relative, empty outside of the wheel) and line of what the entity was made from."""
        maker = _function(entity)
        code = getattr(inspect.unwrap(maker), "__code__", None) if callable(maker) else None
        file, line = (self._place.relative(code.co_filename), code.co_firstlineno) if code else ("", 0)
        if not file:
            file, line = self._calls.get(id(entity), ("", 0))
        if not file and getattr(entity, "workflow", None) is not None:  # the default launch plan of a workflow
            return self.source(entity.workflow)
        module = re.sub(r"(/__init__)?\.\w+$", "", file).replace("/", ".")
        elsewhere = getattr(maker, "__module__", None) or getattr(entity, "_instantiated_in", None) or ""
        return {"module": module or elsewhere, "file": file, "line": line}


def _function(entity: Any) -> Any:
    return getattr(entity, "task_function", None) or getattr(entity, "_workflow_function", None)


def kind_of(entity: Any) -> str:
    """Return the kind of an object of flytekit's, or nothing for one that is not registered for itself."""
    names = [cls.__name__ for cls in type(entity).__mro__]
    kinds = {"LaunchPlan": "launch plan", "WorkflowBase": "workflow", "PythonTask": "task"}
    return next((kind for name, kind in kinds.items() if name in names), "")


def described(entity: Any) -> str:
    """Return kind and name, as far as they can be had."""
    try:
        return f"{kind_of(entity)} {entity.name}".strip()
    except Exception:  # noqa: BLE001 # the name can be what is wrong
        return kind_of(entity)
