"""The conditions of branches: propeller's `validators/condition.go`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.literals import primitive_type
from hatch_flyte.rules.compiler.vars import check_same_type, input_type

if TYPE_CHECKING:
    from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, Operand
    from flyteidl.core.types_pb2 import LiteralType

    from hatch_flyte.rules.compiler.builders import NodeBuilder
    from hatch_flyte.rules.compiler.errors import CompileErrors


def validate_boolean_expression(node: NodeBuilder, expression: BooleanExpression | None, errors: CompileErrors) -> None:
    """Check a condition of a branch (`ValidateBooleanExpression`); None where there is none."""
    if expression is None:
        text = "One of the branches on the node doesn't have a condition."
        errors.collect(ErrorCode.BRANCH_NODE_HAS_NO_CONDITION, node.id, text)
    elif expression.HasField("comparison"):
        _comparison(node, expression.comparison, errors)
    elif expression.HasField("conjunction"):
        both = expression.conjunction
        for side in ("left_expression", "right_expression"):
            inner = getattr(both, side) if both.HasField(side) else None
            validate_boolean_expression(node, inner, errors.scope())
    else:
        errors.value_required(node.id, "Expr")


def _comparison(node: NodeBuilder, comparison: ComparisonExpression, errors: CompileErrors) -> None:
    right, left = (
        _operand(node, name, getattr(comparison, field) if comparison.HasField(field) else None, errors.scope())
        for name, field in (("RightValue", "right_value"), ("LeftValue", "left_value"))
    )
    check_same_type(node.id, "RightValue", (right, left), errors)


def _operand(node: NodeBuilder, name: str, operand: Operand | None, errors: CompileErrors) -> LiteralType | None:
    """Return the type of an operand; None if it isn't known or something is wrong. Scalars can't be compared."""
    if operand is None:
        errors.value_required(node.id, name)
    elif operand.HasField("primitive"):
        return primitive_type(operand.primitive)
    elif not operand.var:
        errors.value_required(node.id, f"{name}.Val")
    elif node.interface is None:
        errors.value_required(node.id, operand.var)
    else:
        return input_type(node, node.interface, operand.var, errors)
    return None
