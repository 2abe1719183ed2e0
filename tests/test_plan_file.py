from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan, task
from support_registries import TARGET
from support_releases import activating, flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.errors import ConflictError
from hatch_flyte.plan import make_plan
from hatch_flyte.plan_file import check_same, read_plan, write_plan
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.config.target import BreakingPolicy
    from hatch_flyte.registry.port import Registry

NEW = order_of(*flow_of(scheduled("nightly")), version="2.0")
"""The workflow's launch plan is gone from it."""


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    registry = open_local(tmp_path / "registry")
    await registered(registry, order_of(*flow_of(launch_plan(), scheduled("nightly"))))
    yield registry
    await registry.close()


@pytest.mark.parametrize("policy", ["allow", "warn", "refuse"])
async def test_a_publish_is_what_was_planned_whatever_its_cluster_does_about_breaking_changes(
    registry: Registry, tmp_path: Path, policy: BreakingPolicy
) -> None:
    target = replace(TARGET, breaking_changes=policy)
    shown = await make_plan(replace(NEW, dry_run=True), target, registry)
    write_plan(tmp_path / "plan.json", [shown])

    check_same(read_plan(tmp_path / "plan.json"), [await make_plan(NEW, target, registry)])

    assert [one.rule.id for one in shown.breaking] == ["entity-removed"]


async def test_where_they_are_allowed_all_else_is_compared(registry: Registry, tmp_path: Path) -> None:
    target = replace(activating("nightly"), breaking_changes="allow")
    write_plan(tmp_path / "plan.json", [await make_plan(replace(NEW, dry_run=True), target, registry)])
    await registered(registry, order_of(task(), version="2.0"))
    await registry.activate(plan_id("nightly", "1.0"))
    now = await make_plan(NEW, target, registry)

    with pytest.raises(ConflictError) as refused:
        check_same(read_plan(tmp_path / "plan.json"), [now])

    assert [line.strip() for line in refused.value.message.splitlines()[1:]] == [
        'local acme-pipelines 2.0 entities task acme.double verdict: planned "new", now "unchanged"',
        'local acme-pipelines 2.0 activations launch plan nightly before: planned nothing, now "1.0"',
        'local acme-pipelines 2.0 activations launch plan nightly stops: planned nothing, now "cron 0 6 * * *"',
    ]
