"""What a launch plan may give its workflow, when it may start it, and whom it tells."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.common_pb2 import EmailNotification, Notification, SlackNotification
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.schedule_pb2 import CronSchedule, FixedRate, Schedule
from flyteidl.core.artifact_id_pb2 import ArtifactQuery
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar
from flyteidl.core.types_pb2 import DATETIME, INTEGER, STRING, LiteralType
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from hatch_flyte.rules.launch_plans import check_launch_plan
from hatch_flyte.rules.refusal import RefusalError

NUMBER, TEXT, MOMENT = (LiteralType(simple=simple) for simple in (INTEGER, STRING, DATETIME))
INTERFACE = TypedInterface(inputs=VariableMap(variables={"x": Variable(type=NUMBER), "when": Variable(type=MOMENT)}))
ONE = Literal(scalar=Scalar(primitive=Primitive(integer=1)))
WORD = Literal(scalar=Scalar(primitive=Primitive(string_value="a")))
DAILY = CronSchedule(schedule="0 6 * * *")
UNKNOWN_TYPE = (
    "Failed to validate literal type for [x] with err: got unknown literal type: [<nil>].\n"
    "Suggested solution: Please update all your Flyte deployment images to the latest version and try again"
)
NOT_FREE = (
    "Cannot create a schedule with a KickoffTimeInputArg that does not point to a free input. "
    "[y] is not free or does not exist."
)
SUCCEEDED = WorkflowExecution.SUCCEEDED


def moment(seconds: int = 0, nanos: int = 0) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(datetime=Timestamp(seconds=seconds, nanos=nanos))))


def default(type_: LiteralType, value: Literal) -> Parameter:
    return Parameter(var=Variable(type=type_), default=value)


def plan(
    defaults: dict[str, Parameter] | None = None, fixed: dict[str, Literal] | None = None, **metadata: Any
) -> LaunchPlanSpec:
    return LaunchPlanSpec(
        default_inputs=ParameterMap(parameters=defaults or {}),
        fixed_inputs=LiteralMap(literals=fixed or {}),
        entity_metadata=LaunchPlanMetadata(**metadata),
    )


BOTH = {"x": default(NUMBER, ONE), "when": default(MOMENT, moment())}


def refusal(spec: LaunchPlanSpec, interface: TypedInterface = INTERFACE) -> str:
    with pytest.raises(RefusalError) as caught:
        check_launch_plan(spec, interface)
    assert caught.value.rule
    return caught.value.message


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            plan({"x": default(NUMBER, WORD)}),
            "Type mismatch for Parameter x in default_inputs has type simple:INTEGER, expected simple:STRING",
        ),
        (
            plan({"x": default(TEXT, WORD)}),
            "invalid default_input wrong type x, expected simple:STRING, got simple:INTEGER instead",
        ),
        (
            plan(fixed={"x": WORD}),
            "invalid fixed_input wrong type x, expected simple:INTEGER, got simple:STRING instead",
        ),
        (plan(fixed={"y": ONE}), "unexpected fixed_input y"),
        (plan({"y": default(NUMBER, ONE)}), "unexpected default_input y"),
        (plan(fixed={"": ONE}), "missing key in fixed_inputs"),
        (plan(fixed={"x": Literal()}), "missing valid literal in fixed_inputs x"),
        (plan({"": default(NUMBER, ONE)}), "missing key in default_inputs"),
        (
            plan({"a": Parameter(), "x": Parameter(artifact_query=ArtifactQuery())}),
            "artifact mode not enabled but query found default_inputs x",
        ),
        (
            plan({"x": default(NUMBER, Literal())}),
            UNKNOWN_TYPE,
        ),
        (
            plan({"when": default(MOMENT, moment(253_402_300_800))}),
            "proto: timestamp (seconds:253402300800) after 9999-12-31",
        ),
        (plan(fixed={"when": moment(-62_135_596_801)}), "proto: timestamp (seconds:-62135596801) before 0001-01-01"),
        (plan(fixed={"when": moment(0, -1)}), "proto: timestamp (nanos:-1) has out-of-range nanos"),
    ],
)
def test_inputs_that_are_not_the_workflows_are_refused(spec: LaunchPlanSpec, message: str) -> None:
    assert refusal(spec) == message


def test_a_workflow_without_inputs_is_given_none() -> None:
    text = "invalid launch plan {} inputs, expected none but found 1"
    assert refusal(plan({"x": default(NUMBER, ONE)}), TypedInterface()) == text.format("default")
    assert refusal(plan(fixed={"x": ONE}), TypedInterface()) == text.format("fixed")
    check_launch_plan(plan(), TypedInterface())


@pytest.mark.parametrize(
    "spec",
    [
        plan(schedule=Schedule(cron_schedule=DAILY, kickoff_time_input_arg="when"), fixed={"x": ONE}),
        plan(BOTH, schedule=Schedule(rate=FixedRate(value=1))),
        plan(BOTH, schedule=Schedule(cron_expression="@daily")),
        plan(BOTH, schedule=Schedule(cron_schedule=CronSchedule())),
        plan(schedule=Schedule(kickoff_time_input_arg="nothing")),  # no schedule at all
    ],
)
def test_a_schedule_that_can_start_its_plan_is_taken(spec: LaunchPlanSpec) -> None:
    check_launch_plan(spec, INTERFACE)


@pytest.mark.parametrize(
    ("schedule", "defaults", "message"),
    [
        (
            Schedule(rate=FixedRate(value=1)),
            {},
            "Cannot create a launch plan with a schedule if there is an unbound required input. [when] is required",
        ),
        (
            Schedule(cron_schedule=DAILY, kickoff_time_input_arg="x"),
            BOTH,
            "KickoffTimeInputArg must reference a datetime input. [x] is a [simple:INTEGER]",
        ),
        (
            Schedule(cron_schedule=DAILY, kickoff_time_input_arg="y"),
            BOTH,
            NOT_FREE,
        ),
        (
            Schedule(cron_schedule=CronSchedule(schedule="daily")),
            BOTH,
            "Invalid cron expression: expected exactly 5 fields, found 1: [daily]",
        ),
    ],
)
def test_a_schedule_that_could_not_start_its_plan_is_refused(
    schedule: Schedule, defaults: dict[str, Parameter], message: str
) -> None:
    assert refusal(plan(defaults, schedule=schedule)) == message


@pytest.mark.parametrize(
    ("notification", "message"),
    [
        (Notification(phases=[SUCCEEDED]), "invalid value for notification type"),
        (Notification(email=EmailNotification()), "missing recipients"),
        (Notification(slack=SlackNotification(recipients_email=["a", ""])), "missing recipient"),
        (
            Notification(
                email=EmailNotification(recipients_email=["a"]), phases=[SUCCEEDED, WorkflowExecution.RUNNING]
            ),
            "invalid value for phase",
        ),
    ],
)
def test_a_notification_has_recipients_and_is_of_an_end(notification: Notification, message: str) -> None:
    good = Notification(phases=[SUCCEEDED], email=EmailNotification(recipients_email=["a"]))
    check_launch_plan(plan(notifications=[good]), INTERFACE)
    assert refusal(plan(notifications=[good, notification])) == message


def test_launch_conditions_are_refused_with_what_they_are() -> None:
    packed = AnyMessage()
    packed.Pack(Duration(seconds=1))
    text = "Launch condition must be empty, found {}"
    assert refusal(plan(launch_conditions=packed)) == text.format(
        "[type.googleapis.com/google.protobuf.Duration]:{seconds:1}"
    )
    unknown = AnyMessage(type_url="type.googleapis.com/acme.Unknown", value=b"x")
    assert refusal(plan(launch_conditions=unknown)) == text.format(
        'type_url:"type.googleapis.com/acme.Unknown" value:"x"'
    )
