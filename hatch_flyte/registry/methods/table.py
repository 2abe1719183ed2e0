"""All methods by their paths, and what is said of those that the local registry hasn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.version_pb2 import GetVersionResponse, Version

from hatch_flyte import __version__
from hatch_flyte.registry.execution_office import NOTHING_RUNS
from hatch_flyte.registry.methods.entities import entity_answers
from hatch_flyte.registry.methods.executions import data_answers, execution_answers, signal_answers
from hatch_flyte.registry.methods.health import health_methods
from hatch_flyte.registry.methods.method import of_service
from hatch_flyte.registry.methods.projects import attribute_answers, project_answers

if TYPE_CHECKING:
    from hatch_flyte.registry.methods.method import Method, Offices

ABSENT: Final[dict[str, str]] = {
    "Event": f"only what runs executions sends events, and {NOTHING_RUNS}",
    "Signal": f"only executions wait for signals, and {NOTHING_RUNS}",
}
"""What is said of a method whose name has the word: what the local registry doesn't do, what to do."""

OTHERWISE: Final = "the local registry doesn't have this method: use a Flyte cluster for that"


def methods(offices: Offices) -> dict[str, Method]:
    """Return the methods by their paths, without the first slash."""
    admin = {
        **entity_answers(offices.plane, offices.names),
        **project_answers(offices.projects),
        **attribute_answers(offices.attributes),
        **execution_answers(offices.executions),
        "GetVersion": _version,
    }
    return {
        **of_service("flyteidl.service.AdminService", admin),
        **of_service("flyteidl.service.DataProxyService", data_answers(offices.locations)),
        **of_service("flyteidl.service.SignalService", signal_answers(offices.executions)),
        **health_methods(),
    }


def absent_text(name: str) -> str:
    """Return what is said of a method that Flyte has and the local registry hasn't."""
    return next((sentence for word, sentence in ABSENT.items() if word in name), OTHERWISE)


def _version(_request: Any) -> Any:
    version = Version(Build="hatch-flyte", Version=__version__, BuildTime="unknown")
    return GetVersionResponse(control_plane_version=version)
