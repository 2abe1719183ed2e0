"""Rules about the content of a launch plan, and about activating one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.admin.launch_plan_pb2 import ACTIVE, INACTIVE

from hatch_flyte.rules.identifiers import identifier_text
from hatch_flyte.rules.labels import check_labels
from hatch_flyte.rules.refusal import RefusalError, invalid, missing
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Collection

    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from flyteidl.core.interface_pb2 import Parameter, TypedInterface

STATES: Final = frozenset({ACTIVE, INACTIVE})


def check_launch_plan(spec: LaunchPlanSpec | None, interface: TypedInterface) -> None:
    """Refuse a launch plan whose labels or inputs are wrong; `interface` is its workflow's."""
    if spec is None:
        raise missing("spec")
    check_labels(spec.labels.values)
    _check_fixed_inputs(spec)
    for name, parameter in sorted(spec.default_inputs.parameters.items()):
        _check_default_input(name, parameter)
    inputs = interface.inputs.variables
    _check_names("default", spec.default_inputs.parameters, inputs)
    _check_names("fixed", spec.fixed_inputs.literals, inputs)


def schedule_type(spec: LaunchPlanSpec) -> str:
    """Return `NONE`, `CRON` or `RATE`, as flyteadmin notes the kind of a launch plan's schedule."""
    schedule = spec.entity_metadata.schedule
    if schedule.cron_expression or schedule.HasField("cron_schedule"):
        return "CRON"
    return "RATE" if schedule.HasField("rate") else "NONE"


def check_state(state: int, identifier: IdentifierMessage | None) -> None:
    """Refuse to bring a launch plan into a state that isn't one."""
    if state not in STATES:
        text = f"Unrecognized launch plan state {state} for update for launch plan [{identifier_text(identifier)}]"
        raise invalid(text)


def no_active_launch_plan(project: str, domain: str, name: str) -> RefusalError:
    """Return the refusal of a request for the active version of a name that has none."""
    return RefusalError(Code.NOT_FOUND, f"No active launch plan could be found: {project}:{domain}:{name}")


def _check_fixed_inputs(spec: LaunchPlanSpec) -> None:
    for name, literal in sorted(spec.fixed_inputs.literals.items()):
        if not name:
            raise missing("key in fixed_inputs")
        if literal.WhichOneof("value") is None:
            raise missing(f"valid literal in fixed_inputs {name}")


def _check_default_input(name: str, parameter: Parameter) -> None:
    behavior = parameter.WhichOneof("behavior")
    if behavior == "artifact_query":
        raise invalid(f"artifact mode not enabled but query found default_inputs {name}")
    if not name:
        raise missing("key in default_inputs")
    if not parameter.HasField("var") or not parameter.var.HasField("type"):
        raise invalid(
            f"The Variable component of the Parameter {name} in default_inputs either is missing, or has a missing Type"
        )
    if behavior != "default" and not parameter.required:
        raise invalid(
            f"Invalid variable {name} in default_inputs - variable has neither default, nor is required. "
            "One must be specified"
        )


def _check_names(kind: str, given: Collection[str], inputs: Collection[str]) -> None:
    if given and not inputs:
        raise invalid(f"invalid launch plan {kind} inputs, expected none but found {len(given)}")
    for name in sorted(given):
        if name not in inputs:
            raise invalid(f"unexpected {kind}_input {name}")
