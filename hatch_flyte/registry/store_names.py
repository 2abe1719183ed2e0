"""What the local registry remembers of names: which there are, and what is said of them whatever their versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.registry.store_query import condition_sql
from hatch_flyte.rules.columns import METADATA

if TYPE_CHECKING:
    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.store_file import Database, Value
    from hatch_flyte.rules.filters import Condition
    from hatch_flyte.rules.listing import NamesQuery

_FIND: Final = """
SELECT e.project, e.domain, e.name, coalesce(m.description, ''), coalesce(m.state, 0)
FROM entities e LEFT JOIN names m USING (kind, project, domain, name)
WHERE e.kind = ? AND e.project = ? AND e.domain = ? AND e.name = ? LIMIT 1
"""
_SAY: Final = """
INSERT INTO names (kind, project, domain, name, description, state) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, project, domain, name) DO UPDATE SET state = excluded.state,
    description = CASE excluded.description WHEN '' THEN description ELSE excluded.description END
"""
_LIST: Final = """
SELECT listed.project, listed.domain, listed.name, coalesce(m.description, ''), coalesce(m.state, 0)
FROM (SELECT kind, project, domain, name FROM entities WHERE {place} GROUP BY kind, project, domain, name
      ORDER BY {order} LIMIT ? OFFSET ?) AS listed
LEFT JOIN names m USING (kind, project, domain, name)
WHERE {conditions} ORDER BY {listed_order}
"""
_SAID: Final = {
    "description": "m.description",
    "state": "coalesce(m.state, 0)",
    "resource_type": "m.kind",
    **{column: f"m.{column}" for column in ("project", "domain", "name")},
}
"""SQL for what is said of names; nothing else of it is kept here."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, and what is said of it."""

    project: str
    domain: str
    name: str
    description: str
    state: int
    """An `admin.NamedEntityState`."""


class NameTable:
    """The names of a registry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, identifier: Identifier) -> Name | None:
        """Return what is said of a name that something is registered under; the version doesn't count."""
        return next((Name(*row) for row in self._database.read(_FIND, _key(identifier))), None)

    def say(self, identifier: Identifier, description: str, state: int) -> None:
        """Remember the state of a name, and its description unless that is empty."""
        self._database.write(_SAY, (*_key(identifier), description, state))

    def select(self, query: NamesQuery) -> list[Name]:
        """Return the names that `query` asks for."""
        place: dict[str, Value] = {"kind": query.kind.suffix, "project": query.project, "domain": query.domain}
        given = {column: value for column, value in place.items() if value}
        tests = ["1"]
        values: list[Value] = []
        for condition in query.conditions:
            test, parameters = condition_sql(_column(condition), condition)
            tests.append(test)
            values += parameters
        statement = _LIST.format(
            place=" AND ".join(f"{column} = ?" for column in given),
            order=_order(query, ""),
            conditions=" AND ".join(tests),
            listed_order=_order(query, "listed."),
        )
        return [
            Name(*row) for row in self._database.read(statement, [*given.values(), query.limit, query.offset, *values])
        ]


def _column(condition: Condition) -> str:
    if condition.owner == METADATA:
        return _SAID.get(condition.column, "NULL")
    return f"listed.{condition.column}"


def _order(query: NamesQuery, prefix: str) -> str:
    direction = "DESC" if query.descending else "ASC"
    rest = (column for column in ("project", "domain", "name") if column != query.sort_by)
    first = [f"{prefix}{query.sort_by} {direction}"] if query.sort_by else []
    return ", ".join([*first, *(f"{prefix}{column}" for column in rest)])


def _key(identifier: Identifier) -> tuple[int, str, str, str]:
    return identifier.kind.suffix, identifier.project, identifier.domain, identifier.name
