"""Rules about executions: which may be started with which inputs, and how a missing one is told.

Source: execution_validator.go, node_execution_validator.go, task_execution_validator.go, execution_repo.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)

from hatch_flyte.entity import Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.rules.identifiers import check_fields, checked, complete, type_name
from hatch_flyte.rules.inputs import check_literals, type_of
from hatch_flyte.rules.labels import check_labels
from hatch_flyte.rules.notifications import check_notifications
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value, missing, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec
    from flyteidl.core.interface_pb2 import Parameter
    from flyteidl.core.literals_pb2 import Literal

    from hatch_flyte.entity import Identifier

MAX_NAME: Final = 63
"""Characters of a name: a label's in Kubernetes."""

_NAME: Final = r"^[a-z][a-z\-0-9]*$"
_NAME_PATTERN: Final = re.compile(r"[a-z][a-z\-0-9]*")
_KINDS: Final = {ResourceType.LAUNCH_PLAN: Kind.LAUNCH_PLAN, ResourceType.TASK: Kind.TASK}


def check_execution_name(name: str) -> None:
    """Refuse the name of an execution that Kubernetes would not have; an empty one is given by the control plane."""
    name = name.lower()
    if len(name.encode()) > MAX_NAME:
        text = f"size of name exceeded length {MAX_NAME} : {name}"
        raise invalid(text, rule=catalogue.EXECUTION)
    if name and not _NAME_PATTERN.fullmatch(name):
        text = f"invalid name format: {name}, does not match regex '{_NAME}'"
        raise invalid(text, rule=catalogue.EXECUTION)


def check_execution(request: ExecutionCreateRequest, spec: ExecutionSpec | None) -> Identifier:
    """Return what a request wants to run; project and domain of the execution are known to be there."""
    if spec is None:
        raise missing("spec", rule=catalogue.EXECUTION)
    named = spec.launch_plan if spec.HasField("launch_plan") else None
    identifier = complete(named, _KINDS.get(spec.launch_plan.resource_type, Kind.TASK))
    if spec.launch_plan.resource_type not in _KINDS:
        found = type_name(spec.launch_plan.resource_type)
        text = f"Invalid reference entity resource type [{found}], only [map[TASK:<nil> LAUNCH_PLAN:<nil>]] allowed"
        raise invalid(text, rule=catalogue.EXECUTION)
    check_literals(request.inputs, "inputs")
    check_notifications(spec.notifications.notifications)
    check_labels(spec.labels.values)
    return identifier


def check_execution_inputs(
    given: Mapping[str, Literal], fixed: Mapping[str, Literal], expected: Mapping[str, Parameter]
) -> None:
    """Refuse inputs that aren't open, of a wrong type, or missing. Source: CheckAndFetchInputsForExecution."""
    for name in sorted(given):
        if name not in expected:
            raise invalid(f"invalid input {name}", rule=catalogue.EXECUTION_INPUTS)
    for name, parameter in sorted(expected.items()):
        if name in given:
            _check_type(name, given[name], parameter)
        elif parameter.required:
            raise missing_input(name)
    for name in sorted(fixed):
        if name in expected:
            raise invalid(f"fixed_inputs {name} cannot be overridden", rule=catalogue.EXECUTION_INPUTS)


def missing_input(name: str) -> RefusalError:
    """Return the refusal of an execution that lacks an input."""
    return invalid(f"expected_inputs {name} missing", rule=catalogue.EXECUTION_INPUTS)


def checked_execution(message: WorkflowExecutionIdentifier | None) -> WorkflowExecutionIdentifier:
    """Return the identifier of an execution in a request, which must be complete."""
    if message is None:
        raise missing("id", rule=catalogue.IDENTIFIER_FIELDS)
    check_fields(message, ("project", "domain", "name"))
    return message


def check_node(message: NodeExecutionIdentifier | None) -> None:
    """Refuse an incomplete identifier of a node's execution."""
    if message is None:
        raise missing("id", rule=catalogue.IDENTIFIER_FIELDS)
    if not message.HasField("execution_id"):
        raise missing("execution_id", rule=catalogue.IDENTIFIER_FIELDS)
    if not message.node_id:
        raise missing("node_id", rule=catalogue.IDENTIFIER_FIELDS)
    checked_execution(message.execution_id)


def check_task(message: TaskExecutionIdentifier | None) -> None:
    """Refuse an incomplete identifier of a task's execution."""
    if message is None:
        raise missing("id", rule=catalogue.IDENTIFIER_FIELDS)
    if not message.HasField("node_execution_id"):
        raise missing("node_execution_id", rule=catalogue.IDENTIFIER_FIELDS)
    check_node(message.node_execution_id)
    if not message.HasField("task_id"):
        raise missing("task_id", rule=catalogue.IDENTIFIER_FIELDS)
    checked(message.task_id, Kind.TASK)


def typed_task(message: TaskExecutionIdentifier | None) -> TaskExecutionIdentifier | None:
    """Return an identifier with the resource type of its task filled in, as flyteadmin's rpc layer does."""
    if message is None or not message.HasField("task_id") or message.task_id.resource_type:
        return message
    filled = TaskExecutionIdentifier()
    filled.CopyFrom(message)
    filled.task_id.resource_type = ResourceType.TASK
    return filled


def check_run_list(request: Any, field: str) -> None:
    """Refuse a list of an execution's nodes or signals, `field` being the execution, that lacks that or a limit."""
    try:
        checked_execution(getattr(request, field) if request.HasField(field) else None)
    except RefusalError as error:
        raise missing("execution_id", rule=catalogue.LIST) from error
    check_limit(request.limit)


def check_limit(limit: int) -> None:
    """Refuse a list without a limit."""
    if not limit:
        raise invalid_value("limit", rule=catalogue.LIST)


def missing_execution(message: WorkflowExecutionIdentifier) -> RefusalError:
    """Return the refusal of a request about an execution that isn't there."""
    bare = WorkflowExecutionIdentifier(project=message.project, domain=message.domain, name=message.name)
    return not_found(f"missing entity of type execution with identifier {message_text(bare)}")


def missing_node(message: NodeExecutionIdentifier) -> RefusalError:
    """Return the refusal of a request about a node's execution that isn't there."""
    return not_found(f"missing entity of type node execution with identifier {message_text(_bare_node(message))}")


def missing_task(message: TaskExecutionIdentifier) -> RefusalError:
    """Return the refusal of a request about a task's execution that isn't there; its kinds and attempt go unsaid."""
    bare = TaskExecutionIdentifier(node_execution_id=_bare_node(message.node_execution_id))
    for field in ("project", "domain", "name", "version"):
        setattr(bare.task_id, field, getattr(message.task_id, field))
    return not_found(f"missing entity of type task execution with identifier {message_text(bare)}")


def _bare_node(message: NodeExecutionIdentifier) -> NodeExecutionIdentifier:
    execution = message.execution_id
    bare = WorkflowExecutionIdentifier(project=execution.project, domain=execution.domain, name=execution.name)
    return NodeExecutionIdentifier(node_id=message.node_id, execution_id=bare)


def _check_type(name: str, literal: Literal, parameter: Parameter) -> None:
    found = type_of(name, literal, catalogue.EXECUTION_INPUTS)
    if not castable(found, parameter.var.type):
        expected = message_text(parameter.var.type)
        text = f"invalid {name} input wrong type. Expected {expected}, but got {message_text(found)}"
        raise invalid(text, rule=catalogue.EXECUTION_INPUTS)
