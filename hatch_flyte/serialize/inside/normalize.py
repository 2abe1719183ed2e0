"""The one form of a protobuf that depends neither on memory addresses nor on the order in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.entities import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANNOTATION = "hatch-flyte/distribution"
_FAST_PREFIX_LENGTH = 6
"""Words that flytekit puts before a task's command to have the code downloaded first, `--` included."""


def normalize(message: Any, ownership: str | None) -> None:
    """Bring a protobuf into the one form that does not depend on memory addresses or on the order in a file."""
    kind = KINDS[message.DESCRIPTOR.full_name]
    if kind == "task":
        args = list(message.template.container.args)
        prefix = args[:_FAST_PREFIX_LENGTH]
        # flytekit adds it twice where a workflow overrides the pod of a task that it meets before the task itself.
        if prefix[:1] == ["pyflyte-fast-execute"] and prefix == args[_FAST_PREFIX_LENGTH : 2 * _FAST_PREFIX_LENGTH]:
            del message.template.container.args[:_FAST_PREFIX_LENGTH]
    elif kind == "workflow":
        for template in (message.template, *message.sub_workflows):
            for node in (*template.nodes, template.failure_node):
                _sort_upstream(node)
    elif ownership:
        message.spec.annotations.values[_ANNOTATION] = ownership


def _sort_upstream(node: Any) -> None:
    # Written only where there is something to sort: writing to an unset failure node would set it.
    if len(node.upstream_node_ids) > 1:
        node.upstream_node_ids.sort()
    if node.HasField("branch_node"):
        choice = node.branch_node.if_else
        for branch in (choice.case, *choice.other):
            _sort_upstream(branch.then_node)
        _sort_upstream(choice.else_node)
    if node.HasField("array_node"):
        _sort_upstream(node.array_node.node)


def parts_of(message: Any) -> Iterator[tuple[str, bytes]]:
    """Give the parts of an entity that hold values, by the words that users have for them: inputs, mostly."""
    kind = KINDS[message.DESCRIPTOR.full_name]
    if kind == "launch plan":
        for name, parameter in message.spec.default_inputs.parameters.items():
            yield f"default of the input `{name}`", parameter.SerializeToString()
        for name, literal in message.spec.fixed_inputs.literals.items():
            yield f"fixed input `{name}`", literal.SerializeToString()
    elif kind == "workflow":
        for node in message.template.nodes:
            for binding in node.inputs:
                yield f"input `{binding.var}` of the node `{node.id}`", binding.SerializeToString()
