"""Reading a configuration of Flyte's own tools: YAML as flytectl and pyflyte have it, or pyflyte's older INI.

The one module that imports PyYAML. Knows no keys; what they mean to us is `flyte_settings`' affair. The file may hold
secrets, so no message shows a line of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST: Final = 64 * 1024
"""Bytes; such a file has some dozens of lines."""
DEEPEST: Final = 20
"""Lists and tables in one another; PyYAML takes the longer the deeper it is in."""
_NOTHING: Final = ("", "~", "null")
"""What YAML has for nothing, as texts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file."""

    name: str
    """As it stands there: `admin.endpoint`."""
    value: object
    """A text, a list or a table, of the same; never empty."""


def read_config_file(path: Path) -> dict[str, Entry]:
    """Return the values of the file at `path` by dotted name in lower case, as flytectl compares them.

    By their ending, `.yaml` and `.yml` are YAML, all others INI, as for flytekit. YAML's values are texts, lists and
    tables, whatever types they seem to have. Raises `ValueError` that says what was expected.
    """
    text = _text(path)
    table = _from_yaml(text) if path.suffix.lower() in {".yaml", ".yml"} else _from_ini(text)
    entries = [
        Entry(f"{section}.{name}", value)
        for section, inner in table.items()
        if isinstance(inner, Mapping)
        for name, value in inner.items()
    ]
    return {entry.name.lower(): entry for entry in entries if entry.value not in _NOTHING}


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"expected a file (got {str(path)!r})")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise ValueError(f"cannot be read ({problem.strerror})") from problem
    if len(data) > LARGEST:
        raise ValueError(f"expected {LARGEST} bytes at most (got more)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise ValueError(f"expected UTF-8 (got byte 0x{data[problem.start]:02x} in line {line})") from problem


def _from_yaml(text: str) -> Mapping[str, Any]:
    import yaml

    try:
        _check_events(yaml.parse(text))
        # It makes texts, lists and tables, and nothing else.
        table = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 # safer than SafeLoader, which ruff knows
    except yaml.YAMLError as problem:
        raise ValueError(f"expected YAML ({_yaml_fault(problem)})") from problem
    if isinstance(table, Mapping):
        return table
    raise ValueError("expected a table, as `admin:` with `endpoint: …` below it (got something else)")


def _check_events(events: Iterable[Any]) -> None:
    """Refuse what is short to write and takes for ever to read: depth, and the same list many times, by name."""
    import yaml

    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("expected YAML without aliases (`*name`)")  # noqa: TRY004 # the text is wrong, no type
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"expected YAML of {DEEPEST} levels at most (got more)")


def _yaml_fault(problem: Any) -> str:
    mark = getattr(problem, "problem_mark", None)
    what = getattr(problem, "problem", None) or "characters that are not allowed"
    return f"{what}, line {mark.line + 1}" if mark else what


def _from_ini(text: str) -> Mapping[str, Mapping[str, str]]:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        line = getattr(problem, "lineno", None)
        place = f" in line {line}" if line else ""
        what = "expected sections as `[platform]` with `key = value`"
        raise ValueError(f"{what} (got something else{place}; YAML ends in .yaml)") from problem
    return {name: dict(parser.items(name)) for name in parser.sections()}
