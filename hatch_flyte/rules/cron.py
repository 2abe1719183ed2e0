"""Cron expressions as flyteadmin reads them: `ParseStandard` of robfig/cron, release 3.

Five fields, or a descriptor such as `@daily` or `@every 1h30m`, with or without a time zone before it. The texts are
that library's.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hatch_flyte.rules.go_time import DurationError, check_duration

if TYPE_CHECKING:
    from collections.abc import Mapping


class CronError(ValueError):
    """A text is no cron expression; the message is the library's."""


@dataclass(frozen=True, slots=True)
class _Field:
    least: int
    most: int
    names: Mapping[str, int] = field(default_factory=dict)


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31),
    _Field(1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
"""Minute, hour, day of the month, month, day of the week."""

_LONGEST: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
"""Days of months that have fewer than 31."""
_DESCRIPTORS: Final = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_EVERY: Final = "@every "
_BLANKS: Final = "\t\n\v\f\r \x85\xa0"
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_MOST: Final = (1 << 63) - 1
_MOST_DIGITS: Final = 19
_MOST_CHARACTERS: Final = 10_000
"""Nobody means a longer one, and reading it would take long."""
_ANY: Final = frozenset({"*", "?"})
_TWO: Final = 2


def check_cron(text: str) -> None:
    """Refuse a text that is no cron expression. Raises `CronError`."""
    if len(text) > _MOST_CHARACTERS:
        raise CronError(f"expected at most {_MOST_CHARACTERS} characters, found {len(text)}")
    rest = _without_zone(text)
    if rest.startswith("@"):
        _check_descriptor(rest)
        return
    fields = rest.split()
    if len(fields) != len(_FIELDS):
        raise CronError(f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]")
    for one, bounds in zip(fields, _FIELDS, strict=True):
        for part in one.split(","):
            if part:
                _check_range(part, bounds)


def never_comes(text: str) -> bool:
    """Return whether an expression names only dates that no calendar has, such as the 30th of February.

    Days of the month and of the week are alternatives where neither is any (`SpecSchedule`'s `dayMatches`). Raises
    `CronError` for what is no expression.
    """
    check_cron(text)
    fields = _without_zone(text).split()
    if len(fields) != len(_FIELDS):
        return False
    day, month, weekday = fields[2:]
    if _is_any(day) or not _is_any(weekday):
        return False
    first = min(_values(day, _FIELDS[2]), default=0)
    return all(first > _LONGEST.get(one, 31) for one in _values(month, _FIELDS[3]))


def _is_any(text: str) -> bool:
    return any(part[:1] in _ANY for part in text.split(","))


def _values(text: str, bounds: _Field) -> set[int]:
    """Return the numbers that a field names."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        span, slash, step = part.partition("/")
        low, *high = span.split("-")
        start, end = _ends(part, low, high, bounds)
        found.update(range(start, (end if high or not slash else bounds.most) + 1, _number(step) if slash else 1))
    return found


def _without_zone(text: str) -> str:
    """Return an expression without the time zone before it, which must be one."""
    if not text.startswith(("TZ=", "CRON_TZ=")):
        return text
    prefix, blank, rest = text.partition(" ")
    name = prefix.partition("=")[2]
    if not blank:
        # The library panics here, so the control plane answers INTERNAL without a word.
        raise CronError(f"expected an expression behind the time zone, found none: {text}")
    if ".." in name or name.startswith(("/", "\\")):
        raise CronError(f"provided bad location {name}: time: invalid location name")
    if not _is_zone(name):
        raise CronError(f"provided bad location {name}: unknown time zone {name}")
    return rest.strip(_BLANKS)


def _is_zone(name: str) -> bool:
    """Return whether Go's LoadLocation knows a time zone."""
    if name in {"", "UTC", "Local"} or _is_found(name):
        return True
    return not _is_found("Europe/London")  # a machine without zones can't tell


def _is_found(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_descriptor(text: str) -> None:
    if text.startswith(_EVERY):
        try:
            check_duration(text.removeprefix(_EVERY))
        except DurationError as error:
            raise CronError(f"failed to parse duration {text}: {error}") from error
    elif text not in _DESCRIPTORS:
        raise CronError(f"unrecognized descriptor: {text}")


def _check_range(text: str, bounds: _Field) -> None:
    """Check `*`, `N`, `N-M`, each with or without `/STEP`."""
    span, *steps = text.split("/")
    low, *high = span.split("-")
    start, end = _ends(text, low, high, bounds)
    step = 1
    if len(steps) == 1:
        step = _number(steps[0])
        end = end if high else bounds.most
    elif steps:
        raise CronError(f"too many slashes: {text}")
    if start < bounds.least:
        raise CronError(f"beginning of range ({start}) below minimum ({bounds.least}): {text}")
    if end > bounds.most:
        raise CronError(f"end of range ({end}) above maximum ({bounds.most}): {text}")
    if start > end:
        raise CronError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise CronError(f"step of range should be a positive number: {text}")


def _ends(text: str, low: str, high: list[str], bounds: _Field) -> tuple[int, int]:
    if low in _ANY:
        return bounds.least, bounds.most
    start = _named(low, bounds)
    if not high:
        return start, start
    if len(high) >= _TWO:
        raise CronError(f"too many hyphens: {text}")
    return start, _named(high[0], bounds)


def _named(text: str, bounds: _Field) -> int:
    known = bounds.names.get(text.lower())
    return _number(text) if known is None else known


def _number(text: str) -> int:
    """Return a number as Go's Atoi reads it; negative ones are refused."""
    if not _NUMBER.fullmatch(text):
        raise CronError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    digits = text.lstrip("+-").lstrip("0") or "0"
    number = int(digits) if len(digits) <= _MOST_DIGITS else _MOST + 1
    if number > _MOST:
        raise CronError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": value out of range')
    if number and text.startswith("-"):
        raise CronError(f"negative number (-{number}) not allowed: {text}")
    return number
