"""Methods about tasks, workflows and launch plans, their names and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import NamedEntityIdentifier

from hatch_flyte.entity import Kind
from hatch_flyte.registry.methods.method import given

if TYPE_CHECKING:
    from hatch_flyte.registry.control_plane import ControlPlane
    from hatch_flyte.registry.methods.method import Answer, Answers
    from hatch_flyte.registry.name_office import NameOffice


def entity_answers(plane: ControlPlane, names: NameOffice) -> Answers:
    """Return what is answered about entities."""
    return {
        **_kind_answers(plane, names, Kind.TASK, "Task"),
        **_kind_answers(plane, names, Kind.WORKFLOW, "Workflow"),
        **_kind_answers(plane, names, Kind.LAUNCH_PLAN, "LaunchPlan"),
        "UpdateLaunchPlan": lambda request: plane.update_launch_plan(given(request, "id"), request.state),
        "GetActiveLaunchPlan": lambda request: plane.active_launch_plan(
            given(request, "id") or NamedEntityIdentifier()
        ),
        "ListActiveLaunchPlans": plane.active_page,
        "GetNamedEntity": names.get,
        "UpdateNamedEntity": names.update,
        "ListNamedEntities": names.page,
        "GetDescriptionEntity": lambda request: names.description(given(request, "id")),
        "ListDescriptionEntities": names.descriptions,
    }


def _kind_answers(plane: ControlPlane, names: NameOffice, kind: Kind, noun: str) -> dict[str, Answer]:
    """Return what is answered about a kind of entity, under the names that its methods have."""

    def create(request: Any) -> None:
        plane.create(kind, given(request, "id"), given(request, "spec"))

    return {
        f"Create{noun}": create,
        f"Get{noun}": lambda request: plane.get(kind, given(request, "id")),
        f"List{noun}s": lambda request: plane.page(kind, request),
        f"List{noun}Ids": lambda request: names.identifiers(kind, request),
    }
