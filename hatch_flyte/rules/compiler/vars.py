"""The variables of a node: under which names it gives them, and whether it has one.

propeller's `validators/vars.go`, and `validateEffectiveOutputParameters` of its `validators/node.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import CompileErrors
from hatch_flyte.rules.compiler.typing import type_text

if TYPE_CHECKING:
    from flyteidl.core.types_pb2 import LiteralType

    from hatch_flyte.rules.compiler.builders import Interface, NodeBuilder, Variables


def effective_outputs(node: NodeBuilder, errors: CompileErrors) -> Variables:
    """Return a node's outputs under their aliases (`validateEffectiveOutputParameters`)."""
    if node.interface is None:
        # The aliases can be wrong by themselves, though there is nothing to give.
        _aliases(node, errors)
        return {}
    if node.outputs is None:
        found = CompileErrors()
        node.outputs = (_aliased(node, node.interface, found), found.sorted())
    outputs, problems = node.outputs
    errors.add(problems)
    return outputs


def output_type(node: NodeBuilder, name: str, errors: CompileErrors) -> LiteralType | None:
    """Return the type of a node's output (`validateOutputVar`); None if it has none, or if it isn't known.

    It has none where errors are collected.
    """
    outputs = effective_outputs(node, errors)
    known = node.interface is None or node.interface.known
    if known and not errors.has_errors and name not in outputs:
        errors.variable_name_not_found(node.id, name)
    return outputs.get(name)


def input_type(node: NodeBuilder, interface: Interface, name: str, errors: CompileErrors) -> LiteralType | None:
    """Return the type of a node's input (`validateInputVar`); None if it has none, or only a binding for it."""
    if name not in interface.inputs and not any(binding.var == name for binding in node.message.inputs):
        errors.variable_name_not_found(node.id, name)
    return interface.inputs.get(name)


def check_same_type(
    node_id: str, name: str, types: tuple[LiteralType | None, LiteralType | None], errors: CompileErrors
) -> None:
    """Collect that the second type isn't the first, to the last annotation (`validateVarType`)."""
    given, expected = types
    if given is not None and expected is not None and given != expected:
        errors.mismatching_types(node_id, name, type_text(given), type_text(expected))


def check_variables(node_id: str, interface: Interface, errors: CompileErrors) -> None:
    """Collect that variables of an interface have no name or no type (`validateVariables`)."""
    for variables in (interface.inputs, interface.outputs):
        if "" in variables:
            errors.value_required(node_id, "paramName")
        if any(type_ is None for type_ in variables.values()):
            errors.value_required(node_id, "param.Type")


def _aliases(node: NodeBuilder, errors: CompileErrors) -> dict[str, str]:
    """Return the aliases of a node's outputs by the outputs."""
    aliases: dict[str, str] = {}
    for alias in node.message.output_aliases:
        if alias.var in aliases:
            text = f"Duplicate alias [{alias.alias}] found. An output alias can only be used once in the Workflow."
            errors.collect(ErrorCode.DUPLICATE_ALIAS, node.id, text)
        else:
            aliases[alias.var] = alias.alias
    return aliases


def _aliased(node: NodeBuilder, interface: Interface, errors: CompileErrors) -> Variables:
    aliases = _aliases(node, errors)
    if not aliases or not interface.known:
        return interface.outputs
    for output, alias in aliases.items():
        if output not in interface.outputs:
            errors.parameter_not_bound(node.id, alias)
    return {aliases.get(name, name): type_ for name, type_ in interface.outputs.items()}
