"""Rules about schedules: which inputs they need, when they kick off, and what activating one needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.core.types_pb2 import DATETIME

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.cron import CronError, check_cron
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.rules.refusal import invalid

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from flyteidl.admin.schedule_pb2 import Schedule
    from flyteidl.core.interface_pb2 import ParameterMap


def has_schedule(spec: LaunchPlanSpec) -> bool:
    """Return whether a launch plan has a schedule, be it an empty one of a kind."""
    schedule = spec.entity_metadata.schedule
    return bool(schedule.cron_expression) or schedule.HasField("rate") or schedule.HasField("cron_schedule")


def schedule_type(spec: LaunchPlanSpec) -> str:
    """Return `NONE`, `CRON` or `RATE`, as flyteadmin notes the kind of a launch plan's schedule."""
    if not has_schedule(spec):
        return "NONE"
    return "RATE" if spec.entity_metadata.schedule.HasField("rate") else "CRON"


def check_schedule(spec: LaunchPlanSpec, expected: ParameterMap | None) -> None:
    """Refuse a schedule that could not start its launch plan; `expected` are the inputs that the plan leaves open.

    None stands for inputs that aren't known. Source: launch_plan_validator.go:validateSchedule.
    """
    if not has_schedule(spec):
        return
    schedule = spec.entity_metadata.schedule
    if expected is not None:
        _check_expected(schedule, expected)
    _check_cron(schedule)


def _check_expected(schedule: Schedule, expected: ParameterMap) -> None:
    for name, parameter in sorted(expected.parameters.items()):
        if parameter.required and name != schedule.kickoff_time_input_arg:
            raise invalid(
                "Cannot create a launch plan with a schedule if there is an unbound required input. "
                f"[{name}] is required",
                rule=catalogue.SCHEDULE_INPUTS,
            )
    if schedule.kickoff_time_input_arg:
        _check_kickoff(schedule.kickoff_time_input_arg, expected)


def _check_kickoff(name: str, expected: ParameterMap) -> None:
    if name not in expected.parameters:
        raise invalid(
            "Cannot create a schedule with a KickoffTimeInputArg that does not point to a free input. "
            f"[{name}] is not free or does not exist.",
            rule=catalogue.SCHEDULE_KICKOFF,
        )
    type_ = expected.parameters[name].var.type
    if type_.WhichOneof("type") != "simple" or type_.simple != DATETIME:
        raise invalid(
            f"KickoffTimeInputArg must reference a datetime input. [{name}] is a [{message_text(type_)}]",
            rule=catalogue.SCHEDULE_KICKOFF,
        )


def _check_cron(schedule: Schedule) -> None:
    expression = schedule.cron_expression or schedule.cron_schedule.schedule
    if not expression:
        return
    try:
        check_cron(expression)
    except CronError as error:
        raise invalid(f"Invalid cron expression: {error}", rule=catalogue.SCHEDULE_CRON) from error
