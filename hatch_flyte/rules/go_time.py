"""Durations as Go's `time` package writes and reads them: `1h0m1s`, `300ms`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

SECOND: Final = 1_000_000_000
"""Nanoseconds."""

_MOST_SECONDS: Final = 315_576_000_000
"""What protobuf allows, some 10,000 years."""
_MOST: Final = (1 << 63) - 1
_UNITS: Final = {
    "ns": 1,
    "us": 1000,
    "\N{MICRO SIGN}s": 1000,
    "\N{GREEK SMALL LETTER MU}s": 1000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART: Final = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)")
_MOST_CHARACTERS: Final = 1000
_QUOTED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\x0a", "\t": "\\x09", "\r": "\\x0d"}


class DurationError(ValueError):
    """A text is no duration; the message is Go's."""


def nanoseconds(duration: Duration) -> int:
    """Return how long a duration is, as far as Go's 64 bits go."""
    exact = duration.seconds * SECOND + duration.nanos
    return max(-_MOST - 1, min(_MOST, exact))


def is_valid(duration: Duration) -> bool:
    """Return whether a duration is what protobuf allows: within some 10,000 years, and of one sign."""
    seconds, nanos = duration.seconds, duration.nanos
    return abs(seconds) <= _MOST_SECONDS and abs(nanos) < SECOND and seconds * nanos >= 0


def duration_text(nanoseconds: int) -> str:
    """Return a duration as Go prints it: `1h0m1s`, `2m3.5s`, `300ms`, `0s`."""
    sign, rest = "-" * (nanoseconds < 0), abs(nanoseconds)
    if rest < SECOND:
        unit, size = next(
            ((unit, size) for unit, size in (("ms", 1_000_000), ("\N{MICRO SIGN}s", 1000), ("ns", 1)) if rest >= size),
            ("s", 1),
        )
        return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = _decimal(rest, SECOND)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"


def check_duration(text: str) -> None:
    """Refuse a text that Go's ParseDuration does not take. Raises `DurationError`."""
    rest = text[1:] if text[:1] in {"-", "+"} else text
    if rest == "0":
        return
    if not rest or len(text) > _MOST_CHARACTERS:
        raise DurationError(f"time: invalid duration {_go_quoted(text)}")
    total, place = 0, 0
    while place < len(rest):
        match = _PART.match(rest, place)
        if match is None or not (match[1] or match[3]):
            raise DurationError(f"time: invalid duration {_go_quoted(text)}")
        total += int(match[1] or 0) * _unit(match[4], text)
        place = match.end()
    if total > _MOST:
        raise DurationError(f"time: invalid duration {_go_quoted(text)}")


def _unit(name: str, text: str) -> int:
    if not name:
        raise DurationError(f"time: missing unit in duration {_go_quoted(text)}")
    if name not in _UNITS:
        raise DurationError(f"time: unknown unit {_go_quoted(name)} in duration {_go_quoted(text)}")
    return _UNITS[name]


def _decimal(amount: int, size: int) -> str:
    whole, rest = divmod(amount, size)
    fraction = f"{rest:0{len(str(size)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def _go_quoted(text: str) -> str:
    return f'"{"".join(_QUOTED.get(character, character) for character in text)}"'
