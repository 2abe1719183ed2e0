"""Reports as text and as JSON values: the same words at every door.

What registries say is untrusted text; it is made printable here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hatch_flyte.activation import MoveStatus
from hatch_flyte.console import console_link
from hatch_flyte.entity import Kind
from hatch_flyte.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.activation import Moved
    from hatch_flyte.archive import Archive
    from hatch_flyte.breaking import BreakingChange
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.outcome import Outcome, Report
    from hatch_flyte.plan import Plan

SHOWN_DIFFERENCES = 10
SHOWN_LINKS = 5
"""Links to the console that are shown unasked."""
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
    if text.isprintable():
        return text
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


def report_lines(published: Published, verbosity: int = 0) -> Iterator[tuple[str, str]]:
    """Yield what is told of a report, line by line, each with what it is about: for its colour, and for where it goes.

    That is a status in lower case (`created`, `failed`, `activated`), or `heading`, `link`, `sent`, `breaking`,
    `error`, `warning`, `good` or `bad`; the last two are the closing line's. `verbosity` is 0, more to name what is
    unchanged and tell what was sent too, or less for nothing but what went wrong and the closing line.
    """
    report = published.report
    if verbosity >= 0:
        yield "heading", heading(published)
    yield from _outcome_parts(report, verbosity)
    for moved in report.moved:
        if verbosity > 0 or (moved.move.needed and (verbosity == 0 or moved.status is MoveStatus.FAILED)):
            yield from ((moved.status.name.lower(), line) for line in moved_lines(moved))
    if verbosity > 0:
        yield "sent", sent_text(report)
    if report.error:
        yield "error", printable(str(report.error))
    elif report.plan and verbosity >= 0:
        yield from (("breaking", breaking_line(change, refused=False)) for change in report.plan.breaking)
    yield from (("skipped", line) for line in _only_named(report, verbosity))
    if verbosity >= 0 and (orphaned := orphan_text(report)):
        yield "warning", orphaned
    yield "good" if report.ok else "bad", closing(report)


def _outcome_parts(report: Report, verbosity: int) -> Iterator[tuple[str, str]]:
    links = dict(created_links(report))
    linked = verbosity > 0 or (verbosity == 0 and len(links) <= SHOWN_LINKS)
    for outcome in shown(report, verbose=verbosity > 0):
        if verbosity >= 0 or outcome.status in {Status.CONFLICT, Status.FAILED}:
            yield from ((outcome.status.name.lower(), line) for line in outcome_lines(outcome))
            if linked and outcome.identifier in links:
                yield "link", printable(f"    {links[outcome.identifier]}")


def _only_named(report: Report, verbosity: int) -> Iterator[str]:
    """Yield a line for each kind that names what was skipped for a reason that stands elsewhere."""
    told = {one.identifier for one in shown(report, verbose=verbosity > 0) if verbosity >= 0}
    skipped = (one.identifier for one in report.outcomes if one.status is Status.SKIPPED)
    rest = [identifier for identifier in skipped if identifier not in told]
    for kind in Kind:
        if names := [one.name for one in rest if one.kind is kind]:
            yield printable(f"{Status.SKIPPED.value:<16} {kind.value:<11} {', '.join(names)}")


def created_links(report: Report) -> Iterator[tuple[Identifier, str]]:
    """Yield the launch plans that were created, each with its page in the console; none where there is no console."""
    for outcome in report.outcomes:
        if outcome.status is Status.CREATED and outcome.identifier.kind is Kind.LAUNCH_PLAN and report.target.console:
            yield outcome.identifier, console_link(report.target, outcome.identifier)


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


def sent_text(report: Report) -> str:
    """Return what the registry was sent: `sent 5 reads, 13 writes (12 needed); 1 of all was repeated`."""
    sent = report.traffic
    words = [f"{sent.reads} read{'' if sent.reads == 1 else 's'}"]
    if sent.writes or Status.PLANNED not in report.counts:
        words.append(f"{sent.writes} write{'' if sent.writes == 1 else 's'} ({report.needed} needed)")
    again = f"; {sent.repeated} of all {'was' if sent.repeated == 1 else 'were'} repeated" if sent.repeated else ""
    return f"sent {', '.join(words)}{again}"


def moved_lines(moved: Moved) -> Iterator[str]:
    """Yield a line for what came of a launch plan's activation, and indented ones for why.

    `activated        launch plan nightly 1.4 (before: 1.3; starts cron 0 6 * * *)`.
    """
    move = moved.move
    notes = []
    if move.activate and move.needed:
        notes.append(f"before: {move.before or 'none'}")
    notes += [f"{verb} {words}" for verb, words in (("starts", move.starts), ("stops", move.stops)) if words]
    noted = f" ({'; '.join(notes)})" if notes else ""
    identifier = move.identifier
    yield printable(
        f"{moved_word(moved):<16} {identifier.kind.value:<11} {identifier.name} {identifier.version}{noted}"
    )
    hint = moved.error.hint if moved.error else ""
    yield from (f"    {line}" for text in (moved.detail, hint) for line in printable(text).splitlines())


def moved_word(moved: Moved) -> str:
    """Return what came of a launch plan's activation in a word or three."""
    if moved.status is MoveStatus.PLANNED:
        return f"would be {'activated' if moved.move.activate else 'deactivated'}"
    if moved.status is MoveStatus.UNCHANGED and not moved.move.activate:
        return "inactive already"
    return str(moved.status.value)


def breaking_line(change: BreakingChange, *, refused: bool) -> str:
    """Return a line for what a release breaks for users of the one before."""
    word = "refused" if refused else "breaking"
    line = f"{word:<16} {change.kind.value:<11} {change.name}: {change.message} ({change.rule.id})"
    return printable(line).replace("\n", "\\n")


def orphan_text(report: Report) -> str:
    """Return the warning of active launch plans that a release no longer has, and that stay active; empty for none."""
    plan = report.plan
    if plan is None or plan.prune or not plan.orphans:
        return ""
    names = ", ".join(move.identifier.name for move in plan.orphans)
    plural, are, them = ("", "is", "it") if len(plan.orphans) == 1 else ("s", "are", "them")
    return printable(
        f"{len(plan.orphans)} active launch plan{plural} of {plan.distribution} {are} no longer in this release: "
        f"{names}; deactivate {them} with --prune"
    )


def shown(report: Report, *, verbose: bool) -> Iterator[Outcome]:
    """Yield the outcomes worth lines of their own: all when `verbose`, else those that are not unchanged.

    Of entities that were skipped for one reason the first tells it for all; none is needed where the reason is the
    report's own error. After an interruption all are told.
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
    return {"exit_code": exit_code, "clusters": [report_json(one) for one in published]}


def report_json(published: Published) -> dict[str, Any]:
    """Return a report as JSON values."""
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
        "sent": {**asdict(report.traffic), "needed": report.needed},
        "counts": {status.value: count for status, count in report.counts.items()},
        "outcomes": [outcome_json(report.target, outcome) for outcome in report.outcomes],
        "moved": [moved_json(moved) for moved in report.moved],
        "breaking": breaking_json(report.plan) if report.plan else [],
        "orphans": [move.identifier.name for move in report.plan.orphans] if report.plan else [],
    }


def outcome_json(target: Target, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values; a launch plan has the address of its page in the console, if there is one."""
    identifier = outcome.identifier
    linked = identifier.kind is Kind.LAUNCH_PLAN and outcome.status in {Status.CREATED, Status.UNCHANGED}
    return {
        "kind": identifier.kind.value,
        "project": identifier.project,
        "domain": identifier.domain,
        "name": identifier.name,
        "version": identifier.version,
        "status": outcome.status.value,
        "detail": outcome.detail,
        "differences": [{"field": one.field, "sent": one.sent, "stored": one.stored} for one in outcome.differences],
        "console": (console_link(target, identifier) if linked else "") or None,
    }


def moved_json(moved: Moved) -> dict[str, Any]:
    """Return what came of a launch plan's activation as JSON values."""
    move = moved.move
    return {
        "name": move.identifier.name,
        "version": move.identifier.version,
        "activate": move.activate,
        "status": moved.status.value,
        "detail": moved.detail,
        "before": move.before or None,
        "starts": move.starts or None,
        "stops": move.stops or None,
    }


def breaking_json(plan: Plan) -> list[dict[str, Any]]:
    """Return what a plan's release breaks as JSON values."""
    return [
        {
            "rule": one.rule.id,
            "kind": one.kind.value,
            "name": one.name,
            "message": one.message,
            "refused": one in plan.refused,
        }
        for one in plan.breaking
    ]
