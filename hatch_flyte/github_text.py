"""What came of a publish, as GitHub shows it: annotations at the lines of the source, and a job's summary in Markdown.

Names and words come from archives and registries: they are escaped here for commands, and for Markdown.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hatch_flyte.activation import MoveStatus
from hatch_flyte.outcome import Status
from hatch_flyte.report_text import (
    CONFLICT_HINT,
    SHOWN_DIFFERENCES,
    created_links,
    moved_lines,
    named,
    orphan_text,
    printable,
)
from hatch_flyte.workflow_commands import command, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hatch_flyte.activation import Moved
    from hatch_flyte.archive import Archive
    from hatch_flyte.entity import Identifier, Kind
    from hatch_flyte.outcome import Outcome, Report
    from hatch_flyte.report_text import Published

LISTED: Final = 50
"""Entities that the summary lists of one cluster; GitHub takes 1 MiB from a step."""

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|~-])")

Position = tuple[str, int]
"""Path in the wheel, and line."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that somebody has to look at."""

    word: Literal["error", "warning"]
    text: str
    about: tuple[Kind, str] | None = None
    """Kind and name of an entity."""


def remarks(report: Report) -> Iterator[Remark]:
    """Yield all of a report that somebody has to look at."""
    plan = report.plan
    if report.error and not (plan and plan.refused):
        yield Remark("error", str(report.error))
    for change in plan.breaking if plan else ():
        text = f"{change.kind.value} {change.name}: {change.message} ({change.rule.id})"
        yield Remark("error" if plan and change in plan.refused else "warning", text, (change.kind, change.name))
    yield from (
        Remark("error", _why(outcome), _key(outcome.identifier))
        for outcome in report.outcomes
        if outcome.status in {Status.CONFLICT, Status.FAILED}
    )
    yield from (Remark("warning", text) for text in _not_sent(report))
    for moved in report.moved:
        if not moved.ok:
            word: Literal["error", "warning"] = "error" if moved.status is MoveStatus.FAILED else "warning"
            yield Remark(word, _unmoved(moved), _key(moved.move.identifier))
    if orphaned := orphan_text(report):
        yield Remark("warning", orphaned)


def annotation_lines(published: Published, path_of: Callable[[str], str]) -> Iterator[str]:
    """Yield a workflow command for each remark, at the line that defines what it is about.

    `path_of` gives the path in the repository for one in the wheel.
    """
    positions = _positions(published.archive)
    title = {"title": f"hatch-flyte {published.report.target.cluster}"}
    for remark in remarks(published.report):
        file, line = positions.get(remark.about, ("", 0)) if remark.about else ("", 0)
        yield command(remark.word, place(path_of(file) if file else "", line) | title, remark.text)


def summary(published: Sequence[Published], exit_code: int) -> str:
    """Return the summary of a whole publish in Markdown, to be appended to a job's."""
    end = "done" if exit_code == 0 else f"not done (exit code {exit_code})"
    lines = [
        f"### hatch-flyte publish: {end}",
        "",
        "| cluster | project / domain | release | outcome |",
        "| --- | --- | --- | --- |",
    ]
    for one in published:
        target = one.report.target
        cells = (named(target), f"{target.project} / {target.domain}", one.subject, one.report.summary)
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    lines.append("")
    for one in published:
        lines += _details(one.report)
    return "\n".join(lines) + "\n"


def _details(report: Report) -> list[str]:
    items = [*_items(report)]
    if not items:
        return []
    more = [f"- … and {len(items) - LISTED} more"] if len(items) > LISTED else []
    return [f"**{_escaped(report.target.cluster)}**", "", *items[:LISTED], *more, ""]


def _items(report: Report) -> Iterator[str]:
    yield from (f"- {remark.word}: {_escaped(remark.text)}" for remark in remarks(report))
    for moved in report.moved:
        if moved.ok and moved.move.needed:
            yield f"- {_escaped(' '.join(next(moved_lines(moved)).split()))}"
    for identifier, link in created_links(report):
        yield f"- created: [{_escaped(identifier.name)}]({link})"


def _why(outcome: Outcome) -> str:
    """Return what stands against an entity, in lines."""
    if outcome.status is not Status.CONFLICT:
        hint = outcome.error.hint if outcome.error else ""
        return "\n".join(filter(None, [f"{outcome.identifier}: {outcome.detail}", hint]))
    lines = [str(difference) for difference in outcome.differences[:SHOWN_DIFFERENCES]]
    return "\n".join([f"{outcome.identifier} is there with other content", *lines, CONFLICT_HINT])


def _unmoved(moved: Moved) -> str:
    verb = "activated" if moved.move.activate else "deactivated"
    hint = moved.error.hint if moved.error else ""
    return "\n".join(filter(None, [f"{moved.move.identifier} was not {verb}: {moved.detail}", hint]))


def _not_sent(report: Report) -> Iterator[str]:
    """Yield a line for each reason why entities were not sent, and one that names them."""
    reasons: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.status is Status.SKIPPED:
            identifier = outcome.identifier
            reasons.setdefault(outcome.detail, []).append(f"{identifier.kind.value} {identifier.name}")
    for reason, names in reasons.items():
        yield f"{len(names)} entit{'y' if len(names) == 1 else 'ies'} {reason}\n{', '.join(names)}"


def _key(identifier: Identifier) -> tuple[Kind, str]:
    return identifier.kind, identifier.name


def _positions(archive: Archive) -> Mapping[tuple[Kind, str], Position]:
    entities = archive.manifest.entities if archive.manifest else ()
    return {(one.kind, one.name): (one.source, one.line) for one in entities}


def _escaped(text: str) -> str:
    """Return `text` as Markdown shows it to the letter, on one line of a list or in one cell."""
    escaped = _MARKDOWN.sub(r"\\\1", html.escape(printable(text), quote=False))
    return escaped.replace("\t", " ").replace("\n", "<br>")
