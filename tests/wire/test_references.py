from __future__ import annotations

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from wire.recordings import pairs
from wire.workflows import every_place, runs_task, spec, template

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.references import references


def test_a_workflow_refers_to_tasks_and_launch_plans_wherever_their_nodes_stand_each_once() -> None:
    found = references(Kind.WORKFLOW, every_place())

    assert [one.name for one in found] == ["a", "b", "p", "c", "d", "e", "f", "q", "g"]
    assert {one.name for one in found if one.kind is Kind.LAUNCH_PLAN} == {"p", "q"}
    assert {one.kind for one in found} == {Kind.TASK, Kind.LAUNCH_PLAN}


def test_a_pinned_reference_keeps_its_pins() -> None:
    workflow = spec(template("w", f'id: "n" {runs_task("t", project="p", domain="d", version="7")}'))

    assert references(Kind.WORKFLOW, workflow) == [Identifier(Kind.TASK, "p", "d", "t", "7")]


def test_a_reference_has_the_kind_of_its_place_where_its_type_is_left_out() -> None:
    plan = LaunchPlanSpec(workflow_id={"name": "w"})

    assert references(Kind.LAUNCH_PLAN, plan) == [Identifier(Kind.WORKFLOW, "", "", "w", "")]


def test_a_launch_plan_refers_to_its_workflow_with_or_without_its_own_identifier_around_it() -> None:
    plan = LaunchPlan(spec={"workflow_id": {"name": "w", "version": "1"}})

    assert references(Kind.LAUNCH_PLAN, plan) == references(Kind.LAUNCH_PLAN, plan.spec)


def test_a_launch_plan_without_a_workflow_and_a_task_refer_to_nothing() -> None:
    assert references(Kind.LAUNCH_PLAN, LaunchPlan()) == []
    assert references(Kind.TASK, TaskSpec()) == []


def test_all_that_recorded_workflows_refer_to_had_been_registered() -> None:
    for pair in pairs(Kind.WORKFLOW):
        tasks = {one for one in references(pair.kind, pair.sent) if one.kind is Kind.TASK}
        assert tasks <= pair.tasks.keys(), pair.scenario
