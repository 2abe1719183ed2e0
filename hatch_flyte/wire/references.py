"""What an entity needs to be there before a registry takes it. Knows nothing of registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.nodes import reference, template_nodes, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core import identifier_pb2
    from google.protobuf.message import Message


def references(kind: Kind, spec: Message) -> list[Identifier]:
    """Return what `spec` refers to, each once, in the order of its first use.

    `spec` is a `TaskSpec`, `WorkflowSpec`, `LaunchPlan` or `LaunchPlanSpec`. A workflow refers to the tasks and launch
    plans of its template and of the workflows embedded in it, wherever their nodes stand; embedded workflows are no
    references. A launch plan refers to its workflow, a task to nothing.
    """
    holder = cast("Any", spec)
    if kind is Kind.WORKFLOW:
        return list(dict.fromkeys(_node_references(holder)))
    if kind is Kind.LAUNCH_PLAN:
        plan = getattr(holder, "spec", holder)
        return [of_kind(Kind.WORKFLOW, plan.workflow_id)] if plan.HasField("workflow_id") else []
    return []


def _node_references(spec: WorkflowSpec) -> Iterator[Identifier]:
    for template in templates(spec):
        for node in template_nodes(template):
            found = reference(node)
            if found is not None and node.HasField("task_node"):
                yield of_kind(Kind.TASK, found)
            elif found is not None and node.workflow_node.HasField("launchplan_ref"):
                yield of_kind(Kind.LAUNCH_PLAN, found)


def of_kind(kind: Kind, message: identifier_pb2.Identifier) -> Identifier:
    """Return the identifier with the kind that its place asks for, whatever its resource type says."""
    return Identifier(kind, message.project, message.domain, message.name, message.version)
