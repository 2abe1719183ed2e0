"""What is a cluster's own is registered there, and compared: the same version with another override is a conflict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import launch_plan
from support_registries import TARGET
from support_releases import flow_of, order_of

from hatch_flyte.config import Overrides, Target
from hatch_flyte.entity import Kind
from hatch_flyte.register import register
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.port import Registry

PLAN = "launch plan acme.flow"


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    registry = open_local(tmp_path)
    yield registry
    await registry.close()


def target(**overrides: Any) -> Target:
    return replace(TARGET, overrides=Overrides(**overrides))


async def publish(registry: Registry, **overrides: Any) -> Report:
    return await register(order_of(*flow_of(launch_plan())), target(**overrides), registry, Watch())


def conflicts(report: Report) -> list[tuple[str, list[str]]]:
    return [
        (f"{one.identifier.kind.value} {one.identifier.name}", [difference.field for difference in one.differences])
        for one in report.outcomes
        if one.status.value == "conflict"
    ]


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ({"labels": {"team": "a"}}, {"labels": {"team": "b"}}, (PLAN, ["labels.values[team]"])),
        ({"annotations": {"on": "a"}}, {}, (PLAN, ["annotations.values[on]"])),
        (
            {"service_account": "a"},
            {"service_account": "b"},
            (PLAN, ["auth_role.kubernetes_service_account", "security_context.run_as.k8s_service_account"]),
        ),
        (
            {"raw_output_prefix": "s3://a"},
            {"raw_output_prefix": "s3://b"},
            (PLAN, ["raw_output_data_config.output_location_prefix"]),
        ),
        ({"queue": "a"}, {"queue": "b"}, (PLAN, ["cluster_assignment.cluster_pool_name"])),
        (
            {"image_registry": {"ghcr.io/acme": "a.io"}},
            {"image_registry": {"ghcr.io/acme": "b.io"}},
            ("task acme.double", ["template.container.image"]),
        ),
    ],
    ids=["labels", "annotations", "service account", "raw output prefix", "queue", "image registry"],
)
async def test_the_same_again_is_unchanged_and_another_is_a_conflict_that_names_the_field(
    registry: Registry, one: dict[str, Any], other: dict[str, Any], where: tuple[str, list[str]]
) -> None:
    first, again, changed = [await publish(registry, **said) for said in (one, one, other)]

    assert (first.summary, again.summary) == ("3 created", "3 unchanged")
    assert conflicts(changed) == [where]


async def test_whose_a_launch_plan_is_no_cluster_can_change(registry: Registry) -> None:
    await publish(registry, annotations={"hatch-flyte/distribution": "another", "on": "a"})

    [plan] = [one async for one in registry.list(Kind.LAUNCH_PLAN, TARGET.project, TARGET.domain)]
    annotations = dict(plan.spec.annotations.values)  # type: ignore[attr-defined] # a LaunchPlan
    assert annotations == {"hatch-flyte/distribution": "acme-pipelines", "on": "a"}
