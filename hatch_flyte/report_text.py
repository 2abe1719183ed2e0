"""Reports as text and as JSON values: the same words at every door.

What registries say is untrusted text; it is made printable here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_flyte.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.outcome import Outcome, Report

SHOWN_DIFFERENCES = 10
CONFLICT_HINT = "a registered version never changes: build another version, or name one with `--version`"
LOCAL_NOTE = "no cluster is configured: this is the local registry"


def printable(text: str) -> str:
    """Return `text` with everything escaped that could steer a terminal; line breaks and tabs stay."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode() for char in text
    )


def heading(report: Report) -> str:
    """Return what a report is about: `local: flytesnacks/development, version 1.0, at /…/registry.sqlite3`."""
    target = report.target
    place = f", at {report.place}" if report.place else ""
    return printable(f"{target.cluster}: {target.project}/{target.domain}, version {report.version}{place}")


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Yield a line for an outcome, and indented ones for why."""
    identifier = outcome.identifier
    yield printable(f"{outcome.status.value:<16} {identifier.kind.value:<11} {identifier.name}")
    if outcome.detail:
        yield from (f"    {line}" for line in printable(outcome.detail).splitlines())
    for difference in outcome.differences[:SHOWN_DIFFERENCES]:
        yield printable(f"    {difference}")
    if len(outcome.differences) > SHOWN_DIFFERENCES:
        yield f"    … and {len(outcome.differences) - SHOWN_DIFFERENCES} more"
    if outcome.error is not None and outcome.error.hint:
        yield f"    {printable(outcome.error.hint)}"


def shown(report: Report, *, verbose: bool) -> Iterator[Outcome]:
    """Yield the outcomes worth a line: all when `verbose`, else those that are not unchanged.

    Of entities that were skipped for one reason the first stands for all.
    """
    reasons = set()
    for outcome in report.outcomes:
        if not verbose and outcome.status is Status.UNCHANGED:
            continue
        if not verbose and outcome.status is Status.SKIPPED:
            if outcome.detail in reasons:
                continue
            reasons.add(outcome.detail)
        yield outcome


def closing(report: Report) -> str:
    """Return the last line of a report."""
    if report.error is not None:
        return printable(f"{report.target.cluster}: {report.summary}; {report.error}")
    if report.interrupted and not report.ok:
        return f"{report.target.cluster}: {report.summary}; interrupted: publish again to complete it"
    words = [report.summary]
    if report.uploaded:
        words.append("bundle uploaded")
    if set(report.counts) == {Status.UNCHANGED}:
        words.append("nothing to do")
    if Status.CONFLICT in report.counts:
        words.append(CONFLICT_HINT)
    return f"{report.target.cluster}: {'; '.join(words)}"


def to_json(reports: Sequence[Report], exit_code: int) -> dict[str, Any]:
    """Return what `--json` prints: every outcome, nothing left out."""
    return {"exit_code": exit_code, "clusters": [_report(report) for report in reports]}


def _report(report: Report) -> dict[str, Any]:
    return {
        "cluster": report.target.cluster,
        "place": report.place,
        "project": report.target.project,
        "domain": report.target.domain,
        "version": report.version,
        "exit_code": report.exit_code,
        "error": str(report.error) if report.error else None,
        "interrupted": report.interrupted,
        "bundle": report.bundle.url if report.bundle else None,
        "uploaded": report.uploaded,
        "counts": {status.value: count for status, count in report.counts.items()},
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    identifier = outcome.identifier
    return {
        "kind": identifier.kind.value,
        "project": identifier.project,
        "domain": identifier.domain,
        "name": identifier.name,
        "version": identifier.version,
        "status": outcome.status.value,
        "detail": outcome.detail,
        "differences": [{"field": one.field, "sent": one.sent, "stored": one.stored} for one in outcome.differences],
    }
