"""In what clusters differ."""

from __future__ import annotations

from support_archives import launch_plan
from support_life import NAME

from hatch_flyte.entity import Kind
from hatch_flyte.life.drift import Apart, Drift, content_drift, live_drift
from hatch_flyte.life.standing import Standing
from hatch_flyte.releases import Release

TASK, FLOW = (Kind.TASK, "acme.double"), (Kind.WORKFLOW, "acme.flow")


def standing(**live: str) -> Standing:
    """How it stands where launch plans are active, by version: `v1="a b"`."""
    releases = [
        Release(
            distribution=NAME,
            version=version,
            launch_plans={name: launch_plan(name) for name in names.split()},
            live=frozenset(names.split()),
            workflows=frozenset(),
        )
        for version, names in live.items()
    ]
    return Standing(NAME, tuple(releases), None, ())


def test_one_cluster_alone_and_clusters_alike_do_not_drift() -> None:
    assert live_drift(NAME, {"staging": standing(v1="a")}) == []
    assert live_drift(NAME, {"staging": standing(v1="a b"), "production": standing(v1="b a")}) == []
    assert live_drift(NAME, {"staging": standing(), "production": standing()}) == []


def test_other_releases_are_told_with_who_has_which() -> None:
    found = live_drift(NAME, {"one": standing(v2="a"), "two": standing(), "three": standing(v2="a")})

    assert found == [Drift(NAME, Apart.RELEASE, (("v2", ("one", "three")), ("", ("two",))))]


def test_the_same_release_with_other_launch_plans_active() -> None:
    found = live_drift(NAME, {"one": standing(v2="a b"), "two": standing(v2="a")})

    assert found == [Drift(NAME, Apart.ACTIVE, (("a, b", ("one",)), ("a", ("two",))), "v2")]


def test_the_order_of_live_versions_is_no_drift_where_the_same_are_live() -> None:
    found = live_drift(NAME, {"one": standing(v2="a", v1="b"), "two": standing(v1="b", v2="a")})

    assert found == []


def test_content_that_differs_or_is_not_there_is_told_entity_by_entity() -> None:
    contents = {"one": {TASK: "a" * 64, FLOW: "c" * 64}, "two": {TASK: "b" * 64}, "three": {TASK: "b" * 64}}

    found = content_drift(NAME, "1.4", contents)

    assert [(one.entity, one.sides) for one in found] == [
        ("task acme.double", (("content aaaaaaaa", ("one",)), ("content bbbbbbbb", ("two", "three")))),
        ("workflow acme.flow", (("content cccccccc", ("one",)), ("", ("two", "three")))),
    ]
    assert content_drift(NAME, "1.4", {"one": contents["two"], "two": contents["three"]}) == []
