"""Recorded conversations with the real control plane, as archives: what it was asked, and what was there already."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from google.protobuf import json_format

from hatch_flyte.archive import Archive, members_of
from hatch_flyte.check.archive_check import check
from hatch_flyte.entity import Kind
from hatch_flyte.wire.messages import own_identifier, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from hatch_flyte.check.finding import Finding

RECORDED: Final = Path(__file__).parent / "registry" / "recorded"
SPECS: Final[dict[str, Any]] = {
    "CreateTask": (Kind.TASK, TaskSpec),
    "CreateWorkflow": (Kind.WORKFLOW, WorkflowSpec),
    "CreateLaunchPlan": (Kind.LAUNCH_PLAN, LaunchPlan),
}
OF_THE_TARGET: Final = re.compile(
    r"domain \[|project \[|failed to validate that project|missing (domain|project|version)$"
    r"|.*with different structure already exists|missing entity .* (version:\"v2\"|project:\"\$PROJECT-nope\".*)$"
)
"""How messages are about what an archive leaves open, or about what else is registered."""

Entity = tuple[Kind, str, bytes]


@dataclass(frozen=True)
class Asked:
    """One create of a recording."""

    scenario: str
    kind: Kind
    name: str
    archive: Archive
    """What it asked for, with all that was registered before it."""
    code: str
    message: str

    @property
    def is_accepted(self) -> bool:
        return self.code in {"OK", "ALREADY_EXISTS"}

    @property
    def is_of_the_target(self) -> bool:
        """Whether the refusal depends on what an archive says nothing of: the place, or what is registered there."""
        own_type = f"expected {self.kind.value.replace(' ', '_')} instead"
        return bool(OF_THE_TARGET.match(self.message)) or self.message.endswith(own_type)

    @property
    def codes(self) -> set[str]:
        """The compiler's codes in the refusal."""
        return set(re.findall(r"Code: (\w+), Node Id", self.message))

    def findings(self) -> list[Finding]:
        """Return what `check` finds in the entity that was asked for."""
        return [one for one in check(self.archive) if (one.kind, one.name) == (self.kind, self.name)]


def creates(*files: str, project: str = "$PROJECT") -> Iterator[Asked]:
    """Yield every create of recordings, in their order; `project` stands for the placeholder."""
    for file in files:
        for line in (RECORDED / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
            yield from _scenario(json.loads(line.replace("$PROJECT", project)))


def _scenario(scenario: Any) -> Iterator[Asked]:
    registered: dict[tuple[Kind, str, str], Entity] = {}
    for step in scenario["steps"]:
        found = SPECS.get(step["rpc"].partition("/")[2])
        if found is None:
            continue
        kind, version, entity = found[0], step["request"].get("id", {}).get("version", ""), _entity(step, *found)
        key = (kind, entity[1], version)
        others = [one for other, one in registered.items() if other != key and other[2] == version]
        archive = Archive(members_of([*others, entity]))
        yield Asked(scenario["scenario"], kind, entity[1], archive, step["code"], step.get("message", ""))
        if step["code"] == "OK":
            registered[key] = entity


def _entity(step: Any, kind: Kind, message: type[Message]) -> Entity:
    request = step["request"]
    asked = request if kind is Kind.LAUNCH_PLAN else request.get("spec", {})
    parsed = json_format.ParseDict(asked, message())
    own = own_identifier(kind, parsed)
    own.Clear()
    json_format.ParseDict(
        {name: value for name, value in request.get("id", {}).items() if name != "resource_type"}, own
    )
    own.name = own.name or "unnamed"
    return kind, own.name, to_bytes(parsed)
