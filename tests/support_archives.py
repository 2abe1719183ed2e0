"""Small archives for tests: real protobufs of a task, a workflow and a launch plan that need each other."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.types_pb2 import INTEGER
from google.protobuf import text_format

from hatch_flyte.archive import Archive, members_of
from hatch_flyte.entity import Kind
from hatch_flyte.manifest import Manifest, ManifestEntity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle

VARIABLE = f'variables {{ key: "%s" value {{ type {{ simple: {INTEGER} }} }} }}'
BUNDLE_ARGUMENTS = "pyflyte-fast-execute --additional-distribution {{ .remote_package_path }} --dest-dir /root --"


def task(name: str = "acme.double", *, image: str = "ghcr.io/acme/p:1", arguments: str = "pyflyte-execute") -> TaskSpec:
    """A task from `a` to `o0`."""
    words = " ".join(f"args: '{word}'" for word in arguments.replace("{{ ", "{{~").replace(" }}", "~}}").split())
    return text_format.Parse(
        f"""template {{
            id {{ resource_type: TASK name: "{name}" }}
            type: "python-task"
            metadata {{ runtime {{ type: FLYTE_SDK version: "1.16.31" flavor: "python" }} }}
            interface {{ inputs {{ {VARIABLE % "a"} }} outputs {{ {VARIABLE % "o0"} }} }}
            container {{ image: "{image}" {words.replace("~", " ")} }}
        }}""",
        TaskSpec(),
    )


def workflow(name: str = "acme.flow", *, of: str = "acme.double") -> WorkflowSpec:
    """A workflow of one node that runs the task `of`."""
    return text_format.Parse(
        f"""template {{
            id {{ resource_type: WORKFLOW name: "{name}" }}
            metadata {{}}
            metadata_defaults {{}}
            interface {{ inputs {{ {VARIABLE % "a"} }} outputs {{ {VARIABLE % "o0"} }} }}
            nodes {{
                id: "n0" metadata {{ name: "double" }}
                inputs {{ var: "a" binding {{ promise {{ var: "a" }} }} }}
                task_node {{ reference_id {{ resource_type: TASK name: "{of}" }} }}
            }}
            outputs {{ var: "o0" binding {{ promise {{ node_id: "n0" var: "o0" }} }} }}
        }}""",
        WorkflowSpec(),
    )


def launch_plan(name: str = "acme.flow", *, of: str = "acme.flow") -> LaunchPlan:
    """A launch plan of the workflow `of`."""
    return text_format.Parse(
        f"""id {{ resource_type: LAUNCH_PLAN name: "{name}" }}
        spec {{
            workflow_id {{ resource_type: WORKFLOW name: "{of}" }}
            entity_metadata {{}}
            annotations {{ values {{ key: "hatch-flyte/distribution" value: "acme-pipelines" }} }}
        }}""",
        LaunchPlan(),
    )


def pair(message: Message) -> tuple[Kind, str, bytes]:
    """Return kind, name and bytes of an archive's payload."""
    kind = {TaskSpec: Kind.TASK, WorkflowSpec: Kind.WORKFLOW, LaunchPlan: Kind.LAUNCH_PLAN}[type(message)]
    identifier = message.id if isinstance(message, LaunchPlan) else message.template.id  # type: ignore[attr-defined] # specs have templates
    return kind, identifier.name, message.SerializeToString(deterministic=True)


def archive_of(*messages: Message, bundle: Bundle | None = None, version: str = "1.0") -> Archive:
    """Return an archive with a manifest, as `package` makes them."""
    entities = [pair(message) for message in messages or (task(), workflow(), launch_plan())]
    members = members_of(entities)
    manifest = Manifest(
        name="acme-pipelines",
        version=version,
        entities=tuple(
            ManifestEntity(member.file, member.kind, name, member.digest)
            for member, (_, name, _) in zip(members, entities, strict=True)
        ),
        code="wheel" if bundle else "image",
        bundle=bundle.digest if bundle else "",
        destination="/root" if bundle else "",
    )
    return Archive(members, bundle, manifest)


def foreign(archive: Archive) -> Archive:
    """Return the same archive as `pyflyte package` would have made it: without a manifest."""
    return replace(archive, manifest=None)


def write_tar(path: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]], *, mode: str = "w:gz") -> Path:
    """Write a tar file of any members, whatever an archive may hold."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload] # the mode is the test's
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path
