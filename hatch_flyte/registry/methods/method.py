"""What a method is, which services there are, and what their methods work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2

from hatch_flyte.wire.messages import message_class

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.message import Message

    from hatch_flyte.registry.attribute_office import AttributeOffice
    from hatch_flyte.registry.control_plane import ControlPlane
    from hatch_flyte.registry.execution_office import ExecutionOffice
    from hatch_flyte.registry.name_office import NameOffice
    from hatch_flyte.registry.project_office import ProjectOffice
    from hatch_flyte.registry.upload_locations import UploadLocations

    Answer = Callable[[Any], "Message | None"]
    """From a request to its answer; None stands for the empty one."""
    Answers = Mapping[str, Answer]
    """Answers by the name of the method."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method that the local registry has."""

    request: type[Message]
    response: type[Message]
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """What does the work."""

    plane: ControlPlane
    names: NameOffice
    projects: ProjectOffice
    attributes: AttributeOffice
    executions: ExecutionOffice
    locations: UploadLocations


def services() -> dict[str, Any]:
    """Return the descriptors of the services by their full names."""
    files = (admin_pb2, dataproxy_pb2, signal_pb2)
    found = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    return {service.full_name: service for service in found}


def of_service(service: str, answers: Answers) -> dict[str, Method]:
    """Return methods of a service by their paths, without the first slash."""
    known = services()[service].methods_by_name
    return {
        f"{service}/{name}": Method(
            message_class(known[name].input_type), message_class(known[name].output_type), answer
        )
        for name, answer in answers.items()
    }


def given(request: Any, name: str) -> Any:
    """Return a field of a request, None where it isn't there: an empty one is not the same."""
    return getattr(request, name) if request.HasField(name) else None
