"""What breaks those who use a release: the release before as a registry stores it, the new one as it would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core.types_pb2 import FLOAT, INTEGER, NONE, STRING, LiteralType, UnionType
from hypothesis import given, settings
from hypothesis import strategies as st
from support_archives import launch_plan, task, workflow
from support_registries import TARGET
from support_releases import flow_of, order_of, plan_id, scheduled

from hatch_flyte.breaking import BreakingChange, breaking_changes
from hatch_flyte.breaking.changes import _inputs, _outputs
from hatch_flyte.breaking.interfaces import Interface
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.plan import filled
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.testing import FlyteRegistry

if TYPE_CHECKING:
    from google.protobuf.message import Message

INT, TEXT, REAL = (LiteralType(simple=one) for one in (INTEGER, STRING, FLOAT))
MAYBE = LiteralType(union_type=UnionType(variants=[INT, LiteralType(simple=NONE)]))


def stored(*messages: Message) -> dict[Identifier, Message]:
    """Register a release, and return what the registry holds of it."""
    with FlyteRegistry() as registry:
        order = order_of(*messages)
        for entry in filled(order, TARGET, ""):
            registry._do(_create, entry)  # the store, without an archive's file
        getters = {Kind.TASK: registry.task, Kind.WORKFLOW: registry.workflow, Kind.LAUNCH_PLAN: registry.launch_plan}
        return {one: getters[one.kind](one.name, one.version) for one in registry.registered()}


def _create(store: Any, entry: Any) -> None:
    from hatch_flyte.registry.control_plane import ControlPlane
    from hatch_flyte.wire.messages import from_identifier

    ControlPlane(store).create(entry.identifier.kind, from_identifier(entry.identifier), entry.spec)


def broken(old: tuple[Message, ...], new: tuple[Message, ...]) -> list[str]:
    return [words(one) for one in breaking_changes(stored(*old), filled(order_of(*new, version="2.0"), TARGET, ""))]


def words(change: BreakingChange) -> str:
    return f"{change.kind.value} {change.name}: {change.rule.id}: {change.message}"


def taking(spec: Any, **inputs: LiteralType | None) -> Any:
    """Change the inputs of a task or workflow; None takes one away."""
    variables = spec.template.interface.inputs.variables
    for name, typed in inputs.items():
        if typed is None:
            del variables[name]
        else:
            variables[name].type.CopyFrom(typed)
    return spec


def giving(spec: Any, **outputs: LiteralType | None) -> Any:
    variables = spec.template.interface.outputs.variables
    for name, typed in outputs.items():
        if typed is None:
            del variables[name]
        else:
            variables[name].type.CopyFrom(typed)
    return spec


def defaulting(plan: Any, name: str, typed: LiteralType = INT) -> Any:
    parameter = plan.spec.default_inputs.parameters[name]
    parameter.var.type.CopyFrom(typed)
    parameter.default.scalar.primitive.integer = 7
    return plan


def test_the_same_release_breaks_nothing() -> None:
    release = flow_of(launch_plan(), scheduled("nightly"))

    assert broken(release, release) == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (taking(task(), b=TEXT), ["task acme.double: input-required: input b is new and has no default"]),
        (taking(task(), a=None), ["task acme.double: input-removed: input a is gone"]),
        (
            taking(task(), a=None, b=INT),
            ["task acme.double: input-renamed: input a is gone, b has come (integer)"],
        ),
        (
            taking(task(), a=None, b=TEXT),
            [
                "task acme.double: input-removed: input a is gone",
                "task acme.double: input-required: input b is new and has no default",
            ],
        ),
        (taking(task(), a=TEXT), ["task acme.double: input-retyped: input a: integer -> string"]),
        (taking(task(), a=REAL), ["task acme.double: input-retyped: input a: integer -> float"]),
        (taking(task(), a=MAYBE), []),
        (giving(task(), o0=None), ["task acme.double: output-removed: output o0 is gone"]),
        (giving(task(), o0=TEXT), ["task acme.double: output-retyped: output o0: integer -> string"]),
        (giving(task(), o0=MAYBE), ["task acme.double: output-retyped: output o0: integer -> integer or none"]),
        (giving(task(), o1=TEXT), []),
        (task(image="ghcr.io/acme/p:9"), []),
        (task("acme.other"), ["task acme.double: entity-removed: is not in this release"]),
    ],
)
def test_a_tasks_interface_is_compared_as_its_callers_see_it(new: Message, said: list[str]) -> None:
    assert broken((task(),), (new,)) == said


def test_an_input_that_was_a_union_and_is_not_any_more_breaks() -> None:
    assert broken((taking(task(), a=MAYBE),), (task(),)) == [
        "task acme.double: input-retyped: input a: integer or none -> integer"
    ]


class TestWorkflows:
    def test_an_input_with_a_default_need_not_be_given(self) -> None:
        new = (task(), taking(workflow(), b=INT), defaulting(launch_plan(), "b"))

        assert broken(flow_of(launch_plan()), new) == []

    def test_one_without_is_told_once_of_the_default_launch_plan(self) -> None:
        new = (task(), taking(workflow(), b=INT), launch_plan())

        assert broken(flow_of(launch_plan()), new) == [
            "launch plan acme.flow: input-required: input b is new and has no default"
        ]

    def test_without_a_default_launch_plan_it_is_the_workflows_own(self) -> None:
        new = (task(), taking(workflow(), b=INT), scheduled("nightly", b=2, a=1))

        assert broken(flow_of(scheduled("nightly")), new) == [
            "workflow acme.flow: input-required: input b is new and has no default",
            "launch plan nightly: fixed-input-changed: fixed input b: not fixed -> 2",
        ]

    def test_a_default_that_is_taken_away_breaks(self) -> None:
        old = (task(), workflow(), defaulting(launch_plan(), "a"))

        assert broken(old, flow_of(launch_plan())) == [
            "launch plan acme.flow: input-required: input a has no default any more"
        ]


class TestSchedules:
    def test_another_fixed_value_of_a_schedule_breaks(self) -> None:
        old, new = (flow_of(launch_plan(), scheduled("nightly", a=value)) for value in (1, 2))

        assert broken(old, new) == ["launch plan nightly: fixed-input-changed: fixed input a: 1 -> 2"]

    def test_a_launch_plan_that_nobody_starts_by_itself_may_fix_another(self) -> None:
        old, new = (scheduled("by-hand", a=value) for value in (1, 2))
        for plan in (old, new):
            plan.spec.entity_metadata.ClearField("schedule")

        assert broken(flow_of(launch_plan(), old), flow_of(launch_plan(), new)) == []

    def test_a_launch_plan_of_a_workflow_that_is_not_in_the_archive_is_compared_by_what_it_says(self) -> None:
        alone = (scheduled("nightly", a=2),)
        release = stored(*flow_of(scheduled("nightly")))
        found = {plan_id("nightly", "1.0"): release[plan_id("nightly", "1.0")]}

        changes = breaking_changes(found, filled(order_of(*alone, version="2.0"), TARGET, ""))

        assert [one.rule.id for one in changes if one.rule.id != "output-removed"] == ["fixed-input-changed"]


TYPES = st.sampled_from([INT, TEXT, REAL, MAYBE])
NAMES = st.sampled_from(["a", "b", "c"])


@st.composite
def interfaces(draw: st.DrawFn) -> Interface:
    inputs = draw(st.dictionaries(NAMES, TYPES))
    required = frozenset(name for name in inputs if draw(st.booleans()))
    return Interface(inputs=inputs, required=required, outputs=draw(st.dictionaries(NAMES, TYPES)))


def accepted(given: dict[str, LiteralType], interface: Interface) -> bool:
    """Return whether inputs of these types may be given: none unknown, none missing, each of a type that fits."""
    return interface.required <= given.keys() <= interface.inputs.keys() and all(
        castable(typed, interface.inputs[name]) for name, typed in given.items()
    )


@settings(max_examples=300, derandomize=True, deadline=None)
@given(old=interfaces(), new=interfaces(), inputs=st.dictionaries(NAMES, TYPES))
def test_where_no_input_breaks_what_was_accepted_still_is(
    old: Interface, new: Interface, inputs: dict[str, LiteralType]
) -> None:
    if not list(_inputs(old, new)):
        exact = {name: old.inputs[name] for name in inputs if name in old.inputs}
        assert not accepted(exact, old) or accepted(exact, new)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(old=interfaces(), new=interfaces())
def test_where_no_output_breaks_every_reader_finds_what_it_can_read(old: Interface, new: Interface) -> None:
    if not list(_outputs(old, new)):
        assert all(name in new.outputs and castable(new.outputs[name], typed) for name, typed in old.outputs.items())


@settings(max_examples=100, derandomize=True, deadline=None)
@given(one=interfaces())
def test_nothing_breaks_against_itself(one: Interface) -> None:
    assert not [*_inputs(one, one), *_outputs(one, one)]
