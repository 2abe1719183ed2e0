"""What must be there before a workflow can be compiled: propeller's `requirements.go` and `common/index.go`.

Tasks and launch plans are read from elsewhere; embedded workflows come along with the workflow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import CompileErrors
from hatch_flyte.rules.compiler.graph import detect_cycle
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.wire.nodes import reference, template_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

    from hatch_flyte.rules.compiler.errors import CompileError

_DUPLICATE: Final = "Trying to insert two nodes with the same id."

Key = tuple[int, str, str, str, str, str]
"""What identifiers are told apart by: all of it."""


_PRIMARY: Final[Key] = (-1, "", "", "", "", "")
"""Stands for the workflow that is compiled."""


def key_of(identifier: Identifier) -> Key:
    """Return what an identifier is looked up by (propeller: its text); lists of required entities are sorted by it."""
    kind, place = identifier.resource_type, (identifier.project, identifier.domain)
    return (kind, *place, identifier.name, identifier.version, identifier.org)


@dataclass(slots=True)
class WorkflowIndex:
    """Embedded workflows by their identifiers."""

    workflows: dict[Key, WorkflowTemplate] = field(default_factory=dict)
    errors: list[CompileError] = field(default_factory=list)
    complete: bool = True
    """Whether each workflow has an identifier of its own; else nothing is compiled."""


@dataclass(slots=True)
class Requirements:
    """What a workflow and those that it runs refer to, each once, sorted."""

    tasks: list[Identifier]
    launch_plans: list[Identifier]
    sub_workflows: dict[Key, int]
    """Those that are run, each after those that it runs, and how deep each stands; some, where there are errors."""
    errors: list[CompileError]
    """Workflows that aren't embedded, and ones that run each other."""


def workflow_index(sub_workflows: Iterable[WorkflowTemplate]) -> WorkflowIndex:
    """Return the embedded workflows by their identifiers (`NewWorkflowIndex`).

    After the first without an identifier propeller looks no further, and says nothing of it.
    """
    index, errors = WorkflowIndex(), CompileErrors()
    for template in sub_workflows:
        if not template.HasField("id"):
            index.complete = False
            break
        if key_of(template.id) in index.workflows:
            errors.collect(ErrorCode.DUPLICATE_ID, message_text(template.id), _DUPLICATE)
            index.complete = False
        index.workflows.setdefault(key_of(template.id), template)
    index.errors = errors.sorted()
    return index


def requirements(template: WorkflowTemplate, index: WorkflowIndex) -> Requirements:
    """Return what `template` and the embedded workflows that it comes to run refer to (`getRequirements`).

    propeller follows workflows that run each other until its process ends; here they are an error.
    """
    errors = CompileErrors()
    found: dict[str, dict[Key, Identifier]] = {"task_node": {}, "workflow_node": {}}
    embedded: dict[Key, Identifier] = {}
    run: dict[Key, list[Key]] = {}
    waiting = [(_PRIMARY, template)]
    while waiting:
        name, workflow = waiting.pop()
        run[name] = []
        for node, wanted in _references(workflow):
            key = key_of(wanted)
            if not node.workflow_node.HasField("sub_workflow_ref"):
                found[node.WhichOneof("target") or ""].setdefault(key, wanted)
            elif key not in index.workflows:
                errors.workflow_reference_not_found(node.id, message_text(wanted))
            else:
                run[name].append(key)
                if embedded.setdefault(key, wanted) is wanted:
                    waiting.append((key, index.workflows[key]))
    circle, order = detect_cycle(_PRIMARY, run.__getitem__)
    if circle:
        errors.cycle_detected([message_text(embedded[key]) for key in circle[1:]])
    depths = {} if circle else _depths(order, run)
    return Requirements(_sorted(found["task_node"]), _sorted(found["workflow_node"]), depths, errors.sorted())


def _depths(order: list[Key], run: dict[Key, list[Key]]) -> dict[Key, int]:
    """Return how many workflows stand above each one at most; `order` has each after those that it runs."""
    depths = dict.fromkeys(order, 0)
    for name in reversed(order):
        for inner in run[name]:
            depths[inner] = max(depths[inner], depths[name] + 1)
    del depths[_PRIMARY]
    return depths


def _references(template: WorkflowTemplate) -> Iterator[tuple[Node, Identifier]]:
    """Yield every node that runs something, wherever it stands, with the identifier of that."""
    for node in template_nodes(template):
        found = reference(node)
        if found is not None:
            yield node, found


def _sorted(found: dict[Key, Identifier]) -> list[Identifier]:
    return [found[key] for key in sorted(found)]
