"""What is bound to a node's inputs, or to a workflow's outputs: propeller's `validators/bindings.go`.

A promise makes an edge from the node that it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.types_pb2 import LiteralType, SimpleType

from hatch_flyte.rules.compiler.binding_data import Input
from hatch_flyte.rules.compiler.builders import EdgeDirection
from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.typing import is_optional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.literals_pb2 import Binding

    from hatch_flyte.rules.compiler.builders import NodeBuilder, Variables, WorkflowBuilder
    from hatch_flyte.rules.compiler.errors import CompileErrors

_ANYTHING: Final = LiteralType(simple=SimpleType.NONE)
"""What propeller expects where it doesn't look at types."""


def add_edges(workflow: WorkflowBuilder, node: NodeBuilder, edges: EdgeDirection, errors: CompileErrors) -> None:
    """Check a node's bindings, and note its edges (`AddEdges`); none where its interface is wrong."""
    if node.interface is None:
        return
    if edges is EdgeDirection.BIDIRECTIONAL:
        for provider in node.message.upstream_node_ids:
            workflow.add_edge(provider, node.id, edges)
    params = node.interface.inputs if node.interface.known else None
    validate_bindings(workflow, node, params, edges, errors.scope())


def validate_bindings(
    workflow: WorkflowBuilder, node: NodeBuilder, params: Variables | None, edges: EdgeDirection, errors: CompileErrors
) -> None:
    """Check what is bound to a node's inputs, and note the edges that it makes (`ValidateBindings`).

    `params` are the types of the inputs; None if they aren't known.
    """
    provided = set()
    for binding in _well_formed(node, params, errors):
        provided.add(binding.var)
        given = Input(workflow, node, binding.var)
        bound = given.validate(binding.binding, None if params is None else params[binding.var], errors.scope())
        for provider in bound.upstream if bound else ():
            workflow.add_edge(provider, node.id, edges)
    errors.work.spend(len(params or ()))
    for name, type_ in (params or {}).items():
        if name not in provided and not (type_ is not None and is_optional(type_)):
            errors.parameter_not_bound(node.id, name)


def discover_inputs(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> Variables:
    """Return the inputs of a node that takes whatever is bound to it, a branch or an approval.

    That is `ValidateBindings` without types: lists and maps can't be bound.
    """
    found: Variables = {}
    for binding in _well_formed(node, None, errors):
        given = Input(workflow, node, binding.var, typed=False)
        bound = given.validate(binding.binding, _ANYTHING, errors.scope())
        if bound is not None:
            found[binding.var] = bound.type
            for provider in bound.upstream:
                workflow.add_edge(provider, node.id, EdgeDirection.UPSTREAM)
    return found


def _well_formed(node: NodeBuilder, params: Variables | None, errors: CompileErrors) -> Iterator[Binding]:
    """Yield the bindings of inputs that there are, each input's first."""
    seen = set()
    for binding in node.message.inputs:
        if params is not None and binding.var not in params:
            errors.variable_name_not_found(node.id, binding.var)
        elif not binding.HasField("binding"):
            errors.value_required(node.id, "Binding")
        elif binding.var in seen:
            text = f"Input [{binding.var}] is bound more than once."
            errors.collect(ErrorCode.PARAMETER_BOUND_MORE_THAN_ONCE, node.id, text)
        else:
            seen.add(binding.var)
            yield binding
