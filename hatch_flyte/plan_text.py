"""Plans as text and as JSON values: what a publish would do to each cluster.

Names and values come from archives and registries; they are made printable here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hatch_flyte.change_text import change_lines
from hatch_flyte.change_text import to_json as changes_json
from hatch_flyte.plan import Verdict
from hatch_flyte.report_text import CONFLICT_HINT, SHOWN_DIFFERENCES, breaking_json, breaking_line, named, printable
from hatch_flyte.since import changes_since

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.activation import Move
    from hatch_flyte.entity import Identifier
    from hatch_flyte.plan import Plan, Planned

NEW, GONE, WRONG, MOVE, PLAIN = "new", "gone", "wrong", "move", "plain"
"""What a line is about, for its colour."""


def plan_lines(plan: Plan, *, verbose: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines of a plan, each with what it is about. Unchanged entities only when `verbose`."""
    yield PLAIN, _heading(plan)
    for one in plan.entities:
        if verbose or one.verdict is not Verdict.UNCHANGED:
            yield from _entity_lines(one)
    yield from ((MOVE, _move_line(move)) for move in plan.activations if verbose or move.needed)
    for move in plan.orphans:
        yield (MOVE if plan.prune else GONE), _move_line(move, orphan=not plan.prune)
    yield from ((PLAIN, line) for line in _since_lines(plan))
    for change in plan.breaking:
        yield (WRONG if change in plan.refused else GONE), breaking_line(change, refused=change in plan.refused)
    yield (WRONG if plan.halting else PLAIN), closing(plan)


def closing(plan: Plan) -> str:
    """Return the last line of a plan: `staging: 3 new, 2 unchanged; 1 launch plan to activate`."""
    counted = Counter(one.verdict for one in plan.entities)
    words = [", ".join(f"{counted[verdict]} {verdict.value}" for verdict in Verdict if counted[verdict]) or "no entity"]
    if plan.uploads:
        words.append("bundle to upload")
    moves = Counter("activate" if move.activate else "deactivate" for move in plan.moves if move.needed)
    words += [f"{count} launch plan{'' if count == 1 else 's'} to {verb}" for verb, count in moves.items()]
    if plan.breaking:
        words.append(f"{len(plan.breaking)} breaking change{'' if len(plan.breaking) == 1 else 's'}")
    if plan.is_empty and not plan.halting:
        words.append("nothing to do")
    if counted[Verdict.CONFLICT]:
        words.append(CONFLICT_HINT)
    elif plan.halting:
        words.append("nothing would be written")
    return printable(f"{named(plan.target)}: {'; '.join(words)}")


def _heading(plan: Plan) -> str:
    subject = f"{plan.distribution} {plan.version}" if plan.distribution else f"version {plan.version}"
    return printable(f"{named(plan.target)}: {plan.target.project}/{plan.target.domain}, {subject}, at {plan.place}")


def _entity_lines(planned: Planned) -> Iterator[tuple[str, str]]:
    about = NEW if planned.verdict is Verdict.NEW else PLAIN if planned.verdict is Verdict.UNCHANGED else WRONG
    yield about, _line(planned.verdict.value, planned.identifier)
    for difference in planned.differences[:SHOWN_DIFFERENCES]:
        yield about, printable(f"    {difference}")
    if len(planned.differences) > SHOWN_DIFFERENCES:
        yield about, f"    … and {len(planned.differences) - SHOWN_DIFFERENCES} more"
    for need in planned.unresolved:
        yield about, printable(f"    needs {need}, which is neither in the archive nor registered")


def _line(word: str, identifier: Identifier) -> str:
    return printable(f"{word:<16} {identifier.kind.value:<11} {identifier.name}")


def _move_line(move: Move, *, orphan: bool = False) -> str:
    notes = []
    if move.activate:
        notes.append("active already" if not move.needed else f"now {move.before}" if move.before else "now none")
    else:
        notes.append(f"version {move.before}, not in this release{'; --prune deactivates it' if orphan else ''}")
    notes += [f"{verb} {words}" for verb, words in (("stops", move.stops), ("starts", move.starts)) if words]
    word = "orphan" if orphan else "activate" if move.activate else "deactivate"
    return f"{_line(word, move.identifier)} ({printable('; '.join(notes))})"


def _since_lines(plan: Plan) -> Iterator[str]:
    base = plan.base
    if base is None:
        return
    state = "which is live" if base.live else "the latest release before; nothing is live"
    changes = changes_since(plan)
    if changes is None:
        return
    yield printable(f"since {base.version}, {state}:")
    yield from (f"  {line}" for _, line in change_lines(changes))


def to_json(plans: Sequence[Plan], exit_code: int) -> dict[str, Any]:
    """Return what `--json` prints of plans: nothing left out."""
    return {"exit_code": exit_code, "clusters": [plan_json(plan) for plan in plans]}


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    changes = changes_since(plan)
    return {
        "cluster": plan.target.cluster,
        "place": plan.place,
        "project": plan.target.project,
        "domain": plan.target.domain,
        "distribution": plan.distribution or None,
        "version": plan.version,
        "content": plan.content,
        "empty": plan.is_empty,
        "halting": plan.halting or None,
        "entities": [_entity(one) for one in plan.entities],
        "bundle": plan.bundle.url if plan.bundle else None,
        "uploads": plan.uploads,
        "activations": [_move(move) for move in plan.activations],
        "orphans": [_move(move) for move in plan.orphans],
        "prune": plan.prune,
        "breaking": breaking_json(plan),
        "base": {"version": plan.base.version, "live": plan.base.live} if plan.base else None,
        "since": {key: value for key, value in changes_json(changes, 0).items() if key in _SINCE} if changes else None,
    }


_SINCE = frozenset({"added", "removed", "changed"})


def _entity(planned: Planned) -> dict[str, Any]:
    return {
        "kind": planned.identifier.kind.value,
        "name": planned.identifier.name,
        "verdict": planned.verdict.value,
        "differences": [{"field": one.field, "sent": one.sent, "stored": one.stored} for one in planned.differences],
        "unresolved": [str(need) for need in planned.unresolved],
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "name": move.identifier.name,
        "version": move.identifier.version,
        "activate": move.activate,
        "needed": move.needed,
        "before": move.before or None,
        "starts": move.starts or None,
        "stops": move.stops or None,
    }
