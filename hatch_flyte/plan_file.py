"""A plan that was approved, as a JSON file: `plan --out` writes it, `publish --plan` is held to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.errors import ConfigError, ConflictError, Problem
from hatch_flyte.plan_text import plan_json
from hatch_flyte.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from hatch_flyte.plan import Plan

FORMAT: Final = 1
"""The number of the file's form; another is refused."""
SHOWN: Final = 10
"""Differences that a message names."""
_NOT_APPROVED: Final = frozenset({"place", "since"})
"""What may change without making another plan: how a place is worded, and what follows from the rest."""
_NOT_ASKED: Final = frozenset({"base", "breaking"})
"""What a publish does not look for where breaking changes are allowed; a plan shows it all the same."""


def write_plan(path: Path, plans: Sequence[Plan]) -> None:
    """Write `plans` to `path`. Raises `OSError`."""
    content = {"hatch-flyte-plan": FORMAT, "clusters": [plan_json(plan) for plan in plans]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_plan(path: Path) -> list[dict[str, Any]]:
    """Return the plans in a file that `write_plan` wrote, as JSON values. Raises `ConfigError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise _unreadable(path, f"cannot be read ({problem.strerror or problem})") from problem
    except ValueError as problem:
        raise _unreadable(path, f"expected a plan in JSON ({problem})") from problem
    if not isinstance(content, dict) or content.get("hatch-flyte-plan") != FORMAT:
        raise _unreadable(path, "expected a plan of this version of hatch-flyte (got something else)")
    clusters = content.get("clusters")
    if not isinstance(clusters, list) or not all(isinstance(one, dict) for one in clusters):
        raise _unreadable(path, "expected the plans of clusters (got something else)")
    return clusters


def check_same(approved: Sequence[dict[str, Any]], plans: Sequence[Plan]) -> None:
    """Raise `ConflictError`, with what moved, unless `plans` are exactly those that were `approved`."""
    now = [plan_json(plan) for plan in plans]
    allowing = {_key(one) for one, plan in zip(now, plans, strict=True) if plan.target.breaking_changes == "allow"}
    moved = [*_moved(*([_asked(one, allowing) for one in made] for made in (approved, now)))]
    if not moved:
        return
    more = [f"… and {len(moved) - SHOWN} more"] if len(moved) > SHOWN else []
    raise ConflictError(
        "\n  ".join(["plan: it is not what would be done now; since it was made these moved:", *moved[:SHOWN], *more]),
        hint="Nothing was written. Make another with `hatch-flyte plan --out`, and have that one approved.",
    )


def _unreadable(path: Path, what: str) -> ConfigError:
    return ConfigError([Problem(str(path), what)], hint="`hatch-flyte plan --out FILE` writes one.")


def _asked(plan: dict[str, Any], allowing: Collection[tuple[str, ...]]) -> dict[str, Any]:
    """Return a plan without what a publish doesn't look for; `allowing` are keys of plans that breaking may be in."""
    left_out = _NOT_ASKED if _key(plan) in allowing else frozenset()
    return {key: value for key, value in plan.items() if key not in left_out}


def _moved(approved: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> Iterator[str]:
    before, after = ({_key(one): one for one in plans} for plans in (approved, now))
    for key in dict.fromkeys((*before, *after)):
        where = printable(" ".join(filter(None, key)))
        if key not in before or key not in after:
            yield f"{where}: {'was not planned' if key in after else 'is not published to now'}"
        else:
            yield from _differing(where, before[key], after[key])


def _key(plan: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(plan.get(name) or "") for name in ("cluster", "distribution", "version"))


def _differing(where: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            if name not in _NOT_APPROVED:
                yield from _differing(f"{where} {name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        ours, theirs = _named(before), _named(after)
        for name in dict.fromkeys((*ours, *theirs)):
            yield from _differing(f"{where} {name}", ours.get(name), theirs.get(name))
    elif before != after:
        yield printable(f"{where}: planned {_shown(before)}, now {_shown(after)}")


def _named(items: list[Any]) -> dict[str, Any]:
    """Return the items of a list by what names them: an entity's kind and name, a launch plan's name, or its place."""
    return {_name(one) or f"{index}": one for index, one in enumerate(items)}


def _name(item: Any) -> str:
    return f"{item.get('kind', 'launch plan')} {item['name']}" if isinstance(item, dict) and "name" in item else ""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("verdict") or value.get("version") or "something")
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
