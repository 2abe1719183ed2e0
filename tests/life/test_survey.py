"""Which release is live where, in several clusters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support_archives import task, workflow
from support_life import AWAY, NAME, PRODUCTION, STAGING, openers, release
from support_releases import order_of, registered, scheduled

from hatch_flyte.life.drift import Apart
from hatch_flyte.life.status_text import drift_lines, status_json
from hatch_flyte.life.survey import survey
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from pathlib import Path


async def publish(folder: Path, version: str, *names: str, image: str = "ghcr.io/acme/p:1") -> None:
    """Register a release, all of it live."""
    registry = open_local(folder)
    messages = (task(image=image), workflow(), *(scheduled(name) for name in names))
    await registered(registry, order_of(*messages, version=version), *names)
    await registry.close()


async def test_clusters_that_hold_and_run_the_same_do_not_drift(tmp_path: Path) -> None:
    for cluster in ("staging", "production"):
        await publish(tmp_path / cluster, "1.4", "nightly")

    found = await survey([STAGING, PRODUCTION], openers(tmp_path), NAME)

    assert (found.exit_code, found.drift) == (0, ())


async def test_another_domain_is_no_other_content(tmp_path: Path) -> None:
    await publish(tmp_path / "staging", "1.4", "nightly")
    registry = open_local(tmp_path / "production")
    there = replace(PRODUCTION, domain="production")
    from hatch_flyte.entity import Identifier, Kind
    from hatch_flyte.register import register
    from hatch_flyte.watch import Watch

    order = order_of(task(), workflow(), scheduled("nightly"), version="1.4")
    assert (await register(order, there, registry, Watch())).ok
    await registry.activate(Identifier(Kind.LAUNCH_PLAN, there.project, "production", "nightly", "1.4"))
    await registry.close()

    assert (await survey([STAGING, there], openers(tmp_path), NAME)).drift == ()


async def test_the_same_version_with_other_content_is_found_by_what_the_clusters_hold(tmp_path: Path) -> None:
    await publish(tmp_path / "staging", "1.4", "nightly")
    await publish(tmp_path / "production", "1.4", "nightly", image="ghcr.io/acme/p:2")

    found = await survey([STAGING, PRODUCTION], openers(tmp_path), NAME)

    [drift] = found.drift
    assert (drift.apart, drift.version, drift.entity) == (Apart.CONTENT, "1.4", "task acme.double")
    [line] = drift_lines(found)
    assert line.startswith("drift: acme-pipelines 1.4 was registered with another task acme.double: staging: content ")


async def test_many_entities_that_differ_are_counted_after_the_first(tmp_path: Path) -> None:
    for cluster, image in (("staging", "ghcr.io/acme/p:1"), ("production", "ghcr.io/acme/p:2")):
        registry = open_local(tmp_path / cluster)
        tasks = [task(f"acme.t{index}", image=image) for index in range(12)]
        flows = [workflow(f"acme.w{index}", of=f"acme.t{index}") for index in range(12)]
        plans = [scheduled(f"p{index}", of=f"acme.w{index}") for index in range(12)]
        await registered(registry, order_of(*tasks, *flows, *plans, version="1.4"), *(f"p{one}" for one in range(12)))
        await registry.close()

    found = await survey([STAGING, PRODUCTION], openers(tmp_path), NAME)

    lines = list(drift_lines(found))
    assert len(found.drift) == 12
    assert len(lines) == 11
    assert lines[-1] == "drift: acme-pipelines 1.4 differs in 2 more entities"


async def test_images_of_another_registry_are_the_clusters_own_where_it_says_so(tmp_path: Path) -> None:
    await publish(tmp_path / "staging", "1.4", "nightly")
    await publish(tmp_path / "production", "1.4", "nightly", image="mirror.corp/acme/p:1")
    rewriting = [
        replace(one, overrides=replace(one.overrides, image_registry={"ghcr.io": "mirror.corp"}))
        for one in (STAGING, PRODUCTION)
    ]

    assert (await survey([STAGING, PRODUCTION], openers(tmp_path), NAME)).drift
    assert (await survey(rewriting, openers(tmp_path), NAME)).drift == ()


async def test_who_does_not_answer_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    await publish(tmp_path / "staging", "1.4", "nightly")

    found = await survey([AWAY, STAGING], openers(tmp_path), NAME)

    assert found.exit_code == 5
    assert found.drift == ()
    away, staging = status_json(found)["clusters"]
    assert (away["error"], away["distributions"]) == ("nobody listens", [])
    assert staging["distributions"][0]["live"] == [{"version": "1.4", "active": ["nightly"], "launch_plans": 1}]


async def test_what_is_not_everywhere_live_drifts(tmp_path: Path) -> None:
    await publish(tmp_path / "staging", "1.4", "nightly", "weekly")
    registry = open_local(tmp_path / "production")
    await release(registry, "1.4", "nightly", "weekly", live=("nightly",))
    await registry.close()

    found = await survey([STAGING, PRODUCTION], openers(tmp_path), NAME)

    assert list(drift_lines(found)) == [
        "drift: acme-pipelines 1.4 has not the same launch plans active: staging: nightly, weekly; production: nightly"
    ]
    assert status_json(found)["drift"][0]["sides"][1] == {"clusters": ["production"], "what": "nightly"}
