"""What the control plane keeps of what it was given, and answers with."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.description_entity_pb2 import DescriptionEntity
from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
from registry.entities import launch_plan, named, task, trio, workflow

from hatch_flyte.entity import Kind
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as opened:
        yield opened


@pytest.fixture
def plane(store: Store) -> ControlPlane:
    return ControlPlane(store)


def test_an_organisation_stays_in_the_template_and_leaves_the_identifier(plane: ControlPlane) -> None:
    requested = from_identifier(named(Kind.TASK))
    requested.org = "acme"
    plane.create(Kind.TASK, requested, task())
    stored = plane.get(Kind.TASK, from_identifier(named(Kind.TASK)))
    assert stored.id.org == ""
    assert stored.closure.compiled_task.template.id == requested


def test_a_short_description_is_kept(plane: ControlPlane) -> None:
    for identifier, spec in trio()[:2]:
        spec.description.CopyFrom(DescriptionEntity(short_description="about it"))  # type: ignore[attr-defined] # both have one
        plane.create(identifier.kind, from_identifier(identifier), spec)
        assert plane.found(identifier).short_description == "about it"


def test_the_spec_that_was_given_is_not_changed(plane: ControlPlane) -> None:
    for identifier, spec in trio():
        before = spec.SerializeToString(deterministic=True)
        plane.create(identifier.kind, from_identifier(identifier), spec)
        assert spec.SerializeToString(deterministic=True) == before


def test_a_launch_plan_in_a_workflow_must_be_there_too(plane: ControlPlane) -> None:
    for identifier, spec in trio():
        plane.create(identifier.kind, from_identifier(identifier), spec)
    spec = workflow(named(Kind.TASK))
    node = spec.template.nodes.add(id="n1")
    node.workflow_node.launchplan_ref.CopyFrom(from_identifier(named(Kind.LAUNCH_PLAN)))
    plane.create(Kind.WORKFLOW, from_identifier(named(Kind.WORKFLOW, "parent")), spec)
    node.workflow_node.launchplan_ref.version = "9"
    with pytest.raises(RefusalError, match="missing entity of type LAUNCH_PLAN"):
        plane.create(Kind.WORKFLOW, from_identifier(named(Kind.WORKFLOW, "other")), spec)


def test_no_spec_is_refused_for_each_kind(plane: ControlPlane) -> None:
    for kind, message in (
        (Kind.TASK, "missing spec"),
        (Kind.WORKFLOW, "missing spec"),
        (Kind.LAUNCH_PLAN, "missing id"),
    ):
        with pytest.raises(RefusalError, match=message):
            plane.create(kind, from_identifier(named(kind)), None)


def test_an_incomplete_identifier_matches_nothing(plane: ControlPlane) -> None:
    for identifier, spec in trio():
        plane.create(identifier.kind, from_identifier(identifier), spec)
    for kind in Kind:
        incomplete = from_identifier(named(kind, version=""))
        with pytest.raises(RefusalError, match=r"^missing version$"):
            plane.get(kind, incomplete)
    with pytest.raises(RefusalError, match=r"^missing version$"):
        plane.update_launch_plan(from_identifier(named(Kind.LAUNCH_PLAN, version="")), 1)
    with pytest.raises(RefusalError, match=r"^missing id$"):
        plane.update_launch_plan(None, 1)


def test_an_unknown_launch_plan_cannot_be_activated(plane: ControlPlane) -> None:
    for state in (0, 1):
        with pytest.raises(RefusalError, match="missing entity of type LAUNCH_PLAN"):
            plane.update_launch_plan(from_identifier(named(Kind.LAUNCH_PLAN)), state)


def test_a_version_may_refer_to_a_workflow_in_another_project(plane: ControlPlane, store: Store) -> None:
    for identifier, spec in trio():
        plane.create(identifier.kind, from_identifier(identifier), spec)
    ProjectOffice(store).ensure("other")
    requested = IdentifierMessage(resource_type=3, project="other", domain="staging", name="p", version="1")
    plane.create(Kind.LAUNCH_PLAN, requested, launch_plan(named(Kind.WORKFLOW)))
    assert plane.get(Kind.LAUNCH_PLAN, requested).spec.workflow_id.project == "flytesnacks"
