"""Which executions would be started, how a missing one is told, and what can be downloaded."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.common_pb2 import Labels
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec
from flyteidl.core.identifier_pb2 import (
    LAUNCH_PLAN,
    TASK,
    WORKFLOW,
    Identifier,
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import Parameter, Variable
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from flyteidl.core.types_pb2 import INTEGER, LiteralType
from flyteidl.service.dataproxy_pb2 import ARTIFACT_TYPE_DECK, CreateDownloadLinkRequest
from google.protobuf.duration_pb2 import Duration

from hatch_flyte.entity import Kind
from hatch_flyte.rules.downloads import MAX_SECONDS, download_link, download_seconds, missing_data, upload_seconds
from hatch_flyte.rules.executions import (
    check_execution,
    check_execution_inputs,
    check_execution_name,
    check_node,
    check_task,
    missing_task,
    typed_task,
)
from hatch_flyte.rules.refusal import RefusalError

ONE = Literal(scalar=Scalar(primitive=Primitive(integer=1)))
WORD = Literal(scalar=Scalar(primitive=Primitive(string_value="a")))
NUMBER = Variable(type=LiteralType(simple=INTEGER))
EXPECTED = {"x": Parameter(var=NUMBER, required=True), "y": Parameter(var=NUMBER, default=ONE)}
EXECUTION = WorkflowExecutionIdentifier(project="p", domain="d", name="e")
NODE = NodeExecutionIdentifier(node_id="n", execution_id=EXECUTION)


@pytest.mark.parametrize("name", ["", "a", "A-1", "a" * 63])
def test_a_name_that_kubernetes_takes_is_taken(name: str) -> None:
    check_execution_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1a", r"invalid name format: 1a, does not match regex '^[a-z][a-z\-0-9]*$'"),
        ("A_b", r"invalid name format: a_b, does not match regex '^[a-z][a-z\-0-9]*$'"),
        ("a\n", "invalid name format: a\n, does not match regex '^[a-z][a-z\\-0-9]*$'"),
        ("A" * 64, f"size of name exceeded length 63 : {'a' * 64}"),
    ],
)
def test_another_name_is_refused_in_small_letters(name: str, message: str) -> None:
    with pytest.raises(RefusalError) as caught:
        check_execution_name(name)
    assert caught.value.message == message


def execution(type_: int = LAUNCH_PLAN, **fields: Any) -> ExecutionSpec:
    identifier = Identifier(resource_type=type_, project="p", domain="d", name="n", version="v")
    return ExecutionSpec(**{"launch_plan": identifier} | fields)


def test_a_launch_plan_or_a_task_is_run() -> None:
    request = ExecutionCreateRequest()
    assert check_execution(request, execution()).kind is Kind.LAUNCH_PLAN
    assert check_execution(request, execution(TASK)).kind is Kind.TASK
    for spec, message in (
        (None, "^missing spec$"),
        (ExecutionSpec(), "^missing id$"),
        (execution(launch_plan=Identifier(project="p")), "^missing domain$"),
        (execution(WORKFLOW), r"^Invalid reference entity resource type \[WORKFLOW\], only \[map\["),
        (execution(labels=Labels(values={"a b": "c"})), r"^invalid label key \[a b\]"),
    ):
        with pytest.raises(RefusalError, match=message):
            check_execution(request, spec)


def test_inputs_are_those_that_are_left_open() -> None:
    check_execution_inputs({"x": ONE}, {"z": ONE}, EXPECTED)
    for given, fixed, message in (
        ({}, {}, "^expected_inputs x missing$"),
        ({"x": ONE, "z": ONE}, {"z": ONE}, "^invalid input z$"),
        ({"x": WORD}, {}, "^invalid x input wrong type. Expected simple:INTEGER, but got simple:STRING$"),
        ({"x": Literal()}, {}, r"^Failed to validate literal type for \[x\]"),
        ({"x": ONE}, {"y": ONE}, "^fixed_inputs y cannot be overridden$"),
    ):
        with pytest.raises(RefusalError, match=message):
            check_execution_inputs(given, fixed, EXPECTED)


def test_the_executions_of_nodes_and_tasks_are_named_whole() -> None:
    task = TaskExecutionIdentifier(task_id=execution().launch_plan, node_execution_id=NODE, retry_attempt=2)
    for spoil, message in (
        ("node_execution_id", "missing node_execution_id"),
        ("task_id", "missing task_id"),
        ("", "unexpected resource type launch_plan"),
    ):
        spoiled = TaskExecutionIdentifier()
        spoiled.CopyFrom(task)
        if spoil:
            spoiled.ClearField(spoil)
        with pytest.raises(RefusalError, match=f"^{message}"):
            check_task(spoiled)
    task.task_id.resource_type = 0
    check_task(typed_task(task))
    for node, message in (
        (None, "missing id"),
        (NodeExecutionIdentifier(node_id="n"), "missing execution_id"),
        (NodeExecutionIdentifier(execution_id=EXECUTION), "missing node_id"),
        (NodeExecutionIdentifier(node_id="n", execution_id={"project": "p"}), "missing domain"),
    ):
        with pytest.raises(RefusalError, match=f"^{message}$"):
            check_node(node)
    assert missing_task(task).message == (
        'missing entity of type task execution with identifier task_id:{project:"p" domain:"d" name:"n" version:"v"} '
        'node_execution_id:{node_id:"n" execution_id:{project:"p" domain:"d" name:"e"}}'
    )


def test_an_address_holds_for_an_hour_at_most() -> None:
    assert upload_seconds(None) == download_seconds(None, "") == MAX_SECONDS
    assert upload_seconds(Duration(nanos=1)) == download_seconds(Duration(nanos=1), "") == 1
    for asked, upload, download in (
        (Duration(seconds=3601), "expiresIn [1h0m1s] cannot exceed max allowed expiration [1h0m0s]", "cannot exceed"),
        (Duration(seconds=-5), "expiresIn [-5s] must be more than zero", "should not less than 0"),
        (Duration(), "expiresIn [0s] must be more than zero", "must be more than zero"),
        (Duration(seconds=1, nanos=-1), "expiresIn [seconds:1 nanos:-1] is invalid", "is invalid"),
    ):
        with pytest.raises(RefusalError) as caught:
            upload_seconds(asked)
        assert caught.value.message == upload
        with pytest.raises(RefusalError, match=download):
            download_seconds(asked, "problem:")


def test_nothing_that_executions_made_is_there() -> None:
    node = 'node_id:"n" execution_id:{project:"p" domain:"d" name:"e"}'
    missing = f"missing entity of type node execution with identifier {node}"
    request = CreateDownloadLinkRequest(artifact_type=ARTIFACT_TYPE_DECK)
    assert "source is required. Provided nil" in download_link(request).message
    assert "[ARTIFACT_TYPE_UNDEFINED]" in download_link(CreateDownloadLinkRequest()).message
    request.node_execution_id.CopyFrom(NODE)
    assert download_link(request).message == f"failed to find node execution [{node}]. Error: {missing}"
    prefix = "failed to validate resolve artifact request. Error:"
    assert {url: missing_data(url).message for url in ("", "s3://x", "flyte://v1/p", "flyte://v1/p/d/e/n/i")} == {
        "": f"{prefix} source is required. Provided empty string",
        "s3://x": f"{prefix} request does not start with the correct prefix",
        "flyte://v1/p": "failed to parse artifact url Error: failed to parse [flyte://v1/p]",
        "flyte://v1/p/d/e/n/i": missing,
    }
    assert missing_data("flyte://v1/p/d/e/n/o/name").message == missing
    assert missing_data("flyte://v1/p/d/e/n/2/o").message == (
        f"no task executions were listed [node_execution_id:{{{node}}} retry_attempt:2]. Error: <nil>"
    )
    assert "value out of range" in missing_data(f"flyte://v1/p/d/e/n/{'9' * 40}/o").message
