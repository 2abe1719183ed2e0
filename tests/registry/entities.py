"""Small entities to register: a task, a workflow of that task, a launch plan of that workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.tasks_pb2 import Container, RuntimeMetadata, TaskMetadata, TaskTemplate
from flyteidl.core.workflow_pb2 import Node, TaskNode, WorkflowTemplate

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from google.protobuf.message import Message

PROJECT, DOMAIN = "flytesnacks", "development"


def named(kind: Kind, name: str = "load", version: str = "1") -> Identifier:
    return Identifier(kind, PROJECT, DOMAIN, name, version)


def task(image: str = "ghcr.io/acme/pipelines:1") -> TaskSpec:
    interface = TypedInterface(inputs=VariableMap(), outputs=VariableMap())
    metadata = TaskMetadata(runtime=RuntimeMetadata(version="1.16.8"))
    container = Container(image=image, args=["run"])
    return TaskSpec(
        template=TaskTemplate(type="python-task", metadata=metadata, interface=interface, container=container)
    )


def workflow(*tasks: Identifier) -> WorkflowSpec:
    nodes = [
        Node(id=f"n{number}", task_node=TaskNode(reference_id=from_identifier(one))) for number, one in enumerate(tasks)
    ]
    interface = TypedInterface(inputs=VariableMap(), outputs=VariableMap())
    return WorkflowSpec(template=WorkflowTemplate(interface=interface, nodes=nodes))


def launch_plan(of: Identifier) -> LaunchPlanSpec:
    return LaunchPlanSpec(workflow_id=from_identifier(of), entity_metadata=LaunchPlanMetadata())


def trio(name: str = "load", version: str = "1") -> list[tuple[Identifier, Message]]:
    """Return a task, a workflow and a launch plan of one name, in the order in which they can be registered."""
    first, second, third = (named(kind, name, version) for kind in Kind)
    return [(first, task()), (second, workflow(first)), (third, launch_plan(second))]


def create_task(version: str = "1", image: str = "image") -> TaskCreateRequest:
    return TaskCreateRequest(id=from_identifier(named(Kind.TASK, version=version)), spec=task(image))
