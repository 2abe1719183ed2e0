"""What the local registry remembers: projects, entities and their descriptions, in one SQLite file.

Owns rows and transactions: one entity, one transaction, in an order of creation that no two share. Several processes
may have the same file open. Knows no rules: it takes what it is given. Names and attributes have tables of their own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flyteidl.admin.common_pb2 import Labels
from flyteidl.admin.project_pb2 import Project

from hatch_flyte.registry.store_attributes import AttributeTable
from hatch_flyte.registry.store_file import Database
from hatch_flyte.registry.store_names import NameTable
from hatch_flyte.registry.store_query import select

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.store_file import Value
    from hatch_flyte.rules.listing import Query

FILE_NAME: Final = "registry.sqlite3"
BUSY_SECONDS: Final = 10.0
"""How long a statement waits while another process writes."""

_INSERT: Final = """
INSERT OR IGNORE INTO entities (kind, project, domain, name, version, created_at,
    type, short_description, schedule_type, workflow_id, brief, whole)
SELECT ?, ?, ?, ?, ?, max(?, 1 + coalesce((SELECT max(created_at) FROM entities), 0)), ?, ?, ?,
    (SELECT id FROM entities WHERE kind = ? AND project = ? AND domain = ? AND name = ? AND version = ?), ?, ?
"""
_FIND: Final = """
SELECT brief, whole, created_at, active FROM entities
WHERE kind = ? AND project = ? AND domain = ? AND name = ? AND version = ?
"""
_FIND_ACTIVE: Final = """
SELECT brief, whole, created_at, active FROM entities
WHERE kind = ? AND project = ? AND domain = ? AND name = ? AND active
"""
_CLEAR_ACTIVE: Final = """
UPDATE entities SET active = 0 WHERE kind = ? AND project = ? AND domain = ? AND name = ? AND active
"""
_SET_ACTIVE: Final = """
UPDATE entities SET active = ? WHERE kind = ? AND project = ? AND domain = ? AND name = ? AND version = ?
"""
_INSERT_DESCRIPTION: Final = """
INSERT INTO descriptions (kind, project, domain, name, version, created_at, short_description, long_description, link)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DESCRIPTION: Final = "kind, version, short_description, long_description, link"
_FIND_DESCRIPTION: Final = f"""
SELECT {_DESCRIPTION} FROM descriptions
WHERE project = ? AND domain = ? AND name = ? AND version = ? ORDER BY id LIMIT 1
"""  # noqa: S608 # columns alone
_INSERT_PROJECT: Final = """
INSERT OR IGNORE INTO projects (identifier, name, description, labels, state, created_at, updated_at)
SELECT ?, ?, ?, ?, ?, moment, moment
FROM (SELECT max(?, 1 + coalesce((SELECT max(created_at) FROM projects), 0)) AS moment)
"""
_FIND_PROJECT: Final = "SELECT identifier, name, description, labels, state FROM projects WHERE identifier = ?"
_UPDATE_PROJECT: Final = """
UPDATE projects SET name = ?, description = ?, labels = ?, state = ?, updated_at = ? WHERE identifier = ?
"""


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a version."""

    kind: int
    """`Kind.suffix` of what it describes."""
    version: str
    short: str
    long: bytes
    """A serialized `admin.Description`."""
    link: str
    """Where the source is."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity to be remembered."""

    identifier: Identifier
    brief: bytes
    """The message that a list shows."""
    whole: bytes | None = None
    """The message that a Get answers, where that is more."""
    type: str = ""
    short_description: str = ""
    schedule_type: str = ""
    workflow: Identifier | None = None
    """A launch plan's workflow."""
    description: Description | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What is remembered of an entity."""

    brief: bytes
    whole: bytes | None
    created_at: int
    """Microseconds since 1970; no two entities have the same."""
    active: bool


class Store:
    """A registry's file, open. For one thread at a time. Every method may raise `StoreError`.

    `folder` is made if it isn't there; None is a registry in memory.
    """

    def __init__(self, folder: Path | None, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._database = Database(folder.resolve() / FILE_NAME if folder else None, busy_seconds)
        self.place = self._database.place
        """The file, for people."""
        self.names = NameTable(self._database)
        self.attributes = AttributeTable(self._database)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def impatient(self) -> AbstractContextManager[None]:
        """Inside, have what would wait for another process fail at once, with `LockedError`."""
        return self._database.impatient()

    def clear(self) -> None:
        """Forget everything, in one transaction: what is left is a new registry."""
        self._database.clear()

    def insert(self, entity: Entity) -> bool:
        """Remember an entity; return False, and do nothing, if something is remembered under its identifier."""
        values = (
            *_key(entity.identifier),
            _now(),
            entity.type,
            entity.short_description,
            entity.schedule_type,
            *(_key(entity.workflow) if entity.workflow else (None,) * 5),
            entity.brief,
            entity.whole,
        )
        if entity.description is None:
            return self._database.write(_INSERT, values) == 1
        with self._database.transaction():
            if self._database.write(_INSERT, values) != 1:
                return False
            said = entity.description
            key = _key(entity.identifier)
            self._database.write(_INSERT_DESCRIPTION, (*key, _now(), said.short, said.long, said.link))
        return True

    def find(self, identifier: Identifier) -> Stored | None:
        """Return what is remembered under `identifier`."""
        return next((Stored(*row) for row in self._database.read(_FIND, _key(identifier))), None)

    def find_active(self, identifier: Identifier) -> Stored | None:
        """Return the active version of what `identifier` is a version of."""
        return next((Stored(*row) for row in self._database.read(_FIND_ACTIVE, _key(identifier)[:-1])), None)

    def select(self, query: Query) -> list[Stored]:
        """Return the entities that `query` asks for, without what only a Get answers."""
        return [Stored(*row) for row in self._database.read(*select(query, "brief, NULL, created_at, active"))]

    def activate(self, identifier: Identifier) -> None:
        """Make `identifier` the one active version of its name."""
        key = _key(identifier)
        with self._database.transaction():
            self._database.write(_CLEAR_ACTIVE, key[:-1])
            self._database.write(_SET_ACTIVE, (1, *key))

    def deactivate(self, identifier: Identifier) -> None:
        """Make `identifier` inactive, if it is active."""
        self._database.write(_SET_ACTIVE, (0, *_key(identifier)))

    def insert_project(self, project: Project) -> bool:
        """Remember a project; return False, and do nothing, if there is one with its `id`."""
        return self._database.write(_INSERT_PROJECT, (project.id, *_project_values(project), _now())) == 1

    def find_project(self, identifier: str) -> Project | None:
        """Return a project, without its domains."""
        return next((_project(*row) for row in self._database.read(_FIND_PROJECT, [identifier])), None)

    def select_projects(self, query: Query) -> list[Project]:
        """Return the projects that `query` asks for, without their domains."""
        columns = "identifier, name, description, labels, state"
        return [_project(*row) for row in self._database.read(*select(query, columns))]

    def update_project(self, project: Project) -> None:
        """Remember what `project` says of the project with its `id`."""
        self._database.write(_UPDATE_PROJECT, (*_project_values(project), _now(), project.id))

    def find_description(self, identifier: Identifier) -> Description | None:
        """Return what was first said of a version, whatever its kind."""
        found = self._database.read(_FIND_DESCRIPTION, _key(identifier)[1:])
        return next((Description(*row) for row in found), None)

    def select_descriptions(self, query: Query) -> list[Description]:
        """Return the descriptions that `query` asks for."""
        return [Description(*row) for row in self._database.read(*select(query, _DESCRIPTION))]


def _now() -> int:
    return time.time_ns() // 1000


def _key(identifier: Identifier) -> tuple[Value, ...]:
    return identifier.kind.suffix, identifier.project, identifier.domain, identifier.name, identifier.version


def _project_values(project: Project) -> tuple[Value, ...]:
    labels = project.labels.SerializeToString(deterministic=True) if project.HasField("labels") else None
    return project.name, project.description, labels, project.state


def _project(identifier: str, name: str, description: str, labels: bytes | None, state: int) -> Project:
    project = Project(id=identifier, name=name, description=description, state=state)
    if labels is not None:
        project.labels.CopyFrom(Labels.FromString(labels))
    return project
