"""What findings mean for packaging: errors end it, warnings are said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.caution import Caution
from hatch_flyte.errors import SerializeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.check.finding import Finding

_HINT: Final = "A registry would refuse this. docs/rules has a page for each rule in parentheses."


def judged(findings: Sequence[Finding]) -> list[Caution]:
    """Return findings as warnings, one for all that say the same of several entities.

    Raises `SerializeError` where there are errors, with all of them, each with what to do.
    """
    errors = [caution for finding, caution in _alike(findings) if finding.is_error]
    if errors:
        told = "\n".join(f"{one.message}\n    {one.hint}" for one in errors)
        raise SerializeError(told, hint=_HINT)
    return [caution for _, caution in _alike(findings)]


def _alike(findings: Sequence[Finding]) -> list[tuple[Finding, Caution]]:
    """Return the first finding of each kind, with the words for all of its kind."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule.id, finding.message), []).append(finding)
    return [(first, Caution(first.text(len(others)), first.rule.fix)) for first, *others in groups.values()]
