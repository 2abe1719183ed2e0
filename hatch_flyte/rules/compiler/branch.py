"""What a branch takes and gives: propeller's `validators/branch.go`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hatch_flyte.rules.compiler.bindings import discover_inputs
from hatch_flyte.rules.compiler.builders import Interface, NodeBuilder, WorkflowBuilder
from hatch_flyte.rules.compiler.errors import CompileErrors
from hatch_flyte.rules.compiler.vars import check_same_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.workflow_pb2 import IfBlock

    from hatch_flyte.rules.compiler.builders import Variables

InterfaceOf = Callable[[WorkflowBuilder, NodeBuilder, CompileErrors], "Interface | None"]


def branch_interface(
    workflow: WorkflowBuilder, node: NodeBuilder, interface_of: InterfaceOf, errors: CompileErrors
) -> Interface | None:
    """Return the interface of a branch (`validateBranchInterface`); None if something is wrong with it.

    It takes what is bound to it, and gives what all its cases give, which must be of the very same types. Its nodes
    get their names here: the branch's comes before their own.
    """
    missing = _missing(node)
    if missing:
        errors.value_required(node.id, missing)
        return None
    for block in node.message.branch_node.if_else.other:
        if not block.HasField("then_node"):
            errors.value_required(node.id, "IfElse.Case.ThenNode")
    common: Interface | None = None
    for case in cases(node):
        case.rename(f"{node.id}-{case.id}")
        found = interface_of(workflow, case, errors.scope())
        if found is not None:
            common = found if common is None else _common(case.id, common, found, errors.scope())
    inputs = discover_inputs(workflow, node, errors.scope())
    if errors.has_errors or common is None:
        return None
    return Interface(inputs, common.outputs, common.known)


def blocks(node: NodeBuilder) -> list[IfBlock]:
    """Return a branch's cases with a condition."""
    block = node.message.branch_node.if_else
    return [*([block.case] if block.HasField("case") else []), *block.other]


def cases(node: NodeBuilder) -> Iterator[NodeBuilder]:
    """Yield the nodes that a branch chooses from, those that are there."""
    for index, block in enumerate(blocks(node)):
        if block.HasField("then_node"):
            yield node.inside(index, block.then_node)
    if node.message.branch_node.if_else.HasField("else_node"):
        yield node.inside("else", node.message.branch_node.if_else.else_node)


def _missing(node: NodeBuilder) -> str:
    """Return what a branch lacks so that nothing more can be said of it."""
    branch = node.message.branch_node
    if not branch.HasField("if_else"):
        return "Branch.IfElse"
    if not branch.if_else.HasField("case"):
        return "Branch.IfElse.Case"
    return "" if branch.if_else.case.HasField("then_node") else "Branch.IfElse.Case.ThenNode"


def _common(case_id: str, common: Interface, found: Interface, errors: CompileErrors) -> Interface:
    """Return the outputs that both have; where one isn't known, those of the other."""
    if not (common.known and found.known):
        return found if found.known else common
    outputs: Variables = {name: type_ for name, type_ in common.outputs.items() if name in found.outputs}
    for name, type_ in outputs.items():
        check_same_type(case_id, name, (type_, found.outputs[name]), errors)
    return Interface(outputs=outputs)
