"""Workflow commands of GitHub Actions: lines on a job's output that its runner takes for more than text.

Source: GitHub's "Workflow commands for GitHub Actions"; its toolkit's `command.ts` escapes in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


def command(name: str, properties: Mapping[str, str], text: str) -> str:
    """Return a command: `::error file=a.py,line=3::text`. What could steer a terminal is escaped too."""
    written = ",".join(f"{key}={_property(printable(value))}" for key, value in properties.items())
    return f"::{name}{f' {written}' if written else ''}::{_data(printable(text))}"


def place(file: str, line: int) -> dict[str, str]:
    """Return the properties that say where an annotation stands; none without a file."""
    return {"file": file, "line": str(line or 1)} if file else {}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
