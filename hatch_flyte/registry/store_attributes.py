"""What the local registry remembers of what is set for projects, domains and workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.rules.attributes import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_flyte.registry.store_file import Database

_NEAREST_FIRST: Final = "ORDER BY workflow <> '' DESC, domain <> '' DESC, id"
_FIND: Final = """
SELECT content FROM attributes WHERE resource = ? AND project = ? AND domain = ? AND workflow = ?
"""
_FIND_NEAREST: Final = f"""
SELECT project, domain, workflow, content FROM attributes
WHERE resource = ? AND project IN ('', ?) AND domain IN ('', ?) AND workflow IN ('', ?) {_NEAREST_FIRST} LIMIT 1
"""  # noqa: S608 # an order alone
_LIST: Final = f"""
SELECT project, domain, workflow, content FROM attributes WHERE resource = ? {_NEAREST_FIRST}
"""  # noqa: S608 # same
_SET: Final = """
INSERT INTO attributes (resource, project, domain, workflow, content) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (resource, project, domain, workflow) DO UPDATE SET content = excluded.content
"""
_REMOVE: Final = """
DELETE FROM attributes
WHERE resource = ? AND project = ? AND ? IN ('', domain) AND ? IN ('', workflow)
"""

Found = tuple[Place, bytes]
"""What attributes are set for, and they: serialized `admin.MatchingAttributes`."""


class AttributeTable:
    """The attributes of a registry, a set of each kind for a place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, place: Place) -> bytes | None:
        """Return what is set for just that place."""
        return next((content for (content,) in self._database.read(_FIND, _key(place))), None)

    def find_nearest(self, place: Place) -> Found | None:
        """Return what holds for a place: what is set for it, or for what it is part of."""
        return next(iter(self._found(_FIND_NEAREST, place)), None)

    def select(self, resource: int) -> list[Found]:
        """Return every set of a kind, those for the least first."""
        rows = self._database.read(_LIST, [resource])
        return [(Place(resource, *place), content) for *place, content in rows]

    def set(self, place: Place, change: Callable[[bytes | None], bytes]) -> None:
        """Set for a place what `change` makes of what is set there."""
        with self._database.transaction():
            self._database.write(_SET, (*_key(place), change(self.find(place))))

    def remove(self, place: Place) -> None:
        """Remove what is set for a place, and for its parts: so does the control plane's database."""
        self._database.write(_REMOVE, _key(place))

    def _found(self, statement: str, place: Place) -> list[Found]:
        rows = self._database.read(statement, _key(place))
        return [(Place(place.resource, *found), content) for *found, content in rows]


def _key(place: Place) -> tuple[int, str, str, str]:
    return place.resource, place.project, place.domain, place.workflow
