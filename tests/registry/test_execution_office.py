"""Executions: checked, not run, and never there."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec
from flyteidl.admin.node_execution_pb2 import NodeExecutionForTaskListRequest, NodeExecutionListRequest
from flyteidl.admin.signal_pb2 import SignalListRequest
from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar
from flyteidl.core.types_pb2 import INTEGER, LiteralType
from registry.entities import DOMAIN, PROJECT, named, task

from hatch_flyte.entity import Kind
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.execution_office import ExecutionOffice
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXECUTION = WorkflowExecutionIdentifier(project="p", domain="d", name="e")
NODE = NodeExecutionIdentifier(node_id="n", execution_id=EXECUTION)
ONE = LiteralMap(literals={"x": Literal(scalar=Scalar(primitive=Primitive(integer=1)))})
PLACE = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN)


@pytest.fixture
def office() -> Iterator[ExecutionOffice]:
    with closing(Store(None)) as store:
        spec = task()
        spec.template.interface.inputs.variables["x"].CopyFrom(Variable(type=LiteralType(simple=INTEGER)))
        ControlPlane(store).create(Kind.TASK, from_identifier(named(Kind.TASK)), spec)
        yield ExecutionOffice(store)


def request(**fields: Any) -> ExecutionCreateRequest:
    spec = ExecutionSpec(launch_plan=from_identifier(named(Kind.TASK)))
    return ExecutionCreateRequest(**{"project": PROJECT, "domain": DOMAIN, "spec": spec, "inputs": ONE} | fields)


def old_fashioned() -> ExecutionSpec:
    return ExecutionSpec(launch_plan=from_identifier(named(Kind.TASK)), inputs=ONE)


@pytest.mark.parametrize("asked", [request(), request(inputs=None, spec=old_fashioned())])
def test_what_could_be_run_is_not_run(office: ExecutionOffice, asked: ExecutionCreateRequest) -> None:
    with pytest.raises(RefusalError, match=r"^the local registry runs nothing: ") as caught:
        office.create(asked)
    assert caught.value.code is Code.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (request(project=""), "^missing project$"),
        (request(name="1"), "^invalid name format: 1,"),
        (request(project="x"), r"project \[x\] not found"),
        (request(spec=None), "^missing spec$"),
        (request(inputs=None), "^expected_inputs x missing$"),
        (
            request(spec=ExecutionSpec(launch_plan=from_identifier(named(Kind.LAUNCH_PLAN)))),
            "^missing entity of type LAUNCH_PLAN with identifier",
        ),
    ],
)
def test_what_could_not_be_run_is_refused(office: ExecutionOffice, asked: ExecutionCreateRequest, message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        office.create(asked)


def test_lists_are_empty_but_must_be_well_asked_for(office: ExecutionOffice) -> None:
    assert not office.page(ResourceListRequest(id=PLACE, limit=1, filters="eq(phase,FAILED)+gt(duration,5)")).executions
    assert not office.node_page(NodeExecutionListRequest(workflow_execution_id=EXECUTION, limit=1)).node_executions
    assert not office.task_page(TaskExecutionListRequest(node_execution_id=NODE, limit=1)).task_executions
    assert not office.signal_page(SignalListRequest(workflow_execution_id=EXECUTION, limit=1)).signals


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": None}, "^missing id$"),
        ({"limit": 0}, "^invalid value for limit$"),
        ({"filters": "eq(size,1)"}, r"^'e\.size' is invalid filter$"),
        ({"filters": "eq(project,p)"}, r"^'e\.project' is invalid filter$"),
        ({"filters": "eq(signal.signal_id,s)"}, "^'s' entity is not allowed in filters$"),
        ({"filters": "gt(duration,soon)"}, r"^Failed to parse duration \[soon\]$"),
        ({"sort_by": Sort(key="size")}, "^invalid sort key 'size'$"),
        ({"token": "x"}, "^invalid pagination token x for ListExecutions$"),
    ],
)
def test_a_list_of_executions_that_cannot_be_had_is_refused(
    office: ExecutionOffice, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RefusalError, match=message):
        office.page(ResourceListRequest(**{"id": PLACE, "limit": 1} | fields))


def test_lists_of_what_runs_in_executions_must_be_well_asked_for(office: ExecutionOffice) -> None:
    whole = TaskExecutionIdentifier(task_id=from_identifier(named(Kind.TASK)), node_execution_id=NODE)
    nodes = NodeExecutionListRequest
    questions: list[tuple[Callable[[], Any], str]] = [
        (lambda: office.node_page(nodes(limit=1)), "^missing execution_id$"),
        (lambda: office.node_page(nodes(workflow_execution_id=EXECUTION)), "^invalid value for limit$"),
        (
            lambda: office.node_page(nodes(workflow_execution_id=EXECUTION, limit=1, unique_parent_id="m")),
            'identifier node_id:"m" execution_id:{project:"p" domain:"d" name:"e"}$',
        ),
        (
            lambda: office.node_page(nodes(workflow_execution_id=EXECUTION, limit=1, token="x")),
            "for ListNodeExecutions$",
        ),
        (lambda: office.task_page(TaskExecutionListRequest(node_execution_id=NODE)), "^invalid value for limit$"),
        (lambda: office.task_page(TaskExecutionListRequest(limit=1)), "^missing id$"),
        (
            lambda: office.signal_page(SignalListRequest(workflow_execution_id=EXECUTION, limit=1, token="x")),
            "ListSignals",
        ),
        (lambda: office.node_page_of_task(NodeExecutionForTaskListRequest(limit=1)), "^missing id$"),
        (
            lambda: office.node_page_of_task(NodeExecutionForTaskListRequest(task_execution_id=whole, limit=1)),
            "^missing entity of type task execution with identifier",
        ),
    ]
    for ask, message in questions:
        with pytest.raises(RefusalError, match=message):
            ask()


def test_no_execution_is_there(office: ExecutionOffice) -> None:
    text = 'missing entity of type execution with identifier project:"p" domain:"d" name:"e"'
    for ask in (office.checked, office.unchecked):
        with pytest.raises(RefusalError) as caught:
            ask(EXECUTION)
        assert (caught.value.code, caught.value.message) == (Code.NOT_FOUND, text)
    with pytest.raises(RefusalError, match=r"^missing id$"):
        office.checked(None)
    with pytest.raises(RefusalError, match=r"^missing entity of type execution with identifier $"):
        office.unchecked(None)
    with pytest.raises(RefusalError, match=r"^missing entity of type node execution with identifier execution_id:{}$"):
        office.node(None)
