"""Archives of a given size, made without a project: what is measured begins with the archive in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from registry import NODES, identifier, task, workflow

from hatch_flyte.archive import Archive, members_of, write_archive
from hatch_flyte.entity import Kind
from hatch_flyte.manifest import Manifest, ManifestEntity
from hatch_flyte.wire.normal import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flyteidl.core.identifier_pb2 import Identifier
    from google.protobuf.message import Message

NAME, VERSION = "load", "1.0"


def write_load(path: Path, count: int) -> None:
    """Write an archive of `count` entities: eight tasks in ten, a workflow of ten nodes, and its launch plan."""
    entities = [(kind, name, message.SerializeToString(deterministic=True)) for kind, name, message in _entities(count)]
    members = members_of(entities)
    said = tuple(
        ManifestEntity(member.file, member.kind, name, member.digest)
        for member, (_, name, _) in zip(members, entities, strict=True)
    )
    write_archive(path, Archive(members, manifest=Manifest(name=NAME, version=VERSION, entities=said)))


def _entities(count: int) -> Iterator[tuple[Kind, str, Message]]:
    tasks, flows = count * 8 // 10, count // 10
    for number in range(tasks):
        spec = task()
        spec.template.id.CopyFrom(_open(Kind.TASK, f"load.t{number}"))
        yield Kind.TASK, f"load.t{number}", spec
    for number in range(flows):
        name = f"load.w{number}"
        steps = [_open(Kind.TASK, f"load.t{(number * 7 + node) % tasks}") for node in range(NODES)]
        flow = workflow(steps)
        flow.template.id.CopyFrom(_open(Kind.WORKFLOW, name))
        yield Kind.WORKFLOW, name, flow
    for number in range(flows):
        name = f"load.w{number}"
        plan = LaunchPlan(id=_open(Kind.LAUNCH_PLAN, name))
        plan.spec.workflow_id.CopyFrom(_open(Kind.WORKFLOW, name))
        plan.spec.entity_metadata.SetInParent()
        plan.spec.annotations.values[OWNER] = NAME
        yield Kind.LAUNCH_PLAN, name, plan


def _open(kind: Kind, name: str) -> Identifier:
    """Return an identifier with a name alone: where it goes and as which version is open."""
    found = identifier(kind, name, "")
    found.project = found.domain = ""
    return found
