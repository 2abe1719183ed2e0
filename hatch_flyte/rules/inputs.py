"""Rules about literals that are given as inputs: fixed and default ones of launch plans, and those of executions.

Source: validation.go. Where flyteadmin looks at inputs in random order, they are looked at by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.types_pb2 import DATETIME

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.literals import literal_type
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.rules.refusal import invalid

if TYPE_CHECKING:
    from flyteidl.core.interface_pb2 import Parameter, ParameterMap
    from flyteidl.core.literals_pb2 import Literal, LiteralMap
    from flyteidl.core.types_pb2 import LiteralType
    from google.protobuf.timestamp_pb2 import Timestamp

    from hatch_flyte.rules.rule import Rule

_UNKNOWN: Final = (
    "got unknown literal type: [<nil>].\n"
    "Suggested solution: Please update all your Flyte deployment images to the latest version and try again"
)
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799
_SECOND: Final = 1_000_000_000


def type_of(name: str, literal: Literal, rule: Rule) -> LiteralType:
    """Return the type of the input `name`; refuse a literal that has none. Source: ValidateLiteralType."""
    found = literal_type(literal)
    if found is None:
        raise invalid(f"Failed to validate literal type for [{name}] with err: {_UNKNOWN}", rule=rule)
    return found


def check_literals(given: LiteralMap, field: str) -> None:
    """Refuse inputs without a name or a value. Source: validateLiteralMap."""
    for name, literal in sorted(given.literals.items()):
        if not name:
            raise invalid(f"missing key in {field}", rule=catalogue.FIXED_INPUT)
        if literal.WhichOneof("value") is None:
            raise invalid(f"missing valid literal in {field} {name}", rule=catalogue.FIXED_INPUT)
        if literal.scalar.primitive.WhichOneof("value") == "datetime":
            _check_datetime(literal.scalar.primitive.datetime)


def check_parameters(given: ParameterMap, field: str) -> None:
    """Refuse parameters that lack something, or whose default isn't of their type. Source: validateParameterMap."""
    parameters = sorted(given.parameters.items())
    for name, parameter in parameters:
        if parameter.WhichOneof("behavior") == "artifact_query":
            text = f"artifact mode not enabled but query found {field} {name}"
            raise invalid(text, rule=catalogue.DEFAULT_INPUT)
    for name, parameter in parameters:
        _check_parameter(name, parameter, field)


def _check_parameter(name: str, parameter: Parameter, field: str) -> None:
    if not name:
        raise invalid(f"missing key in {field}", rule=catalogue.DEFAULT_INPUT)
    if not parameter.HasField("var") or not parameter.var.HasField("type"):
        raise invalid(
            f"The Variable component of the Parameter {name} in {field} either is missing, or has a missing Type",
            rule=catalogue.DEFAULT_INPUT,
        )
    if parameter.WhichOneof("behavior") == "default":
        _check_default(name, parameter, field)
    elif not parameter.required:
        raise invalid(
            f"Invalid variable {name} in {field} - variable has neither default, nor is required. "
            "One must be specified",
            rule=catalogue.DEFAULT_INPUT,
        )


def _check_default(name: str, parameter: Parameter, field: str) -> None:
    expected, found = parameter.var.type, type_of(name, parameter.default, catalogue.DEFAULT_INPUT)
    if not castable(found, expected):
        raise invalid(
            # The control plane has these two the wrong way round.
            f"Type mismatch for Parameter {name} in {field} has type {message_text(expected)}, "
            f"expected {message_text(found)}",
            rule=catalogue.DEFAULT_INPUT,
        )
    if expected.WhichOneof("type") == "simple" and expected.simple == DATETIME:
        _check_datetime(parameter.default.scalar.primitive.datetime)


def _check_datetime(moment: Timestamp) -> None:
    """Refuse what is no point in time for protobuf. Source: ValidateDatetime."""
    problem = ""
    if moment.seconds < _FIRST_SECOND:
        problem = "before 0001-01-01"
    elif moment.seconds > _LAST_SECOND:
        problem = "after 9999-12-31"
    elif not 0 <= moment.nanos < _SECOND:
        problem = "has out-of-range nanos"
    if problem:
        raise invalid(f"proto: timestamp ({message_text(moment)}) {problem}", rule=catalogue.INPUT_DATETIME)
