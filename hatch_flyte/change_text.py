"""Changes as text and as JSON values.

Names and values come from archives; they are made printable here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.changes import Group
from hatch_flyte.outcome import by_kind
from hatch_flyte.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.changes import ArchiveChanges, Change, EntityChange

SHOWN: Final = 100
"""Characters of a value that a line shows."""

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


def change_lines(changes: ArchiveChanges) -> Iterator[tuple[str, str]]:
    """Yield the lines of a difference, each with the word for what happened: `added`, `removed`, `changed`.

    Entities of a kind that changed alike stand together. Of those that only stand on another line of their file, the
    number is given.
    """
    if changes.archive:
        yield CHANGED, _line(CHANGED, "archive")
        yield from ((CHANGED, line) for line in map(change_line, changes.archive))
    for word, entities in ((REMOVED, changes.removed), (ADDED, changes.added)):
        yield from ((word, _line(word, one.kind.value, one.name)) for one in entities)
    yield from ((CHANGED, line) for line in _changed_lines(changes.changed))
    yield CHANGED, _summary(changes)


def _changed_lines(entities: Sequence[EntityChange]) -> Iterator[str]:
    alike: dict[tuple[str, ...], list[EntityChange]] = {}
    for one in entities:
        lines = tuple(change_line(change) for change in one.changes if not _is_move(change))
        if lines:
            alike.setdefault((one.kind.value, *lines), []).append(one)
    for (kind, *shared), those in alike.items():
        yield from (_line(CHANGED, kind, one.name) for one in those)
        if len(those) > 1:
            yield f"    each of these {len(those)}:"
        yield from shared


def _summary(changes: ArchiveChanges) -> str:
    changed = [one for one in changes.changed if not all(map(_is_move, one.changes))]
    counts = [
        f"{by_kind(one.kind for one in entities)} {word}"
        for word, entities in ((REMOVED, changes.removed), (ADDED, changes.added), (CHANGED, changed))
        if entities
    ]
    moved = sum(any(map(_is_move, one.changes)) for one in changes.changed)
    if moved:
        counts.append(f"{moved} on other lines of their files")
    return "; ".join(counts or ["entities as before"])


def _is_move(change: Change) -> bool:
    return change.group is Group.SOURCE and change.field == "line"


def _line(word: str, kind: str, name: str = "") -> str:
    return printable(f"{word:<8} {kind:<11} {name}".rstrip()).replace("\n", "\\n")


def change_line(change: Change) -> str:
    """Return a change as an indented line: its group, what of it, the old and the new value."""
    subject = change.field if change.group is Group.OTHER else change.subject
    said = _said(change.old, change.new)
    line = f"    {change.group.value:<13} {subject}{': ' if subject else ''}{said}"
    return printable(line).replace("\n", "\\n").replace("\t", "\\t")


def _said(old: object, new: object) -> str:
    if old is None and new is None:
        return "null in one of them, nothing in the other"
    before, after = _cut(value_words(old), value_words(new))
    if old is None:
        return f"added, {after}"
    return f"removed, was {before}" if new is None else f"{before} -> {after}"


def value_words(value: object) -> str:
    """Return words and texts as they are, arguments as one line, anything else as JSON."""
    if isinstance(value, str) and value.strip() == value != "":
        return value
    if isinstance(value, list) and value and all(isinstance(one, str) and one for one in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _cut(*texts: str) -> tuple[str, ...]:
    """Cut long texts around the first character that differs."""
    pairs = enumerate(zip(*texts, strict=False))
    same = next((at for at, pair in pairs if len(set(pair)) > 1), min(map(len, texts)))
    start = max(0, same - SHOWN // 3) if max(map(len, texts)) > SHOWN else 0
    return tuple(
        ("…" if start else "") + text[start : start + SHOWN] + ("…" if len(text) > start + SHOWN else "")
        for text in texts
    )


def to_json(changes: ArchiveChanges, exit_code: int) -> dict[str, Any]:
    """Return what `--json` prints: every change, nothing left out."""
    return {
        "exit_code": exit_code,
        "manifests": changes.manifests,
        "archive": [change_json(one) for one in changes.archive],
        "added": [{"kind": one.kind.value, "name": one.name} for one in changes.added],
        "removed": [{"kind": one.kind.value, "name": one.name} for one in changes.removed],
        "changed": [
            {"kind": one.kind.value, "name": one.name, "changes": [change_json(change) for change in one.changes]}
            for one in changes.changed
        ],
    }


def change_json(change: Change) -> dict[str, Any]:
    """Return a change as JSON values; `old` and `new` are null where there is nothing."""
    return {
        "group": change.group.value,
        "subject": change.subject,
        "field": change.field,
        "old": change.old,
        "new": change.new,
    }
