"""Reports as text and as JSON values: the same words at every door.

What registries say is untrusted text; it is made printable here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hatch_flyte.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Outcome, Report

SHOWN_DIFFERENCES = 10
CONFLICT_HINT = "a registered version never changes: build another version, or name one with `--version`"
LOCAL_NOTE = "no cluster is configured: this is the local registry"


@dataclass(frozen=True, slots=True)
class Published:
    """An archive, and what came of it in one cluster."""

    archive: Archive
    report: Report

    @property
    def subject(self) -> str:
        """What was registered under which version; both versions where they differ, as with `1.4.dev3+gabc`."""
        manifest, version = self.archive.manifest, self.report.version
        if manifest is None:
            return f"version {version}"
        registered = "" if manifest.version == version else f" as version {version}"
        return f"{manifest.name} {manifest.version}{registered}"


def printable(text: str) -> str:
    """Return `text` with everything escaped that could steer a terminal; line breaks and tabs stay."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode() for char in text
    )


def named(target: Target) -> str:
    """Return the cluster's name, and why it is this one where nobody named it."""
    return f"{target.cluster} ({LOCAL_NOTE})" if target.implicit else target.cluster


def heading(published: Published) -> str:
    """Return the first line: `local: flytesnacks/development, acme-pipelines 1.0, at /…/registry.sqlite3`."""
    target, place = published.report.target, published.report.place
    at = f", at {place}" if place else ""
    return printable(f"{named(target)}: {target.project}/{target.domain}, {published.subject}{at}")


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

    Of entities that were skipped for one reason the first stands for all; none is needed where the reason is the
    report's own error. After an interruption all are named.
    """
    reasons = {f"not sent: {report.error.message}"} if report.error else set()
    for outcome in report.outcomes:
        if not verbose and outcome.status is Status.UNCHANGED:
            continue
        if not verbose and not report.interrupted and outcome.status is Status.SKIPPED:
            if outcome.detail in reasons:
                continue
            reasons.add(outcome.detail)
        yield outcome


def closing(report: Report) -> str:
    """Return the last line of a report; its error stands before it."""
    words = [report.summary]
    if report.interrupted and not report.ok:
        words.append("interrupted: publish again to complete it")
    if report.uploaded:
        words.append("bundle uploaded")
    # Where somebody else publishes the same at once, entities can be unchanged though the bundle was uploaded.
    elif set(report.counts) == {Status.UNCHANGED}:
        words.append("nothing to do")
    if Status.CONFLICT in report.counts:
        words.append(CONFLICT_HINT)
    return printable(f"{named(report.target)}: {'; '.join(words)}")


def to_json(published: Sequence[Published], exit_code: int) -> dict[str, Any]:
    """Return what `--json` prints: every outcome, nothing left out."""
    return {"exit_code": exit_code, "clusters": [_published(one) for one in published]}


def _published(published: Published) -> dict[str, Any]:
    report, manifest = published.report, published.archive.manifest
    return {
        "cluster": report.target.cluster,
        "implicit": report.target.implicit,
        "distribution": {"name": manifest.name, "version": manifest.version} if manifest else None,
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
