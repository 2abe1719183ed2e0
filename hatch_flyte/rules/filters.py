"""Rules about the filters of lists: `FUNCTION(FIELD,VALUE)`, several with `+` between them.

Source: filters.go:ParseFilters. What the control plane's database could not read is refused here, after all that
flyteadmin refuses itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.columns import METADATA, PREFIXES, TABLES, Type
from hatch_flyte.rules.go_time import DurationError, check_duration
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SETS: Final = frozenset({"value_in", "value_not_in"})
"""Functions that compare with several values, given with `;` between them."""
PATTERNS: Final = frozenset({"contains", "not_like"})
"""Functions that compare texts with a pattern."""
FUNCTIONS: Final = frozenset({"gt", "gte", "lt", "lte", "eq", "ne"}) | PATTERNS | SETS

MAX_FILTERS: Final = 500
MAX_VALUES: Final = 10_000
"""What a statement has room for. The control plane's database has some more."""

_BLANKS: Final = "\t\n\f\r "
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_METADATA_FIELDS: Final = frozenset({"description", "state"})
_TIME_FORMS: Final = (
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: a column compared with values."""

    column: str
    function: str
    values: tuple[str | int, ...]
    owner: str = ""
    """The code of the column's table (`columns.TABLES`), if it isn't the listed one."""


def parsed_filters(filters: str, code: str) -> list[Condition]:
    """Return the filters of a list of the table `code`, their values as they were written."""
    expressions = filters.split("+") if filters else []
    if len(expressions) > MAX_FILTERS:
        raise _refused(f"filters: expected at most {MAX_FILTERS} (got {len(expressions)})")
    return [_condition(expression, code) for expression in expressions]


def readable(conditions: Iterable[Condition], code: str) -> tuple[Condition, ...]:
    """Return filters with their values read as their columns' types."""
    return tuple(_read(condition, condition.owner or code) for condition in conditions)


def _condition(expression: str, code: str) -> Condition:
    """Return one filter; a table before the field is allowed if the list may be joined with it."""
    parts = next((found for line in expression.split("\n") if (found := _parts(line))), None)
    if parts is None:
        raise invalid_value("filters", rule=catalogue.LIST_FILTER)
    function, field, text = parts
    prefix, dot, rest = field.partition(".")
    owner, column = (PREFIXES[prefix], rest) if dot and prefix in PREFIXES else (code, field)
    if owner != code and owner not in TABLES[code].joined:
        raise _refused(f"'{owner}' entity is not allowed in filters")
    if column not in TABLES[owner].columns:
        raise _refused(f"'{owner}.{column}' is invalid filter")
    values = tuple(text.split(";"))
    if len(values) > MAX_VALUES:
        raise _refused(f"filters: expected at most {MAX_VALUES} values for '{owner}.{column}' (got {len(values)})")
    for value in values if column == "duration" else ():
        _check_duration(value)
    if function not in FUNCTIONS:
        raise _refused(f"unrecognized filter function: {function}")
    if owner == "nen" and column in _METADATA_FIELDS:
        owner = METADATA
    return Condition(column, function, values, "" if owner == code else owner)


def _parts(text: str) -> tuple[str, str, str] | None:
    r"""Return function, field and value: what the expression `(.+)\((.+),\s?(.+)\)` finds, in linear time."""
    close = text.rfind(")")
    comma = text.rfind(",", 0, max(close - 1, 0))
    opening = text.rfind("(", 1, max(comma - 1, 0))
    if opening < 0:
        return None
    value = text[comma + 1 : close]
    if len(value) > 1 and value[0] in _BLANKS:
        value = value[1:]
    return text[:opening], text[opening + 1 : comma], value


def _check_duration(value: str) -> None:
    try:
        check_duration(f"{value}s" if _DECIMAL.fullmatch(value) else value)
    except DurationError as error:
        raise _refused(f"Failed to parse duration [{value}]") from error


def _read(condition: Condition, code: str) -> Condition:
    type_ = TABLES[code].columns[condition.column]
    name, function, values = f"{code}.{condition.column}", condition.function, condition.values
    if function == "contains" and len(values) > 1:
        values = (f"[{' '.join(map(str, values))}]",)  # as Go prints a list
    if len(values) > 1 and function not in SETS:
        raise _refused(f"filters: expected one value for '{name}' (got {len(values)})")
    if function in PATTERNS and type_ not in {Type.TEXT, Type.BYTES}:
        raise _refused(f"filters: {function} is for texts, which '{name}' isn't")
    read = tuple(_values(type_, name, map(str, values)))
    return Condition(condition.column, function, read, condition.owner)


def _values(type_: Type, name: str, texts: Iterable[str]) -> Iterator[str | int]:
    for text in texts:
        if type_ is Type.NUMBER:
            if not _NUMBER.fullmatch(text):
                raise _unreadable(name, "a number", text)
            yield int(text)
        elif type_ is Type.TIME:
            yield _microseconds(name, text)
        else:
            yield text


def _microseconds(name: str, text: str) -> int:
    """Return a point in time, given as RFC 3339 or a part of it, in microseconds since 1970; UTC unless it says so."""
    for form in _TIME_FORMS:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 # the next line gives it a zone
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
        return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    raise _unreadable(name, "a point in time like 2026-01-31T12:00:00Z", text)


def _refused(text: str) -> RefusalError:
    return invalid(text, rule=catalogue.LIST_FILTER)


def _unreadable(name: str, expected: str, text: str) -> RefusalError:
    return _refused(f"filters: expected {expected} for '{name}' (got {text!r})")
