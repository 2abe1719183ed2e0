"""What a node takes and gives, by what it runs: propeller's `validators/interface.go`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.interface_pb2 import ParameterMap, VariableMap

from hatch_flyte.rules.compiler.bindings import discover_inputs
from hatch_flyte.rules.compiler.branch import branch_interface
from hatch_flyte.rules.compiler.builders import Interface, typed_interface, variables
from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.references import Lookup
from hatch_flyte.rules.compiler.requirements import key_of
from hatch_flyte.rules.compiler.vars import check_variables
from hatch_flyte.rules.prototext import message_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_flyte.rules.compiler.builders import NodeBuilder, Variables, WorkflowBuilder
    from hatch_flyte.rules.compiler.errors import CompileErrors

_UNKNOWN: Final = Interface(known=False)


def underlying_interface(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    """Return the interface of a node, and remember it there (`ValidateUnderlyingInterface`); None if it is wrong."""
    if node.interface is None:
        of_kind = _KINDS.get(node.message.WhichOneof("target") or "", _no_target)
        interface = of_kind(workflow, node, errors)
        if not errors.has_errors:
            node.interface = interface
    return node.interface


def _no_target(_: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> None:
    errors.value_required(node.id, "Target")


def _task(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    if not node.message.task_node.HasField("reference_id"):
        errors.value_required(node.id, "TaskNode.ReferenceId")
        return None
    reference = node.message.task_node.reference_id
    found = workflow.tasks.get(key_of(reference), Lookup.MISSING)
    if found is Lookup.MISSING:
        errors.task_reference_not_found(node.id, message_text(reference))
        return None
    return _UNKNOWN if found is Lookup.UNKNOWN else _checked(node, found, errors)


def _workflow(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    """Return the interface of a launch plan or an embedded workflow.

    A reference to a launch plan under the very identifier of the workflow, its resource type included, is taken for
    one to the workflow itself.
    """
    target = node.message.workflow_node
    if target.HasField("launchplan_ref"):
        if key_of(target.launchplan_ref) == key_of(workflow.template.id):
            return _checked(node, typed_interface(workflow.template.interface), errors)
        return _launch_plan(workflow, node, errors)
    if not target.HasField("sub_workflow_ref"):
        errors.workflow_reference_not_found(node.id, "<nil>/<nil>")
        return None
    found = workflow.sub_workflows.interface(target.sub_workflow_ref)
    if found is Lookup.MISSING:
        errors.workflow_reference_not_found(node.id, message_text(target.sub_workflow_ref))
    elif found is None:
        errors.value_required(node.id, "WorkflowNode.Template.Interface")
    else:
        return _checked(node, found, errors)
    return None


def _launch_plan(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    """Return the interface of a launch plan: what it needs, and of what it has a default for what the node binds."""
    reference = node.message.workflow_node.launchplan_ref
    found = workflow.launch_plans.get(key_of(reference), Lookup.MISSING)
    if found is Lookup.MISSING:
        errors.workflow_reference_not_found(node.id, message_text(reference))
        return None
    if found is Lookup.UNKNOWN:
        return _UNKNOWN
    if found.expected_inputs is None:
        errors.value_required(node.id, "WorkflowNode.ExpectedInputs")
    if found.expected_outputs is None:
        errors.value_required(node.id, "WorkflowNode.ExpectedOutputs")
    bound = {binding.var for binding in node.message.inputs}
    inputs: Variables = {}
    errors.work.spend(len(bound))
    for name, parameter in (found.expected_inputs or ParameterMap()).parameters.items():
        if parameter.required or name in bound:
            inputs[name] = parameter.var.type if parameter.var.HasField("type") else None
    return _checked(node, Interface(inputs, variables(found.expected_outputs or VariableMap())), errors)


def _branch(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    return branch_interface(workflow, node, underlying_interface, errors.scope())


def _gate(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    """Return the interface of a gate: an approval hands on what is bound to it, a signal comes out, time goes by."""
    gate = node.message.gate_node
    condition = gate.WhichOneof("condition")
    if condition == "approve":
        inputs = discover_inputs(workflow, node, errors.scope())
        return Interface(inputs, inputs)
    if condition == "sleep":
        return Interface()
    if condition is None:
        text = f"Can't find any condition in gate node [{node.id}]."
        errors.collect(ErrorCode.NO_CONDITION_FOUND, node.id, text)
    elif not gate.signal.HasField("type"):
        errors.value_required(node.id, "GateNode.Signal.Type")
    elif not gate.signal.output_variable_name:
        errors.value_required(node.id, "GateNode.Signal.OutputVariableName")
    else:
        return Interface(outputs={gate.signal.output_variable_name: gate.signal.type})
    return None


def _array(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Interface | None:
    """Return the interface of the node that an array runs, as it is: flytekit has made lists of it already."""
    return underlying_interface(workflow, node.inside("array", node.message.array_node.node), errors.scope())


def _checked(node: NodeBuilder, interface: Interface, errors: CompileErrors) -> Interface:
    errors.work.spend(len(interface.inputs) + len(interface.outputs))
    check_variables(node.id, interface, errors)
    return interface


_KINDS: Final[dict[str, Callable[[WorkflowBuilder, NodeBuilder, CompileErrors], Interface | None]]] = {
    "task_node": _task,
    "workflow_node": _workflow,
    "branch_node": _branch,
    "gate_node": _gate,
    "array_node": _array,
}
