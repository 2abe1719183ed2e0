from __future__ import annotations

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core import identifier_pb2

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.messages import SPECS, from_identifier, own_identifier, parse, to_bytes, to_identifier


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Kind.TASK, TaskSpec(template={"id": {"name": "acme.double"}})),
        (Kind.WORKFLOW, WorkflowSpec(template={"id": {"name": "acme.flow"}})),
        (Kind.LAUNCH_PLAN, LaunchPlan(id={"name": "acme.flow"})),
    ],
    ids=str,
)
def test_bytes_of_every_kind_come_back_as_the_message_that_was_written(
    kind: Kind, message: TaskSpec | WorkflowSpec | LaunchPlan
) -> None:
    assert parse(kind, to_bytes(message)) == message
    assert isinstance(message, SPECS[kind])


def test_bytes_that_are_no_protobuf_are_refused_with_the_message_they_were_to_be() -> None:
    with pytest.raises(ValueError, match=r"^its 3 bytes are not a flyteidl\.admin\.TaskSpec$"):
        parse(Kind.TASK, b"\xff\xff\xff")


@pytest.mark.parametrize("kind", Kind)
def test_an_entity_without_a_name_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match=r"^the flyteidl\.admin\.\w+ in it has no name$"):
        parse(kind, b"")


def test_equal_messages_have_equal_bytes_whatever_order_their_maps_were_filled_in() -> None:
    names = [f"a{number}" for number in range(40)]
    one = TaskSpec(template={"config": dict.fromkeys(names, "x")})
    other = TaskSpec(template={"config": dict.fromkeys(reversed(names), "x")})

    assert to_bytes(one) == to_bytes(other)


def test_own_identifier_is_the_templates_or_the_launch_plans_and_can_be_written_to() -> None:
    task, workflow, plan = TaskSpec(), WorkflowSpec(), LaunchPlan()
    for kind, message in ((Kind.TASK, task), (Kind.WORKFLOW, workflow), (Kind.LAUNCH_PLAN, plan)):
        own_identifier(kind, message).name = "n"

    assert (task.template.id.name, workflow.template.id.name, plan.id.name) == ("n", "n", "n")


@pytest.mark.parametrize("kind", Kind)
def test_an_identifier_survives_the_way_there_and_back(kind: Kind) -> None:
    identifier = Identifier(kind, "pipelines", "development", "acme.flow", "1.0")

    assert to_identifier(from_identifier(identifier)) == identifier


def test_an_identifier_with_its_organisation_and_no_type_is_read_as_a_task_without() -> None:
    message = identifier_pb2.Identifier(project="p", domain="d", name="n", version="v", org="o")

    assert to_identifier(message) == Identifier(Kind.TASK, "p", "d", "n", "v")


def test_an_identifier_of_a_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected a task, workflow or launch plan \(got resource type 4\)$"):
        to_identifier(identifier_pb2.Identifier(resource_type=identifier_pb2.DATASET))
