"""Rules about the content of a launch plan, and about activating one. Source: launch_plan_validator.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.admin.launch_plan_pb2 import ACTIVE, INACTIVE

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.rules.identifiers import identifier_text
from hatch_flyte.rules.inputs import check_literals, check_parameters, type_of
from hatch_flyte.rules.labels import check_labels
from hatch_flyte.rules.notifications import check_notifications
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.rules.refusal import RefusalError, invalid, missing, not_found
from hatch_flyte.rules.schedules import check_schedule
from hatch_flyte.wire.compiled import augmented_launch_plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from flyteidl.core.interface_pb2 import TypedInterface

STATES: Final = frozenset({ACTIVE, INACTIVE})


def check_launch_plan(spec: LaunchPlanSpec | None, interface: TypedInterface | None) -> None:
    """Refuse a launch plan that its workflow's `interface` doesn't take, or that is wrong in itself.

    Without an interface, as of a workflow that isn't at hand, nothing is said against inputs that fit none.
    """
    if spec is None:
        raise missing("spec", rule=catalogue.PLAN_SPEC)
    check_labels(spec.labels.values)
    check_literals(spec.fixed_inputs, "fixed_inputs")
    check_parameters(spec.default_inputs, "default_inputs")
    if interface is not None:
        _check_inputs(spec, interface)
    check_schedule(spec, augmented_launch_plan(spec, interface)[1].expected_inputs if interface is not None else None)
    check_notifications(spec.entity_metadata.notifications)
    if spec.entity_metadata.HasField("launch_conditions"):
        found = message_text(spec.entity_metadata.launch_conditions)
        raise invalid(f"Launch condition must be empty, found {found}", rule=catalogue.PLAN_CONDITIONS)


def check_state(state: int, identifier: IdentifierMessage | None) -> None:
    """Refuse to bring a launch plan into a state that isn't one."""
    if state not in STATES:
        text = f"Unrecognized launch plan state {state} for update for launch plan [{identifier_text(identifier)}]"
        raise invalid(text, rule=catalogue.ACTIVATION)


def no_active_launch_plan(project: str, domain: str, name: str) -> RefusalError:
    """Return the refusal of a request for the active version of a name that has none."""
    return not_found(f"No active launch plan could be found: {project}:{domain}:{name}")


def _check_inputs(spec: LaunchPlanSpec, interface: TypedInterface) -> None:
    """Refuse inputs that the workflow hasn't, or of other types. Source: checkAndFetchExpectedInputForLaunchPlan."""
    inputs, defaults, fixed = (
        interface.inputs.variables,
        spec.default_inputs.parameters,
        spec.fixed_inputs.literals,
    )
    if not inputs:
        _refuse_any("default", defaults)
        _refuse_any("fixed", fixed)
    for name, parameter in sorted(defaults.items()):
        _check_known("default", name, inputs)
        if not castable(parameter.var.type, inputs[name].type):
            raise _wrong_type("default", name, message_text(parameter.var.type), message_text(inputs[name].type))
    for name, literal in sorted(fixed.items()):
        _check_known("fixed", name, inputs)
        found = type_of(name, literal, catalogue.PLAN_INPUT_TYPE)
        if not castable(found, inputs[name].type):
            raise _wrong_type("fixed", name, message_text(inputs[name].type), message_text(found))


def _refuse_any(kind: str, given: Collection[str]) -> None:
    if given:
        text = f"invalid launch plan {kind} inputs, expected none but found {len(given)}"
        raise invalid(text, rule=catalogue.PLAN_INPUTS)


def _check_known(kind: str, name: str, inputs: Collection[str]) -> None:
    if name not in inputs:
        raise invalid(f"unexpected {kind}_input {name}", rule=catalogue.PLAN_INPUTS)


def _wrong_type(kind: str, name: str, expected: str, got: str) -> RefusalError:
    """Return the refusal of an input of another type; of a default, the control plane takes its own for expected."""
    text = f"invalid {kind}_input wrong type {name}, expected {expected}, got {got} instead"
    return invalid(text, rule=catalogue.PLAN_INPUT_TYPE)
