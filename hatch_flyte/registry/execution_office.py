"""What the local registry does about executions: it checks what would be run, runs nothing, and has none to show.

May raise `RefusalError` or `StoreError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from flyteidl.admin.execution_pb2 import ExecutionList
from flyteidl.admin.node_execution_pb2 import NodeExecutionList
from flyteidl.admin.signal_pb2 import SignalList
from flyteidl.admin.task_execution_pb2 import TaskExecutionList
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import Parameter

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry import records
from hatch_flyte.rules import executions, listing, projects
from hatch_flyte.rules.columns import Rows
from hatch_flyte.rules.identifiers import check_fields, missing_entity
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.common_pb2 import ResourceListRequest
    from flyteidl.admin.execution_pb2 import ExecutionCreateRequest

    from hatch_flyte.registry.store import Store

NOTHING_RUNS: Final = "the local registry runs nothing: register the entities in a Flyte cluster and run them there"


class ExecutionOffice:
    """The executions of a store: none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, request: ExecutionCreateRequest) -> NoReturn:
        """Refuse to run what a request asks for, in the control plane's words if that would refuse it too."""
        check_fields(request, ("project", "domain"))
        executions.check_execution_name(request.name)
        place = Identifier(Kind.LAUNCH_PLAN, request.project, request.domain, "", "")
        projects.check_place(place, self._store.find_project(place.project))
        if not request.inputs.literals:  # where clients of old put them
            request.inputs.CopyFrom(request.spec.inputs)
        identifier = executions.check_execution(request, request.spec if request.HasField("spec") else None)
        stored = self._store.find(identifier)
        if stored is None:
            raise missing_entity(identifier)
        content = records.content(stored, identifier.kind)
        fixed: Mapping[str, Any] = {}
        if identifier.kind is Kind.TASK:
            inputs = content.closure.compiled_task.template.interface.inputs.variables
            expected = {name: Parameter(var=variable, required=True) for name, variable in inputs.items()}
        else:
            expected, fixed = content.closure.expected_inputs.parameters, content.spec.fixed_inputs.literals
        executions.check_execution_inputs(request.inputs.literals, fixed, expected)
        raise RefusalError(Code.UNIMPLEMENTED, NOTHING_RUNS)

    def checked(self, requested: WorkflowExecutionIdentifier | None) -> NoReturn:
        """Refuse a request about an execution, which must be well named."""
        raise executions.missing_execution(executions.checked_execution(requested))

    def unchecked(self, requested: WorkflowExecutionIdentifier | None) -> NoReturn:
        """Refuse a request about an execution, however it is named."""
        raise executions.missing_execution(requested or WorkflowExecutionIdentifier())

    def node(self, requested: NodeExecutionIdentifier | None) -> NoReturn:
        """Refuse a request about a node's execution."""
        raise executions.missing_node(requested or NodeExecutionIdentifier())

    def task(self, requested: TaskExecutionIdentifier | None) -> NoReturn:
        """Refuse a request about a task's execution, which must be well named."""
        requested = executions.typed_task(requested)
        executions.check_task(requested)
        raise executions.missing_task(requested or TaskExecutionIdentifier())

    def page(self, request: ResourceListRequest) -> ExecutionList:
        """Return no executions."""
        listing.execution_query(request)
        return ExecutionList()

    def node_page(self, request: Any) -> NodeExecutionList:
        """Return no executions of an execution's nodes."""
        executions.check_run_list(request, "workflow_execution_id")
        if request.unique_parent_id:
            execution = request.workflow_execution_id
            self.node(NodeExecutionIdentifier(node_id=request.unique_parent_id, execution_id=execution))
        listing.run_query(Rows.NODE_EXECUTIONS, request)
        return NodeExecutionList()

    def node_page_of_task(self, request: Any) -> NoReturn:
        """Refuse a list of the nodes that a task's execution ran."""
        requested = request.task_execution_id if request.HasField("task_execution_id") else None
        executions.check_task(executions.typed_task(requested))
        executions.check_limit(request.limit)
        self.task(requested)

    def task_page(self, request: Any) -> TaskExecutionList:
        """Return no executions of a node's task."""
        executions.check_node(request.node_execution_id if request.HasField("node_execution_id") else None)
        executions.check_limit(request.limit)
        listing.run_query(Rows.TASK_EXECUTIONS, request)
        return TaskExecutionList()

    def signal_page(self, request: Any) -> SignalList:
        """Return no signals."""
        executions.check_run_list(request, "workflow_execution_id")
        listing.run_query(Rows.SIGNALS, request)
        return SignalList()
