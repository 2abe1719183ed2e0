"""Findings as text, as JSON, and as the workflow commands of GitHub Actions.

Archives come from anywhere: what they say is made printable here.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hatch_flyte.report_text import printable
from hatch_flyte.rules.rule import Severity
from hatch_flyte.workflow_commands import command, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hatch_flyte.check.finding import Finding


def finding_lines(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Yield lines, each with what it says: `entity`, `error`, `warning`, or nothing for more about the line before.

    An entity's findings stand below it, each with rule, message and what to do.
    """
    for _, group in groupby(findings, lambda one: (one.kind, one.name)):
        several = list(group)
        first = several[0]
        place = f"{first.place}  " if first.place else ""
        yield "entity", printable(f"{place}{first.kind.value} {first.name}")
        for finding in several:
            yield from _lines(finding)


def _lines(finding: Finding) -> Iterator[tuple[str, str]]:
    word = finding.rule.severity.value
    node = f"node {finding.node}: " if finding.node else ""
    first, *more = printable(f"{node}{finding.message}").splitlines() or [""]
    yield word, f"    {word:<8} {finding.rule.id}"
    yield "", f"        {first}"
    yield from (("", f"        {line}") for line in more)
    yield "fix", f"        {finding.rule.fix}"


def summary(findings: Sequence[Finding]) -> str:
    """Return the counts: `2 errors, 1 warning`."""
    counts = Counter(finding.rule.severity for finding in findings)
    words = [
        f"{counts[severity]} {severity.value}{'' if counts[severity] == 1 else 's'}"
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(words) or "no findings"


def to_json(findings: Sequence[Finding], exit_code: int) -> dict[str, Any]:
    """Return what `--format json` prints: every finding, with empty texts and 0 for what isn't known."""
    counts = Counter(finding.rule.severity for finding in findings)
    return {
        "exit_code": exit_code,
        "counts": {severity.value: counts[severity] for severity in Severity},
        "findings": [_finding(finding) for finding in findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity.value,
        "kind": finding.kind.value,
        "name": finding.name,
        "node": finding.node,
        "module": finding.module,
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
        "fix": finding.rule.fix,
    }


def github_line(finding: Finding, path_of: Callable[[str], str]) -> str:
    """Return the workflow command that shows a finding at its line.

    `path_of` gives the path in the repository for one in the wheel.
    """
    properties = {
        **place(path_of(finding.file) if finding.file else "", finding.line),
        "title": f"hatch-flyte {finding.rule.id}",
    }
    return command(finding.rule.severity.value, properties, f"{finding.subject}: {finding.message}\n{finding.rule.fix}")
