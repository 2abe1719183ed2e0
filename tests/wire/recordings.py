"""What the real control plane answered, for tests: `recorded/pairs.jsonl` and `recorded/again.jsonl`.

A pair is an accepted create and the Get that followed; `again` holds a second create of what was there, with the
control plane's verdict. Each line is an object of proto3-JSON messages (proto field names). `$PROJECT` is a project's
name like any other; times are made up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import Task, TaskCreateRequest, TaskSpec
from flyteidl.admin.workflow_pb2 import Workflow, WorkflowCreateRequest, WorkflowSpec
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf import json_format

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.messages import to_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "recorded"
REQUESTS = {
    Kind.TASK: TaskCreateRequest,
    Kind.WORKFLOW: WorkflowCreateRequest,
    Kind.LAUNCH_PLAN: LaunchPlanCreateRequest,
}
ANSWERS = {Kind.TASK: Task, Kind.WORKFLOW: Workflow, Kind.LAUNCH_PLAN: LaunchPlan}


@dataclass(frozen=True, slots=True)
class Pair:
    """An accepted create, and what was answered to the Get that followed."""

    scenario: str
    kind: Kind
    sent: Any
    """What an archive holds: `TaskSpec`, `WorkflowSpec` or `LaunchPlan`, with the request's identifier in it."""
    stored: Any
    tasks: dict[Identifier, TaskTemplate]
    """Of a workflow: the tasks that were there."""
    interface: TypedInterface
    """Of a launch plan: its workflow's, as it was sent."""


@dataclass(frozen=True, slots=True)
class Again:
    """A create of what was there already, and what the control plane said."""

    scenario: str
    kind: Kind
    first: Any
    again: Any
    identical: bool
    interface: TypedInterface


def pairs(kind: Kind | None = None) -> list[Pair]:
    return [pair for pair in map(_pair, _lines("pairs.jsonl")) if kind in {pair.kind, None}]


def again() -> list[Again]:
    return [_again(line) for line in _lines("again.jsonl")]


def _lines(file: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / file).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _pair(line: dict[str, Any]) -> Pair:
    kind = Kind[line["kind"]]
    return Pair(
        line["scenario"],
        kind,
        _payload(kind, line["request"]),
        json_format.ParseDict(line["answer"], ANSWERS[kind]()),
        dict(map(_task, line.get("tasks", []))),
        json_format.ParseDict(line.get("interface", {}), TypedInterface()),
    )


def _again(line: dict[str, Any]) -> Again:
    kind = Kind[line["kind"]]
    return Again(
        line["scenario"],
        kind,
        _payload(kind, line["first"]),
        _payload(kind, line["again"]),
        line["verdict"] == "identical",
        json_format.ParseDict(line.get("interface", {}), TypedInterface()),
    )


def _payload(kind: Kind, line: dict[str, Any]) -> TaskSpec | WorkflowSpec | LaunchPlan:
    """Return the archive's payload that makes the request: its identifier is the request's."""
    request = json_format.ParseDict(line, REQUESTS[kind]())
    if isinstance(request, LaunchPlanCreateRequest):
        return LaunchPlan(id=request.id, spec=request.spec)
    request.spec.template.id.CopyFrom(request.id)
    return request.spec


def _task(line: dict[str, Any]) -> tuple[Identifier, TaskTemplate]:
    template = json_format.ParseDict({**line["template"], "id": line["id"]}, TaskTemplate())
    return to_identifier(template.id), template
