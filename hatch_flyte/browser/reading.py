"""What pages ask the registry: the control plane's own methods, with its limits and tokens.

All of it is done in the registry's thread. Every method may raise `RefusalError` or `StoreError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from flyteidl.admin.common_pb2 import NamedEntityListRequest, ResourceListRequest, Sort
from flyteidl.admin.launch_plan_pb2 import ActiveLaunchPlanListRequest
from flyteidl.admin.project_pb2 import ProjectListRequest

from hatch_flyte.entity import Kind
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import RESOURCE_TYPES, from_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.browser.addresses import Place
    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.methods import Offices

PAGE: Final = 50
"""Rows of a page."""
MOST: Final = 500
"""Rows of a table without pages."""
_STEPS: Final = (1_000, 10_000, 100_000, 1_000_000)
"""How many names a search looks at, step by step, until it has found enough."""
_NEWEST: Final = Sort(key="created_at", direction=Sort.DESCENDING)
_FIELDS: Final[dict[Kind, str]] = {
    Kind.TASK: "tasks",
    Kind.WORKFLOW: "workflows",
    Kind.LAUNCH_PLAN: "launch_plans",
}

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """One page of a list."""

    items: Sequence[Item]
    number: int
    """The first is 1."""
    more: bool
    """Whether there is another page."""

    @property
    def first(self) -> int:
        """The number of its first row in the list, from 1."""
        return (self.number - 1) * PAGE + 1


class Reader:
    """Asks a registry."""

    def __init__(self, offices: Offices) -> None:
        self._plane, self._names, self._projects = offices.plane, offices.names, offices.projects

    def projects(self, number: int) -> Slice[Any]:
        """Return a page of projects."""
        request = ProjectListRequest(limit=PAGE + 1, token=_token(number))
        return _slice(self._projects.page(request).projects, number)

    def project(self, name: str) -> Any:
        """Return a project with its domains."""
        return self._projects.get(name)

    def names(self, kind: Kind, place: Place, number: int) -> Slice[Any]:
        """Return a page of a kind's names, as `admin.NamedEntity`."""
        request = _named(kind, place, limit=PAGE + 1, token=_token(number))
        return _slice(self._names.page(request).entities, number)

    def search(self, kind: Kind, place: Place, text: str) -> Sequence[Any]:
        """Return the first names that have `text` in them, one more than a page if there are more than that."""
        found: list[Any] = []
        offset = 0
        for step in _STEPS:  # filters count only after the limit, as with the control plane
            request = _named(kind, place, limit=step, token=str(offset), filters=f"contains(name,{_pattern(text)})")
            found += [one for one in self._names.page(request).entities if text in one.id.name]
            offset += step
            if len(found) > PAGE:
                break
        return found[: PAGE + 1]

    def versions(self, kind: Kind, place: Place, name: str, number: int = 1) -> Slice[Any]:
        """Return a page of a name's versions, the newest first; refuse a name that has none."""
        found = self._list(kind, place, name, limit=PAGE + 1, token=_token(number))
        if not found and number == 1:
            raise RefusalError(Code.NOT_FOUND, f"no {kind.value} of this name is registered in {place.project}")
        return _slice(found, number)

    def newest(self, kind: Kind, place: Place, name: str, limit: int = 1) -> Sequence[Any]:
        """Return the newest versions of a name."""
        return self._list(kind, place, name, limit=limit)

    def newest_plans(self, place: Place, number: int) -> Slice[Any]:
        """Return so many of the newest launch plans, whatever their names: page `number` of `MOST` each."""
        found = self._list(Kind.LAUNCH_PLAN, place, "", limit=MOST + 1, token=_token(number, MOST))
        return Slice(found[:MOST], number, len(found) > MOST)

    def of_version(self, kind: Kind, place: Place, version: str) -> Sequence[Any]:
        """Return the entities of a kind with a version, at most `MOST`."""
        pattern = _pattern(version)
        function = "eq" if pattern == version else "contains"
        found = self._list(kind, place, "", limit=MOST, filters=f"{function}(version,{pattern})")
        return [one for one in found if one.id.version == version]

    def active(self, place: Place) -> Sequence[Any]:
        """Return the active launch plans, at most `MOST`, the newest first."""
        request = ActiveLaunchPlanListRequest(project=place.project, domain=place.domain, limit=MOST, sort_by=_NEWEST)
        found: Sequence[Any] = self._plane.active_page(request).launch_plans
        return found

    def entity(self, identifier: Identifier) -> Any:
        """Return the `admin.Task`, `admin.Workflow` or `admin.LaunchPlan` with an identifier."""
        return self._plane.get(identifier.kind, from_identifier(identifier))

    def description(self, identifier: Identifier) -> Any | None:
        """Return what is said of a version; None where nothing is."""
        try:
            found = self._names.description(from_identifier(identifier))
        except RefusalError:
            return None
        return found if found.id.resource_type == RESOURCE_TYPES[identifier.kind] else None

    def _list(self, kind: Kind, place: Place, name: str, **fields: Any) -> Sequence[Any]:
        request = ResourceListRequest(sort_by=_NEWEST, **fields)
        request.id.project, request.id.domain, request.id.name = place.project, place.domain, name
        found: Sequence[Any] = getattr(self._plane.page(kind, request), _FIELDS[kind])
        return found


def _named(kind: Kind, place: Place, **fields: Any) -> NamedEntityListRequest:
    number: Any = RESOURCE_TYPES[kind]
    return NamedEntityListRequest(resource_type=number, project=place.project, domain=place.domain, **fields)


def _token(number: int, size: int = PAGE) -> str:
    """Return the token of a page: the control plane's are offsets (`rules.listing`)."""
    return str((number - 1) * size)


def _slice(found: Sequence[Any], number: int) -> Slice[Any]:
    return Slice(found[:PAGE], number, len(found) > PAGE)


def _pattern(text: str) -> str:
    r"""Return what a filter has for the characters of a text: those of its own grammar become any character.

    What is found besides is left out by whoever asked. A backslash takes the meaning of what follows.
    """
    return "".join("_" if one in "+;,()\\%_\n\t\f\r " else one for one in text)
