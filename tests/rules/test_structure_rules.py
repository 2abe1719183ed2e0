"""Whether a version that is there is the same, and how that is told."""

from __future__ import annotations

import pytest
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import CreateWorkflowFailureReason, Workflow
from registry.entities import named, task

from hatch_flyte.entity import Kind
from hatch_flyte.rules.structure import already_there
from hatch_flyte.status_code import Code


def stored_task(image: str = "one") -> Task:
    message = Task()
    message.closure.compiled_task.template.CopyFrom(task(image).template)
    return message


def workflow(*nodes: str) -> Workflow:
    message = Workflow()
    template = message.closure.compiled_workflow.primary.template
    template.interface.inputs.SetInParent()
    for node in nodes:
        template.nodes.add(id=node)
    return message


def test_the_same_is_there_already() -> None:
    refusal = already_there(named(Kind.TASK), stored_task(), stored_task())
    assert (refusal.code, refusal.message) == (
        Code.ALREADY_EXISTS,
        "task with identical structure already exists",
    )
    assert not refusal.details


def test_an_empty_message_is_not_the_same_as_none() -> None:
    other = stored_task()
    other.closure.compiled_task.template.security_context.SetInParent()
    assert already_there(named(Kind.TASK), stored_task(), other).code is Code.INVALID_ARGUMENT


def test_fields_that_nobody_knows_are_not_looked_at() -> None:
    strange = stored_task()
    template = strange.closure.compiled_task.template
    template.ParseFromString(template.SerializeToString() + b"\xfa\xff\x07\x01x")
    assert strange != stored_task()
    assert already_there(named(Kind.TASK), stored_task(), strange).code is Code.ALREADY_EXISTS


def test_what_is_different_is_told_with_both_values() -> None:
    refusal = already_there(named(Kind.TASK), stored_task("one"), stored_task("two"))
    assert (refusal.code, refusal.message) == (
        Code.INVALID_ARGUMENT,
        (
            "load task with different structure already exists. (Please register a new version of the task):\n"
            "/template/Target/Container/image:\n\t- one \n\t+ two"
        ),
    )


@pytest.mark.parametrize("reason", ["exists_identical_structure", "exists_different_structure"])
def test_of_a_workflow_the_reason_is_told_to_machines_too(reason: str) -> None:
    sent = workflow("a") if reason == "exists_identical_structure" else workflow("b")
    refusal = already_there(named(Kind.WORKFLOW), workflow("a"), sent)
    [detail] = refusal.details
    assert isinstance(detail, CreateWorkflowFailureReason)
    assert detail.WhichOneof("reason") == reason
    assert getattr(detail, reason).id.name == "load"


def test_of_a_stored_workflow_the_interface_alone_is_compared_for_people() -> None:
    message = already_there(named(Kind.WORKFLOW), workflow("a"), workflow("b")).message
    assert "/primary/template/nodes:\n\t- <nil> \n\t+ [map[Target:<nil> id:b]]" in message
    assert "interface" not in message
