"""What the control plane makes of a workflow and of a launch plan when it takes them.

Owns the shape of the answers (flyteadmin 1.16, propeller's compiler): start-node and end-node, promises that name the
start-node, identifiers of nodes inside branches, connections, augmented inputs. Finding errors is not its job: input
that the control plane refuses gives some closure, never an exception or an endless loop.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from flyteidl.admin.launch_plan_pb2 import LaunchPlanClosure, LaunchPlanSpec
from flyteidl.core.compiler_pb2 import CompiledTask, CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, Variable
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.connections import END_NODE, START_NODE, Connections
from hatch_flyte.wire.nodes import branch_cases, reference, template_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core import identifier_pb2
    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.tasks_pb2 import TaskTemplate

_MAX_PASSES: Final = 4096
"""Passes over embedded workflows in one compilation; beyond, each is compiled once. No real workflow comes near."""


def compiled_closure(spec: WorkflowSpec, tasks: Mapping[Identifier, TaskTemplate]) -> CompiledWorkflowClosure:
    """Return the closure that GetWorkflow answers for `spec`.

    The embedded workflows keep their order; one that no node runs stays as it was sent. `tasks` are the templates of
    registered tasks: those that the workflow runs go into the closure, sorted by identifier; what isn't there is left
    out. `spec` is not changed.
    """
    closure = compiled_workflows(spec)
    for identifier in _required_tasks(spec):
        found = tasks.get(_task_identifier(identifier))
        if found is not None:
            closure.tasks.append(_compiled_task(found))
    return closure


def compiled_workflows(spec: WorkflowSpec) -> CompiledWorkflowClosure:
    """Return the closure of `spec` without its tasks: all that depends on nothing but `spec`."""
    closure = CompiledWorkflowClosure(
        primary=CompiledWorkflow(template=spec.template),
        sub_workflows=[CompiledWorkflow(template=template) for template in spec.sub_workflows],
    )
    embedded = {_key(one.template.id): one for one in reversed(closure.sub_workflows)}
    passes: Counter[tuple[object, ...]] = Counter()
    waiting = deque([(closure.primary, 0)])
    while waiting:
        workflow, depth = waiting.popleft()
        for key in _compile(workflow):
            # The control plane compiles a workflow once for each other one that runs it, each time on the outcome of
            # the time before. Workflows that run each other end it; here a chain longer than there are workflows ends.
            if key in embedded and depth < len(embedded) and (passes[key] == 0 or passes.total() < _MAX_PASSES):
                passes[key] += 1
                waiting.append((embedded[key], depth + 1))
    return closure


def compiled_template(template: WorkflowTemplate) -> WorkflowTemplate:
    """Return `template` as the control plane compiles it, a workflow of its own; `template` is not changed."""
    workflow = CompiledWorkflow(template=template)
    _compile(workflow)
    return workflow.template


def augmented_launch_plan(spec: LaunchPlanSpec, interface: TypedInterface) -> tuple[LaunchPlanSpec, LaunchPlanClosure]:
    """Return spec and closure that GetLaunchPlan answers for `spec`; state and times are left to the registry.

    `interface` is the workflow's as it was sent, not as compiled: a workflow sent without outputs gives no
    `expected_outputs`. Default inputs become one parameter for each input that is not fixed, required where `spec`
    gives no default. `spec` is not changed.
    """
    expected = ParameterMap()
    for name, variable in interface.inputs.variables.items():
        if name in spec.default_inputs.parameters:
            expected.parameters[name].CopyFrom(spec.default_inputs.parameters[name])
        elif name not in spec.fixed_inputs.literals:
            typed = variable.type if variable.HasField("type") else None
            said = Variable(type=typed, description=variable.description)
            expected.parameters[name].CopyFrom(Parameter(var=said, required=True))
    augmented = LaunchPlanSpec()
    augmented.CopyFrom(spec)
    augmented.default_inputs.CopyFrom(expected)
    closure = LaunchPlanClosure(expected_inputs=expected)
    if interface.HasField("outputs"):
        closure.expected_outputs.CopyFrom(interface.outputs)
    return augmented, closure


def _compile(workflow: CompiledWorkflow) -> list[tuple[object, ...]]:
    """Compile one workflow in place; return the keys of the embedded workflows that its nodes run, each once."""
    template = workflow.template
    template.interface.inputs.SetInParent()
    template.interface.outputs.SetInParent()
    sent = [node for node in template.nodes if node.id not in {START_NODE, END_NODE}]
    kept: dict[str, Node] = {}
    for node in sent:
        # A second node of the same identifier is dropped by the control plane, without a word.
        kept.setdefault(node.id, node)
    failure = [template.failure_node] if template.HasField("failure_node") else []
    connections = Connections()
    for node in [*sent, *failure]:
        _rename_cases(node, connections)
        _sort_upstream(node, connections)
    for node in kept.values():
        connections.add_node(node)
    connections.bind(END_NODE, template.outputs, downstream=True)
    for node in failure:
        connections.bind(node.id, node.inputs)
    connections.add_orphans(kept)
    run = list(dict.fromkeys(_key(one) for node in [*sent, *failure] for one in _run_workflows(node)))
    nodes = [Node(id=START_NODE), Node(id=END_NODE, inputs=template.outputs), *kept.values()]
    _replace_nodes(template, nodes)
    workflow.connections.CopyFrom(connections.to_message())
    return run


def _replace_nodes(template: WorkflowTemplate, nodes: Iterable[Node]) -> None:
    replacement = WorkflowTemplate(nodes=nodes)
    template.ClearField("nodes")
    template.MergeFrom(replacement)


def _rename_cases(node: Node, connections: Connections) -> None:
    """Put a branch's identifier before those of the nodes it chooses from; array nodes are looked into for branches."""
    if node.HasField("branch_node"):
        for case in branch_cases(node.branch_node):
            case.id = f"{node.id}-{case.id}"
            _rename_cases(case, connections)
        connections.bind(node.id, node.inputs)
    elif node.HasField("array_node"):
        _rename_cases(node.array_node.node, connections)
    elif node.gate_node.HasField("approve"):
        connections.bind(node.id, node.inputs)


def _sort_upstream(node: Node, connections: Connections) -> None:
    """Sort what a node waits for, through branches but not in array nodes, whose inner node nobody compiles."""
    node.upstream_node_ids.sort()
    for case in branch_cases(node.branch_node) if node.HasField("branch_node") else []:
        _sort_upstream(case, connections)
        connections.bind(case.id, case.inputs)


def _run_workflows(node: Node) -> Iterator[identifier_pb2.Identifier]:
    if node.HasField("branch_node"):
        for case in branch_cases(node.branch_node):
            yield from _run_workflows(case)
    elif node.workflow_node.HasField("sub_workflow_ref"):
        yield node.workflow_node.sub_workflow_ref


def _key(identifier: identifier_pb2.Identifier) -> tuple[object, ...]:
    return tuple(value for field in identifier.ListFields() for value in (field[0].number, field[1]))


def _required_tasks(spec: WorkflowSpec) -> list[identifier_pb2.Identifier]:
    """Return the tasks that `spec` can come to run, in the order in which the closure lists them."""
    embedded = {_key(template.id): template for template in spec.sub_workflows}
    found: dict[tuple[object, ...], identifier_pb2.Identifier] = {}
    waiting = [spec.template]
    while waiting:
        for node in template_nodes(waiting.pop()):
            one = reference(node)
            if one is not None and node.HasField("task_node"):
                found[_key(one)] = one
            elif one is not None and _key(one) in embedded:
                waiting.append(embedded.pop(_key(one)))
    return sorted(found.values(), key=_text)


def _text(identifier: identifier_pb2.Identifier) -> str:
    """Return the text that flyteadmin sorts identifiers by: fields in order, empty ones left out, values in quotes."""
    return " ".join(f'{field.name}:"{value}"' for field, value in identifier.ListFields())


def _task_identifier(identifier: identifier_pb2.Identifier) -> Identifier:
    return Identifier(Kind.TASK, identifier.project, identifier.domain, identifier.name, identifier.version)


def _compiled_task(template: TaskTemplate) -> CompiledTask:
    compiled = CompiledTask(template=template)
    if compiled.template.HasField("interface"):
        compiled.template.interface.inputs.SetInParent()
        compiled.template.interface.outputs.SetInParent()
    return compiled
