from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import Workflow
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, VariableMap
from wire.mutations import Mutation, mutations
from wire.recordings import Again, Pair, again, pairs
from wire.workflows import runs_task, runs_workflow, spec, template

from hatch_flyte.entity import Kind
from hatch_flyte.wire.compare import Difference, differences
from hatch_flyte.wire.compiled import augmented_launch_plan, compiled_closure
from hatch_flyte.wire.messages import to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable


RESERVED = {"start-node", "end-node"}


def always(_was: Any, _pair: Pair) -> bool:
    return True


def says_nothing_new(was: Any, pair: Pair) -> bool:
    """Tell whether parameters are what the workflow's interface makes of inputs that nothing is said about."""
    parameters = was.parameters if isinstance(was, ParameterMap) else {"": was} if isinstance(was, Parameter) else was
    inputs = pair.interface.inputs.variables
    plain = [
        Parameter(var={"type": one.type, "description": one.description}, required=True) for one in inputs.values()
    ]
    return all(parameter in plain for parameter in parameters.values())


def has_no_variables(was: Any, _pair: Pair) -> bool:
    parts = [was] if isinstance(was, VariableMap) else [was.inputs, was.outputs] if was else []
    return not any(part.variables for part in parts)


def is_reserved(was: Any, _pair: Pair) -> bool:
    return any(node.id in RESERVED for node in (was if isinstance(was, list) else [was]))


@dataclass(frozen=True)
class Unseen:
    """A change that the control plane does not see, and why not."""

    kinds: set[Kind]
    path: str
    whats: str
    why: str
    only_if: Callable[[Any, Pair], bool] = always

    def holds(self, pair: Pair, mutation: Mutation) -> bool:
        return (
            pair.kind in self.kinds
            and mutation.what in self.whats.split()
            and re.fullmatch(self.path, mutation.path) is not None
            and self.only_if(mutation.was, pair)
        )


TEMPLATES = {Kind.TASK, Kind.WORKFLOW}
UNSEEN = [
    Unseen(
        TEMPLATES, r"description(\W.*)?", "added changed cleared dropped", "it is kept beside the entity, undigested"
    ),
    Unseen(TEMPLATES, r"template\.id", "cleared", "the request's identifier takes its place"),
    Unseen({Kind.LAUNCH_PLAN}, r"id", "cleared", "the request's identifier takes its place"),
    Unseen({Kind.LAUNCH_PLAN}, r"id\.resource_type", "changed cleared", "a request has its kind's, and answers too"),
    Unseen({Kind.LAUNCH_PLAN}, r"id\.org", "added", "a request has none, and answers neither"),
    Unseen({Kind.LAUNCH_PLAN}, r"closure", "added", "only the spec is sent"),
    Unseen({Kind.LAUNCH_PLAN}, r"spec\.default_inputs", "added", "the expected inputs take its place"),
    Unseen(
        {Kind.LAUNCH_PLAN},
        r"spec\.default_inputs(\.parameters(\[\w+\])?)?",
        "cleared dropped",
        "an input that nothing is said of becomes just this parameter",
        says_nothing_new,
    ),
    Unseen(
        {Kind.WORKFLOW},
        r"template\.interface(\.(in|out)puts)?",
        "added cleared",
        "the compiler puts empty ones where there are none",
        has_no_variables,
    ),
    Unseen(
        {Kind.WORKFLOW},
        r"template\.nodes\[(start|end)-node\]\..+",
        "added changed cleared",
        "nodes with the reserved names are not looked at",
    ),
    Unseen({Kind.WORKFLOW}, r"template\.nodes", "dropped swapped", "the same", is_reserved),
    Unseen({Kind.WORKFLOW}, r"template\.nodes\[\w+\]\.upstream_node_ids", "swapped", "the compiler sorts them"),
]
"""The closed list; anything else must be seen. Reasons are the control plane's code, not what the comparison does."""


def is_named(mutation: Mutation, found: list[Difference]) -> bool:
    """Tell whether a difference names the field, what it is part of, or a part of it."""
    path, names = mutation.path, [one.field for one in found]
    if mutation.what == "cleared" and path.endswith("].id"):
        # Without a name the index counts, and reserved nodes don't.
        path, *names = (re.sub(r"\[\w+\]", "[]", name) for name in (path, *names))
    return any(
        (one + ".").startswith((path + ".", path + "[")) or path.startswith((one + ".", one + "[")) for one in names
    )


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.scenario)
def test_what_was_accepted_does_not_differ_from_what_was_answered(pair: Pair) -> None:
    before = to_bytes(pair.sent), to_bytes(pair.stored)

    assert differences(pair.kind, pair.sent, pair.stored) == []
    assert differences(pair.kind, pair.sent, pair.stored, interface=pair.interface) == []
    assert (to_bytes(pair.sent), to_bytes(pair.stored)) == before


@pytest.mark.parametrize("kind", Kind)
def test_any_one_change_is_seen_and_named_unless_the_control_plane_does_not_see_it(kind: Kind) -> None:
    wrong, used = [], set()
    for pair in pairs(kind):
        for mutation in mutations(pair.sent):
            found = differences(kind, mutation.message, pair.stored, interface=pair.interface)
            reasons = [one.why for one in UNSEEN if one.holds(pair, mutation)]
            used.update(reasons)
            if (found != []) if reasons else not is_named(mutation, found):
                wrong.append((pair.scenario, mutation.what, mutation.path, [str(one) for one in found]))

    assert wrong == []
    assert used == {one.why for one in UNSEEN if kind in one.kinds}, "a reason that no longer holds"


def stored_by(entry: Again) -> Task | Workflow | LaunchPlan:
    """Return what the control plane stores of the first create."""
    if entry.kind is Kind.TASK:
        return Task(closure={"compiled_task": {"template": entry.first.template}})
    if entry.kind is Kind.WORKFLOW:
        return Workflow(closure={"compiled_workflow": compiled_closure(entry.first, {})})
    augmented, closure = augmented_launch_plan(entry.first.spec, entry.interface)
    return LaunchPlan(id=entry.first.id, spec=augmented, closure=closure)


@pytest.mark.parametrize("entry", again(), ids=lambda entry: entry.scenario)
def test_a_second_create_is_judged_as_the_control_plane_judged_it(entry: Again) -> None:
    assert (differences(entry.kind, entry.again, stored_by(entry)) == []) is entry.identical


def only(kind: Kind, scenario: str) -> Pair:
    return next(pair for pair in pairs(kind) if pair.scenario == scenario)


def test_a_required_input_that_is_not_sent_any_more_is_seen_only_if_the_workflows_interface_is_known() -> None:
    pair = only(Kind.LAUNCH_PLAN, "plan-default-required")
    del pair.sent.spec.default_inputs.parameters["x"]

    assert differences(pair.kind, pair.sent, pair.stored) == []
    assert differences(pair.kind, pair.sent, pair.stored, interface=pair.interface) == [
        Difference("spec.default_inputs.parameters[x].var.description", "x", "d")
    ]


def test_a_default_that_is_not_sent_any_more_is_seen_in_any_case() -> None:
    pair = next(
        one
        for one in pairs(Kind.LAUNCH_PLAN)
        if any(not parameter.required for parameter in one.sent.spec.default_inputs.parameters.values())
    )
    pair.sent.spec.ClearField("default_inputs")

    assert differences(pair.kind, pair.sent, pair.stored)
    assert differences(pair.kind, pair.sent, pair.stored, interface=pair.interface)


def test_a_default_for_an_input_that_the_workflow_does_not_have_is_a_difference() -> None:
    pair = only(Kind.LAUNCH_PLAN, "plan-default-required")
    pair.sent.spec.default_inputs.parameters["ghost"].required = True
    (found,) = differences(pair.kind, pair.sent, pair.stored, interface=pair.interface)

    assert found == Difference("spec.default_inputs.parameters[ghost]", {"required": True}, None)


def test_a_launch_plans_spec_alone_is_compared_and_named_as_such() -> None:
    pair = pairs(Kind.LAUNCH_PLAN)[0]
    pair.sent.spec.max_parallelism += 1

    assert [one.field for one in differences(pair.kind, pair.sent, pair.stored)] == ["spec.max_parallelism"]
    assert [one.field for one in differences(pair.kind, pair.sent.spec, pair.stored)] == ["max_parallelism"]


def test_an_organisation_that_only_the_registry_has_is_a_difference() -> None:
    pair = pairs(Kind.TASK)[0]
    pair.stored.closure.compiled_task.template.id.org = "acme"

    assert differences(pair.kind, pair.sent, pair.stored) == [Difference("template.id.org", None, "acme")]


def test_a_changed_task_is_no_difference_of_the_workflow_that_runs_it() -> None:
    pair = only(Kind.WORKFLOW, "workflow-chain")
    pair.stored.closure.compiled_workflow.tasks[0].template.type = "another"

    assert differences(pair.kind, pair.sent, pair.stored) == []


def test_a_node_inside_a_branch_is_called_as_it_was_sent() -> None:
    pair = only(Kind.WORKFLOW, "workflow-branch")
    pair.sent.template.nodes[0].branch_node.if_else.case.then_node.id = "changed"
    (found,) = differences(pair.kind, pair.sent, pair.stored)

    assert str(found) == 'template.nodes[n0].branch_node.if_else.case.then_node.id: sent "changed", stored "then"'


def test_an_embedded_workflow_is_called_by_its_name() -> None:
    pair = only(Kind.WORKFLOW, "workflow-sub-workflow")
    pair.sent.sub_workflows[0].nodes[0].metadata.name = "changed"
    (found,) = differences(pair.kind, pair.sent, pair.stored)

    assert found == Difference("sub_workflows[sub].nodes[n0].metadata.name", "changed", "n0")


def test_a_node_that_was_added_is_shown_whole() -> None:
    pair = only(Kind.WORKFLOW, "workflow-upstream-only")
    pair.sent.template.nodes.add(id="n9", upstream_node_ids=["n0"])

    assert differences(pair.kind, pair.sent, pair.stored) == [
        Difference("template.nodes[n9]", {"id": "n9", "upstream_node_ids": ["n0"]}, None)
    ]


def test_a_workflow_compiled_twice_is_compared_as_such() -> None:
    branch = f'branch_node {{ if_else {{ case {{ then_node {{ id: "t" {runs_task("t")} }} }} }} }}'
    sent = spec(
        template("w", f'id: "a" {runs_workflow("x")}', f'id: "b" {runs_workflow("shared")}'),
        template("x", f'id: "n" {runs_workflow("shared")}'),
        template("shared", f'id: "n" {branch}'),
    )
    stored = Workflow(closure={"compiled_workflow": compiled_closure(sent, {})})
    assert differences(Kind.WORKFLOW, sent, stored) == []

    sent.sub_workflows[1].nodes[0].branch_node.if_else.case.then_node.id = "u"
    (found,) = differences(Kind.WORKFLOW, sent, stored)
    assert found.field == "sub_workflows[shared].nodes[n].branch_node.if_else.case.then_node.id"


def test_what_a_list_of_workflows_answers_differs_from_any_workflow() -> None:
    pair = pairs(Kind.WORKFLOW)[0]
    listed = Workflow(id=pair.stored.id)
    listed.closure.compiled_workflow.primary.template.interface.SetInParent()

    assert differences(pair.kind, pair.sent, listed)
