"""What a check says of archives: where, in which order, and what it leaves to the registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import text_format
from support_archives import archive_of, launch_plan, pair, task, workflow

from hatch_flyte.archive import Archive, members_of
from hatch_flyte.check.archive_check import check
from hatch_flyte.check.selection import Selection
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from google.protobuf.message import Message

LIMIT = 'template { container { resources { requests { name: CPU value: "4" } limits { name: CPU value: "2" } } } }'
BUNDLE = "pyflyte-fast-execute --additional-distribution {{ .remote_package_path }} --dest-dir /root --"


def merged(message: Any, text: str) -> Any:
    message.MergeFrom(text_format.Parse(text, type(message)()))
    return message


def found(*messages: Message) -> list[str]:
    return [finding.text() for finding in check(archive_of(*messages))]


def placed(archive: Archive, **lines: int) -> Archive:
    """Say in the manifest where entities were defined; by the last part of their name."""
    assert archive.manifest
    entities = tuple(
        replace(one, source="acme/jobs.py", module="acme.jobs", line=lines[one.name.rpartition(".")[2]])
        for one in archive.manifest.entities
    )
    return replace(archive, manifest=replace(archive.manifest, entities=entities))


class TestFindings:
    def test_they_say_file_line_entity_and_rule(self) -> None:
        archive = placed(archive_of(merged(task(), LIMIT)), double=7)

        [finding] = check(archive)

        assert finding.text() == (
            "acme/jobs.py:7: task `acme.double`: Requested CPU default [4] is greater than the limit [2]. "
            "Please fix your configuration (resource-limit)"
        )
        assert (finding.module, finding.is_error) == ("acme.jobs", True)

    def test_they_are_in_the_order_of_the_source(self) -> None:
        named = [merged(task(f"acme.{name}"), LIMIT) for name in ("a", "b", "c")]

        assert [one.line for one in check(placed(archive_of(*named), a=30, b=4, c=11))] == [4, 11, 30]

    def test_what_breaks_one_of_our_rules_more_exactly_is_not_told_twice(self) -> None:
        assert [one.rule.id for one in check(archive_of(merged(task(), LIMIT)))] == ["resource-limit"]

    def test_an_identifier_is_named_without_what_the_archive_leaves_open(self) -> None:
        [text] = found(merged(task(), LIMIT.replace("requests", "limits")))

        assert 'for task [resource_type:TASK name:"acme.double"]' in text

    def test_a_node_is_named(self) -> None:
        double, triple = task(), task("acme.triple")
        triple.template.interface.inputs.variables["b"].type.simple = 1

        [text] = found(double, triple, workflow(of="acme.triple"))

        assert text == "workflow `acme.flow`, node n0: Parameter not bound [b]. (parameter-not-bound)"

    def test_a_rule_that_is_not_selected_is_not_asked(self) -> None:
        archive = archive_of(merged(task(image="p:latest"), LIMIT))

        assert [one.rule.id for one in check(archive, Selection(select=["image-tag"]))] == ["image-tag"]
        assert [one.rule.id for one in check(archive, Selection(ignore=["image-tag"]))] == ["resource-limit"]
        assert check(archive, Selection(["image-tag"], ["image-tag"])) == []

    def test_an_entity_that_is_there_twice_is_no_archive(self) -> None:
        archive = Archive(members_of([pair(task()), pair(task())]))

        with pytest.raises(ArchiveError, match="each entity once"):
            check(archive)


class TestReferences:
    def test_what_the_archive_itself_should_hold_is_missing(self) -> None:
        assert found(workflow()) == [
            'workflow `acme.flow`: missing entity of type TASK with identifier name:"acme.double" (workflow-reference)'
        ]
        [text] = found(launch_plan())
        assert text.endswith('missing entity of type WORKFLOW with identifier name:"acme.flow" (launch-plan-workflow)')

    def test_a_reference_entity_is_not_judged(self) -> None:
        flow = workflow(of="other.task")
        flow.template.nodes[0].task_node.reference_id.project = "other"
        flow.template.nodes[0].task_node.reference_id.version = "7"
        plan = launch_plan(of="other.flow")
        plan.spec.workflow_id.version = "7"
        plan.spec.fixed_inputs.literals["anything"].scalar.primitive.integer = 1

        assert found(flow, plan) == []

    def test_a_launch_plan_of_one_is_checked_for_the_rest(self) -> None:
        plan = launch_plan(of="other.flow")
        plan.spec.workflow_id.version = "7"
        plan.spec.entity_metadata.schedule.cron_schedule.schedule = "every day"

        assert [one.rule.id for one in check(archive_of(plan))] == ["schedule-cron"]

    def test_a_workflow_that_is_no_workflow_is_told(self) -> None:
        plan = launch_plan()
        plan.spec.ClearField("workflow_id")

        assert found(plan) == ["launch plan `acme.flow`: missing id (identifier-fields)"]

    def test_a_schedule_without_the_inputs_of_its_workflow_is_an_error(self) -> None:
        plan = launch_plan()
        plan.spec.entity_metadata.schedule.cron_schedule.schedule = "0 6 * * *"

        [text] = found(task(), workflow(), plan)

        assert text.endswith("unbound required input. [a] is required (schedule-inputs)")

    def test_a_bundle_that_is_not_there_yet_is_nothing_to_tell(self) -> None:
        assert found(task(arguments=BUNDLE)) == []
