"""Releases, and going back to one, as lines and JSON values. What registries say is made printable here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.life.status_text import answer_json, moment
from hatch_flyte.outcome import common_code
from hatch_flyte.report_text import moved_word, named, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.activation import Moved
    from hatch_flyte.life.history import Past
    from hatch_flyte.life.inquiry import Answer
    from hatch_flyte.life.rollback import Rollback, Way

COLUMNS: Final = ["version", "registered", "live", "launch plans", "workflows", "note"]


def past_row(past: Past) -> list[str]:
    """Return a row of `COLUMNS`."""
    release = past.release
    note = f"not complete: {', '.join(past.gaps)}" if past.gaps else ""
    share = f"{len(release.live)} of {len(release.launch_plans)}" if release.live else ""
    live = "all" if release.live and len(release.live) == len(release.launch_plans) else share
    counts = str(len(release.launch_plans)), str(len(release.started))
    return [printable(one) for one in (release.version, moment(release.registered), live, *counts, note)]


def history_json(answers: Sequence[Answer[tuple[Past, ...]]], distribution: str) -> dict[str, Any]:
    """Return what `history --json` prints."""
    return {
        "exit_code": common_code(one.exit_code for one in answers),
        "distribution": distribution,
        "clusters": [answer_json(one) | {"releases": [_past(past) for past in one.value or ()]} for one in answers],
    }


def _past(past: Past) -> dict[str, Any]:
    release = past.release
    return {
        "version": release.version,
        "registered": moment(release.registered),
        "active": sorted(release.live),
        "launch_plans": sorted(release.launch_plans),
        "workflows": sorted(release.started),
        "gaps": list(past.gaps),
    }


def rollback_heading(rollback: Rollback) -> str:
    """Return the first line: `staging: pipelines/staging, acme-pipelines 1.4 -> 1.3, at …`."""
    target, way = rollback.target, rollback.way
    versions = f" {way.live} -> {way.past.release.version}" if way else ""
    at = f", at {rollback.place}" if rollback.place else ""
    return printable(f"{named(target)}: {target.project}/{target.domain}, {rollback.distribution}{versions}{at}")


def way_lines(way: Way, *, named_version: bool) -> Iterator[str]:
    """Yield what is to be known of a way back besides what moves."""
    release = way.past.release
    for past in way.passed:
        yield printable(f"passed over {past.release.version}, which is not complete: {', '.join(past.gaps)}")
    if not named_version:
        yield printable(
            f"{release.version} is the newest complete release registered before {way.live}; "
            "what was live before is not known, since a control plane keeps no history of it"
        )
    if way.past.gaps:
        yield printable(f"{release.version} is not complete: {', '.join(way.past.gaps)}")
    if way.resting:
        yield printable(f"of {release.version} these stay inactive: {', '.join(way.resting)}")


def rollback_closing(rollback: Rollback) -> str:
    """Return the last line: `staging: 3 activated, 1 deactivated`."""
    counted = Counter(moved_word(one) for one in rollback.moved)
    words = ", ".join(f"{count} {word}" for word, count in counted.items()) or "nothing was changed"
    more = "; interrupted: roll back again to complete it" if rollback.interrupted and not rollback.ok else ""
    return printable(f"{named(rollback.target)}: {words}{more}")


def rollback_json(rollbacks: Sequence[Rollback], code: int) -> dict[str, Any]:
    """Return what `rollback --json` prints: nothing left out."""
    return {"exit_code": code, "clusters": [_rollback(one) for one in rollbacks]}


def _rollback(rollback: Rollback) -> dict[str, Any]:
    way, target = rollback.way, rollback.target
    return {
        "cluster": target.cluster,
        "implicit": target.implicit,
        "place": rollback.place,
        "project": target.project,
        "domain": target.domain,
        "distribution": rollback.distribution,
        "exit_code": rollback.exit_code,
        "error": str(rollback.error) if rollback.error else None,
        "interrupted": rollback.interrupted,
        "from": way.live if way else None,
        "to": way.past.release.version if way else None,
        "gaps": list(way.past.gaps) if way else [],
        "passed": [{"version": one.release.version, "gaps": list(one.gaps)} for one in way.passed] if way else [],
        "resting": list(way.resting) if way else [],
        "launch_plans": [_moved(one) for one in rollback.moved],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    move = moved.move
    return {
        "name": move.identifier.name,
        "version": move.identifier.version,
        "activate": move.activate,
        "before": move.before or None,
        "status": moved.status.value,
        "detail": moved.detail,
        "starts": move.starts or None,
        "stops": move.stops or None,
    }
