from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from google.protobuf.json_format import ParseDict
from support_archives import archive_of, foreign, launch_plan, task, workflow

from hatch_flyte.archive import Archive, members_of
from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.contents import Image, by_name, closest, contents, images, opened, table
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError


def with_facts(archive: Archive, **facts: Any) -> Archive:
    """Return `archive` with a manifest that says more of each entity."""
    assert archive.manifest
    entities = tuple(replace(entity, **facts) for entity in archive.manifest.entities)
    return replace(archive, manifest=replace(archive.manifest, entities=entities))


def test_entities_come_with_their_protobuf_and_what_the_manifest_says() -> None:
    [entity] = contents(with_facts(archive_of(task()), source="acme/jobs.py", line=7))

    assert (entity.kind, entity.name, entity.source) == (Kind.TASK, "acme.double", "acme/jobs.py:7")
    assert entity.message == task()


def test_without_a_manifest_nothing_is_said() -> None:
    assert [(one.said, one.source) for one in contents(foreign(archive_of(task())))] == [(None, "")]


def test_an_entity_that_is_there_twice_is_refused() -> None:
    members = members_of([(Kind.TASK, "acme.double", task().SerializeToString())] * 2)

    with pytest.raises(ArchiveError, match=r"each entity once \(got task acme.double more than once\)"):
        opened(Archive(members))


def test_one_name_of_two_kinds_is_two_entities() -> None:
    assert list(by_name(contents(archive_of(workflow("a"), launch_plan("a"))))) == [
        (Kind.WORKFLOW, "a"),
        (Kind.LAUNCH_PLAN, "a"),
    ]


def test_an_archive_is_opened_with_its_bundle() -> None:
    bundle = make_bundle([BundledFile("a.py", b"1")])

    assert [file.name for file in opened(archive_of(task(), bundle=bundle)).files] == ["a.py"]
    assert opened(archive_of(task())).files == ()


def pod_task() -> TaskSpec:
    containers = [{"image": "p:1"}, {"name": "sidecar"}, {"image": "p:2"}]
    table = {
        "template": {
            "id": {"name": "acme.pod"},
            "k8s_pod": {"pod_spec": {"containers": containers, "initContainers": [{"image": "init:1"}]}},
        }
    }
    return ParseDict(table, TaskSpec())


def test_images_are_those_of_the_manifest_and_those_that_entities_ask_for() -> None:
    flow = workflow()
    flow.template.nodes[0].task_node.overrides.container_image = "other:1"
    archive = archive_of(task(image="p:1"), pod_task(), flow, launch_plan())
    assert archive.manifest
    archive = replace(archive, manifest=replace(archive.manifest, images={"default": "p:1", "gpu": "g:1"}))

    assert images(archive, contents(archive)) == [
        Image("default", "p:1", 2),
        Image("gpu", "g:1", 0),
        Image("", "init:1", 1),
        Image("", "other:1", 1),
        Image("", "p:2", 1),
    ]


class TestTable:
    def test_tasks_come_with_type_image_and_source(self) -> None:
        found = contents(with_facts(archive_of(task(), pod_task()), source="acme/jobs.py", line=7))

        assert table(Kind.TASK, found) == [
            ["task", "type", "image", "source"],
            ["acme.double", "python-task", "ghcr.io/acme/p:1", "acme/jobs.py:7"],
            ["acme.pod", "", "init:1, p:1, p:2", "acme/jobs.py:7"],
        ]

    def test_workflows_come_with_the_number_of_their_nodes(self) -> None:
        flow = workflow()
        flow.template.failure_node.id = "fail"

        assert table(Kind.WORKFLOW, contents(archive_of(flow))) == [["workflow", "nodes"], ["acme.flow", "2"]]

    def test_launch_plans_come_with_workflow_schedule_and_activation(self) -> None:
        plan = launch_plan("acme.nightly")
        plan.spec.entity_metadata.schedule.cron_schedule.schedule = "@daily"

        assert table(Kind.LAUNCH_PLAN, contents(with_facts(archive_of(plan), activate=True))) == [
            ["launch plan", "workflow", "schedule", "activate"],
            ["acme.nightly", "acme.flow", "cron @daily", "yes"],
        ]

    def test_columns_without_a_value_are_left_out(self) -> None:
        assert table(Kind.LAUNCH_PLAN, contents(archive_of(launch_plan()))) == [
            ["launch plan", "workflow"],
            ["acme.flow", "acme.flow"],
        ]

    def test_of_a_kind_that_is_not_there_there_is_no_table(self) -> None:
        assert table(Kind.TASK, contents(archive_of(launch_plan()))) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("double", ["acme.double"]), ("acme.duoble", ["acme.double"]), ("flow", ["acme.flow", "other.flow"]), ("xyz", [])],
)
def test_the_closest_names_end_with_it_or_are_spelled_nearly_so(name: str, expected: list[str]) -> None:
    assert closest(name, ["acme.double", "acme.flow", "other.flow", "acme.flow"]) == expected
