"""Compiling a workflow: propeller's `workflow_compiler.go`.

Gives what is wrong with it, all at once. What it compiles to is `wire/compiled`'s to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

from hatch_flyte.rules.compiler.bindings import add_edges
from hatch_flyte.rules.compiler.builders import (
    EdgeDirection,
    Interface,
    NodeBuilder,
    WorkflowBuilder,
    typed_interface,
)
from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import CompileError, CompileErrors, TooMuchError, Work
from hatch_flyte.rules.compiler.graph import detect_cycle
from hatch_flyte.rules.compiler.node import validate_node
from hatch_flyte.rules.compiler.references import NOTHING_KNOWN, Lookup
from hatch_flyte.rules.compiler.requirements import key_of, requirements, workflow_index
from hatch_flyte.rules.compiler.typing import Casts
from hatch_flyte.rules.compiler.vars import check_variables
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.wire.connections import END_NODE, START_NODE
from hatch_flyte.wire.nodes import template_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.core.identifier_pb2 import Identifier

    from hatch_flyte.rules.compiler.references import LaunchPlanInterface, References, TaskInterface
    from hatch_flyte.rules.compiler.requirements import Key, Requirements, WorkflowIndex

_MAX_DEPTH: Final = 6
"""How deep embedded workflows are compiled one within the other."""

_MAX_REPEATS: Final = 16
"""How often embedded workflows that are wrong are compiled again."""

_WITHOUT_ID: Final = CompileError(ErrorCode.VALUE_REQUIRED, "workflow", "Value required [Template.Id].")
"""Said of an embedded workflow without an identifier, of which propeller says nothing."""


_TOO_MUCH: Final = CompileError(ErrorCode.UNRECOGNIZED_VALUE, START_NODE, "The Workflow is too large to be compiled.")
"""Said in place of all that was not looked at any more; propeller goes on for as long as it takes."""


@dataclass(slots=True)
class _Embedded:
    """An embedded workflow."""

    template: WorkflowTemplate
    interface: Interface
    has_branches: bool
    """Whether it, or one that it runs, has some: then it says other things when it is compiled again."""
    errors: list[CompileError] | None = None
    """None until it is compiled."""
    is_run: bool = False
    """Whether a node was met that runs it."""


def compile_workflow(
    template: WorkflowTemplate,
    sub_workflows: Iterable[WorkflowTemplate] = (),
    references: References = NOTHING_KNOWN,
) -> list[CompileError]:
    """Return what is wrong with a workflow (`CompileWorkflow`), sorted as propeller lists it; nothing if it compiles.

    `sub_workflows` are the workflows embedded beside it; only those that it comes to run are looked at. `references`
    looks up the tasks and launch plans that it refers to. The messages are not changed.
    """
    index = workflow_index(sub_workflows)
    if not index.complete:
        return index.errors or [_WITHOUT_ID]
    return compile_required(template, index, requirements(template, index), references)


def compile_required(
    template: WorkflowTemplate, index: WorkflowIndex, required: Requirements, references: References
) -> list[CompileError]:
    """Return the same, for who has asked already what is embedded and what is referred to."""
    tasks = {key_of(one): _task(references.task(one)) for one in required.tasks}
    launch_plans = {key_of(one): references.launch_plan(one) for one in required.launch_plans}
    errors = _missing(required, tasks, launch_plans)
    if not errors.has_errors:
        _Compiler(index, tasks, launch_plans).compile_all(template, required.sub_workflows, errors)
    return errors.sorted()


class _Compiler:
    """Compiles a workflow and those embedded in it, each of these when a node is met that runs it.

    propeller compiles an embedded workflow anew for each node, unless it was free of errors: that matters only where
    what it says changes, and is done only a few times. Those that stand deep come first, so that none is too deep.
    """

    def __init__(
        self,
        index: WorkflowIndex,
        tasks: Mapping[Key, Interface | Lookup],
        launch_plans: Mapping[Key, LaunchPlanInterface | Lookup],
    ) -> None:
        self._index = index
        self._tasks = tasks
        self._launch_plans = launch_plans
        self._embedded: dict[Key, _Embedded] = {}
        self._repeats = 0
        self._work = Work()
        self._casts = Casts(self._work)

    def compile_all(self, template: WorkflowTemplate, depths: Mapping[Key, int], errors: CompileErrors) -> None:
        """Collect what is wrong with a workflow; `depths` are the embedded ones, each after those that it runs."""
        for key, depth in depths.items():
            own = _copy(self._index.workflows[key])
            one = _Embedded(own, typed_interface(own.interface), self._has_branches(own))
            self._embedded[key] = one
            if depth > _MAX_DEPTH:
                one.errors = self._compile(one.template)
        errors.add(self._compile(_copy(template)))

    def interface(self, identifier: Identifier) -> Interface | Literal[Lookup.MISSING] | None:
        """Return the interface of an embedded workflow; None if it has none, until a node was met that runs it."""
        one = self._embedded.get(key_of(identifier))
        if one is None:
            return Lookup.MISSING
        given = one.template.HasField("interface") or (one.is_run and bool(one.template.nodes))
        return one.interface if given else None

    def compile(self, identifier: Identifier, errors: CompileErrors) -> bool:
        """Collect what is wrong with an embedded workflow; return whether there is such a one."""
        one = self._embedded.get(key_of(identifier))
        if one is None:
            return False
        if one.errors is None:
            one.errors = self._compile(one.template)
        elif one.is_run and one.errors and self._repeats < _MAX_REPEATS and one.has_branches:
            # Compiled anew, it says the same of nodes inside of branches under longer names.
            self._repeats += 1
            one.errors = [*one.errors, *self._compile(one.template)]
        one.is_run = True
        errors.add(one.errors)
        return True

    def _has_branches(self, template: WorkflowTemplate) -> bool:
        for node in template_nodes(template):
            run = self._embedded.get(key_of(node.workflow_node.sub_workflow_ref))
            if node.HasField("branch_node") or (run is not None and run.has_branches):
                return True
        return False

    def _compile(self, template: WorkflowTemplate) -> list[CompileError]:
        errors = CompileErrors(work=self._work)
        try:
            _validate_workflow(WorkflowBuilder(template, self._tasks, self._launch_plans, self, self._casts), errors)
        except TooMuchError:
            return [*errors.sorted(), _TOO_MUCH]
        return errors.sorted()


def _validate_workflow(workflow: WorkflowBuilder, errors: CompileErrors) -> None:
    """Check a workflow but for those embedded in it (`ValidateWorkflow`)."""
    template = workflow.template
    if not template.nodes:
        name = message_text(template.id if template.HasField("id") else None)
        errors.collect(ErrorCode.NO_NODES_FOUND, name, f"Can't find any nodes in workflow [{name}].")
        return
    interface = typed_interface(template.interface)
    check_variables(START_NODE, interface, errors)
    if errors.has_errors:
        return
    workflow.nodes[START_NODE] = NodeBuilder(Node(id=START_NODE), Interface(outputs=interface.inputs))
    workflow.nodes[END_NODE] = NodeBuilder(
        Node(id=END_NODE, inputs=template.outputs), Interface(inputs=interface.outputs)
    )
    for message in template.nodes:
        node = NodeBuilder(message)
        # A second node of the same identifier is checked, but takes part in nothing.
        workflow.nodes.setdefault(node.id, node)
        validate_node(workflow, node, errors.scope())
    for node_id in sorted(workflow.nodes.keys() - {START_NODE}):
        add_edges(workflow, workflow.nodes[node_id], EdgeDirection.BIDIRECTIONAL, errors.scope())
    if template.HasField("failure_node"):
        failure = NodeBuilder(template.failure_node)
        validate_node(workflow, failure, errors.scope())
        add_edges(workflow, failure, EdgeDirection.UPSTREAM, errors.scope())
    _add_orphans(workflow)
    _validate_reachable(workflow, errors.scope())


def _add_orphans(workflow: WorkflowBuilder) -> None:
    """Tie nodes that wait for nothing to the start, and those that nothing waits for to the end."""
    for node_id in workflow.nodes.keys() - {START_NODE, END_NODE}:
        if node_id not in workflow.upstream:
            workflow.add_edge(START_NODE, node_id, EdgeDirection.BIDIRECTIONAL)
        if node_id not in workflow.downstream:
            workflow.add_edge(node_id, END_NODE, EdgeDirection.BIDIRECTIONAL)


def _validate_reachable(workflow: WorkflowBuilder, errors: CompileErrors) -> None:
    """Collect a circle of nodes, or that nodes can't be reached from the start (`validateReachable`)."""
    circle, reached = detect_cycle(START_NODE, lambda name: sorted(workflow.downstream.get(name, ())))
    unreachable = workflow.nodes.keys() - {*reached, END_NODE}
    if circle:
        errors.cycle_detected(circle)
    elif unreachable:
        text = f"The Workflow contain unreachable nodes [{','.join(sorted(unreachable))}]."
        errors.collect(ErrorCode.UNREACHABLE_NODES, START_NODE, text)


def _missing(
    required: Requirements,
    tasks: Mapping[Key, Interface | Lookup],
    launch_plans: Mapping[Key, LaunchPlanInterface | Lookup],
) -> CompileErrors:
    """Return what a workflow refers to and isn't there (`validateAllRequirements`); then nothing else is looked at."""
    errors = CompileErrors()
    errors.add(required.errors)
    for identifier in required.launch_plans:
        if launch_plans[key_of(identifier)] is Lookup.MISSING:
            errors.workflow_reference_not_found(START_NODE, message_text(identifier))
    for identifier in required.tasks:
        if tasks[key_of(identifier)] is Lookup.MISSING:
            errors.task_reference_not_found(START_NODE, message_text(identifier))
    return errors


def _task(found: TaskInterface | Lookup) -> Interface | Lookup:
    if isinstance(found, Lookup):
        return found
    return Interface() if found.interface is None else typed_interface(found.interface)


def _copy(template: WorkflowTemplate) -> WorkflowTemplate:
    """Return a copy that may be changed: promises and nodes inside of branches get names, which messages show."""
    copy = WorkflowTemplate()
    copy.CopyFrom(template)
    return copy
