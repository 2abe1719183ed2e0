"""Which release is live where, as rows, lines and JSON values. What registries say is made printable here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.life.drift import Apart
from hatch_flyte.report_text import named, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hatch_flyte.life.drift import Drift
    from hatch_flyte.life.inquiry import Answer
    from hatch_flyte.life.standing import Standing
    from hatch_flyte.life.survey import Survey
    from hatch_flyte.releases import Release

COLUMNS: Final = ["cluster", "place", "distribution", "live", "latest registered"]
SCHEDULES: Final = ["cluster", "launch plan", "schedule", "active version"]
NOTHING: Final = "nothing"
SHOWN: Final = 10
"""Entities with different content that are named, for a version."""


def standing_rows(survey: Survey) -> list[list[str]]:
    """Return a row of `COLUMNS` for each distribution in each cluster that answered."""
    return [
        _printable(
            named(answer.target),
            f"{answer.target.project}/{answer.target.domain}",
            standing.distribution,
            live_words(standing),
            f"{standing.latest.version}, {moment(standing.latest.registered)}" if standing.latest else NOTHING,
        )
        for answer in survey.answers
        for standing in answer.value or ()
    ]


def schedule_rows(survey: Survey) -> list[list[str]]:
    """Return a row of `SCHEDULES` for each launch plan that a cluster starts by itself."""
    return [
        _printable(answer.target.cluster, one.launch_plan, one.schedule, one.version)
        for answer in survey.answers
        for standing in answer.value or ()
        for one in standing.scheduled
    ]


def drift_lines(survey: Survey) -> Iterator[str]:
    """Yield a line for each difference between clusters; of entities with different content only the first ones."""
    contents: dict[tuple[str, str], int] = {}
    for drift in survey.drift:
        key = (drift.distribution, drift.version)
        contents[key] = contents.get(key, 0) + (drift.apart is Apart.CONTENT)
        if contents[key] <= SHOWN:
            yield printable(f"drift: {_about(drift)}: {_sides(drift)}")
    for (distribution, version), count in contents.items():
        if count > SHOWN:
            yield printable(f"drift: {distribution} {version} differs in {count - SHOWN} more entities")


def empty_lines(survey: Survey) -> Iterator[str]:
    """Yield a line for each cluster that answered and has no release at all."""
    for answer in survey.answers:
        if answer.value == ():
            place = f"{answer.target.project}/{answer.target.domain}"
            yield printable(f"{named(answer.target)}: {place}: no launch plan says whose it is")


def error_line(answer: Answer[Any]) -> str:
    """Return what kept a cluster from answering, the cluster's name in it."""
    said = str(answer.error)
    return said if answer.target.cluster in said.partition("\n")[0] else f"cluster {answer.target.cluster}: {said}"


def live_words(standing: Standing) -> str:
    """Return what is live: `1.4 (3 of 5 launch plans), 1.3 (2)`; `nothing` where nothing is."""
    words = [_share(release) for release in standing.live]
    if not words:
        return NOTHING
    first = standing.live[0]
    noun = "launch plan" if len(first.launch_plans) == 1 else "launch plans"
    return ", ".join([f"{first.version} ({words[0]} {noun})", *_others(standing, words)])


def moment(at: datetime) -> str:
    """Return a time as lists show it: RFC 3339, UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _others(standing: Standing, words: list[str]) -> list[str]:
    return [f"{one.version} ({said})" for one, said in zip(standing.live[1:], words[1:], strict=True)]


def _share(release: Release) -> str:
    active, there = len(release.live), len(release.launch_plans)
    return f"{active}" if active == there else f"{active} of {there}"


def _about(drift: Drift) -> str:
    if drift.apart is Apart.RELEASE:
        return f"{drift.distribution} is not live in the same release"
    if drift.apart is Apart.ACTIVE:
        return f"{drift.distribution} {drift.version} has not the same launch plans active"
    return f"{drift.distribution} {drift.version} was registered with another {drift.entity}"


def _sides(drift: Drift) -> str:
    missing = NOTHING if drift.apart is Apart.RELEASE else "not there"
    return "; ".join(f"{', '.join(clusters)}: {text or missing}" for text, clusters in drift.sides)


def _printable(*cells: str) -> list[str]:
    return [printable(cell) for cell in cells]


def status_json(survey: Survey) -> dict[str, Any]:
    """Return what `status --json` prints."""
    return {
        "exit_code": survey.exit_code,
        "clusters": [
            answer_json(answer) | {"distributions": [_standing(one) for one in answer.value or ()]}
            for answer in survey.answers
        ],
        "drift": [_drift(one) for one in survey.drift],
    }


def answer_json(answer: Answer[Any]) -> dict[str, Any]:
    """Return what is said of every cluster that was asked."""
    return {
        "cluster": answer.target.cluster,
        "implicit": answer.target.implicit,
        "place": answer.place,
        "project": answer.target.project,
        "domain": answer.target.domain,
        "error": str(answer.error) if answer.error else None,
    }


def _standing(standing: Standing) -> dict[str, Any]:
    latest = standing.latest
    return {
        "distribution": standing.distribution,
        "live": [
            {"version": one.version, "active": sorted(one.live), "launch_plans": len(one.launch_plans)}
            for one in standing.live
        ],
        "latest": {"version": latest.version, "registered": moment(latest.registered)} if latest else None,
        "schedules": [
            {"launch_plan": one.launch_plan, "schedule": one.schedule, "version": one.version}
            for one in standing.scheduled
        ],
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "distribution": drift.distribution,
        "kind": drift.apart.value,
        "version": drift.version or None,
        "entity": drift.entity or None,
        "sides": [{"clusters": list(clusters), "what": text or None} for text, clusters in drift.sides],
    }
