"""SQL for what a list asks for. Column names of a query are flyteadmin's, and known to exist (`rules.columns`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hatch_flyte.entity import Kind
from hatch_flyte.rules.columns import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.rules.filters import Condition
    from hatch_flyte.rules.listing import Query

_COLUMNS: Final = {
    "updated_at": "created_at",  # activating does not count as updating
    "deleted_at": "NULL",
    "digest": "coalesce(whole, brief)",
    "closure": "coalesce(whole, brief)",
    "spec": "coalesce(whole, brief)",
    "typed_interface": "brief",
    "remote_closure_identifier": "''",
    "state": "active",
    "launch_condition_type": "NULL",
}
"""SQL for flyteadmin's columns that are kept under another name here; what it keeps as bytes has an order, no more."""

_PROJECT_COLUMNS: Final[dict[str, str]] = {"deleted_at": "NULL"}
_DESCRIPTION_COLUMNS: Final = {"updated_at": "created_at", "deleted_at": "NULL", "resource_type": "kind"}
_TABLES: Final[dict[Rows, tuple[str, dict[str, str]]]] = {
    Rows.PROJECTS: ("projects", _PROJECT_COLUMNS),
    Rows.DESCRIPTIONS: ("descriptions", _DESCRIPTION_COLUMNS),
}
_OPERATORS: Final = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_GLOB_SPECIAL: Final = re.compile(r"[*?\[]")
_GLOB_CHARACTERS: Final = {"%": "*", "_": "?"}
_LIKE_CHARACTER: Final = re.compile(r"\\(.)|(.)", re.DOTALL)


def select(query: Query, columns: str) -> tuple[str, list[str | int]]:
    """Return the statement and its parameters that give `columns` of what `query` asks for."""
    parameters: list[str | int] = []
    tests = []
    if isinstance(query.kind, Kind):
        table, names = "entities", _COLUMNS
        tests.append("kind = ?")
        parameters.append(query.kind.suffix)
    else:
        table, names = _TABLES[query.kind]
    for condition in query.conditions:
        column = names.get(condition.column, condition.column)
        if condition.owner:  # the only other table that a list can be joined with is that of a launch plan's workflow
            column = f"(SELECT {column} FROM entities workflow WHERE workflow.id = entities.workflow_id)"  # noqa: S608 # same
        test, values = condition_sql(column, condition)
        if (column, condition.function, values) == ("active", "eq", [1]):
            test, values = "active", []  # as the index has it
        tests.append(test)
        parameters += values
    clauses = f"WHERE {' AND '.join(['1', *tests])} ORDER BY {', '.join(_order(query, names))} LIMIT ? OFFSET ?"
    statement = f"SELECT {columns} FROM {table} {clauses}"  # noqa: S608 # columns known to `rules.columns`; no values
    return statement, [*parameters, query.limit or -1, query.offset]


def _order(query: Query, names: dict[str, str]) -> Iterator[str]:
    """Yield what is sorted by; entities are made in the order of `created_at`, by which there is an index."""
    direction = "DESC" if query.descending else "ASC"
    last = "created_at" if isinstance(query.kind, Kind) else "id"
    first = names.get(query.sort_by, query.sort_by)
    if first and first != last:
        yield f"{first} {direction}"
    yield f"{last} {direction}"


def condition_sql(column: str, condition: Condition) -> tuple[str, list[str | int]]:
    """Return a filter as SQL, and its parameters; `column` is SQL for what it is about."""
    if condition.function in {"value_in", "value_not_in"}:
        negation = "NOT " * (condition.function == "value_not_in")
        marks = ", ".join("?" * len(condition.values))
        return f"{column} {negation}IN ({marks})", list(condition.values)
    [value] = condition.values
    if condition.function == "contains":
        return f"{column} GLOB ?", [f"*{_glob(str(value))}*"]
    if condition.function == "not_like":
        return f"{column} NOT GLOB ?", [_glob(str(value))]
    return f"{column} {_OPERATORS[condition.function]} ?", [value]


def _glob(pattern: str) -> str:
    r"""Return PostgreSQL's LIKE pattern as SQLite's GLOB, which regards case as LIKE does there.

    `%` is any text, `_` any character, and a backslash takes the meaning of the one after it.
    """
    parts = []
    for escaped, character in _LIKE_CHARACTER.findall(pattern):
        literal = escaped or ("" if character in _GLOB_CHARACTERS else character)
        parts.append(_GLOB_SPECIAL.sub(r"[\g<0>]", literal) if literal else _GLOB_CHARACTERS[character])
    return "".join(parts)
