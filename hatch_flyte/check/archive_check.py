"""Checking an archive: every entity by every rule that is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.check.finding import Finding
from hatch_flyte.check.known import Known, entity_of, without_open
from hatch_flyte.check.registration import refused
from hatch_flyte.check.selection import EVERY_RULE
from hatch_flyte.contents import by_name, contents
from hatch_flyte.entity import Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.lint_rules import REQUEST_OVER_LIMIT
from hatch_flyte.rules.lints import launch_plan_lints, task_lints, workflow_lints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.archive import Archive
    from hatch_flyte.check.known import Entity
    from hatch_flyte.check.selection import Selection
    from hatch_flyte.rules.rule import Breach

_SAID_OF_LIMITS: Final = frozenset({catalogue.RESOURCE_LIMIT, catalogue.RESOURCE_GPU})


def check(archive: Archive, selection: Selection = EVERY_RULE) -> list[Finding]:
    """Return what is wrong in `archive` by the rules of `selection`: in the order of the user's files and lines.

    Of an entity errors come first. What refers to something that the archive doesn't hold is not judged by it, unless
    it is the archive's own version that is meant. Raises `ArchiveError` for an archive that can't be read.
    """
    found = contents(archive)
    by_name(found)
    entities = [entity_of(content) for content in found]
    known = Known(entities)
    findings = [
        _finding(entity, breach)
        for entity in entities
        for breach in dict.fromkeys(_breaches(entity, known))
        if selection.takes(breach.rule)
    ]
    return sorted(findings, key=_order)


def _breaches(entity: Entity, known: Known) -> Iterator[Breach]:
    errors = list(refused(entity, known))
    yield from errors
    said_already = {REQUEST_OVER_LIMIT} if _SAID_OF_LIMITS.intersection(one.rule for one in errors) else set()
    yield from (breach for breach in _lints(entity, known) if breach.rule not in said_already)


def _lints(entity: Entity, known: Known) -> Iterator[Breach]:
    kind, message = entity.identifier.kind, entity.message
    if kind is Kind.TASK:
        return task_lints(message)
    if kind is Kind.WORKFLOW:
        return workflow_lints(message)
    return launch_plan_lints(message.spec, known.expected_inputs(message))


def _finding(entity: Entity, breach: Breach) -> Finding:
    said = entity.content.said
    return Finding(
        rule=breach.rule,
        kind=entity.identifier.kind,
        name=entity.content.name,
        message=without_open(breach.message).strip(),
        node=without_open(breach.node),
        module=said.module if said else "",
        file=said.source if said else "",
        line=said.line if said else 0,
    )


def _order(finding: Finding) -> tuple[bool, str, int, int, str, bool]:
    """Return what findings are sorted by; those without a place come last."""
    place = (not finding.file, finding.file, finding.line)
    return (*place, finding.kind.suffix, finding.name, not finding.is_error)
