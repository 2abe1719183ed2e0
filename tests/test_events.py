from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_registries import TARGET, Unreliable
from support_releases import activating, flow_of, order_of, registered, scheduled

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.event_text import NAMES, STOPPING, event_json, step_words
from hatch_flyte.events import (
    Activating,
    ArchiveDone,
    EntityDone,
    Event,
    LaunchPlanMoved,
    Looking,
    PlanMade,
    Registering,
    Stopping,
    Uploading,
)
from hatch_flyte.order import Order
from hatch_flyte.outcome import Status
from hatch_flyte.publish import plans, publish, shared
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.port import Location
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Report

HEAD = {"event", "cluster", "project", "domain"}


def bundled() -> Order:
    """An order of which everything can happen: a bundle, three entities, a launch plan to activate."""
    bundle = make_bundle([BundledFile("acme.py", b"x = 1\n", executable=False)])
    plan = scheduled("nightly")
    archive = archive_of(task(arguments=BUNDLE_ARGUMENTS), workflow(), plan, bundle=bundle)
    return Order(archive=archive, version="1.0")


async def told(folder: Path, order: Order, *targets: Target) -> list[Event]:
    """Publish into a local registry; return what was told."""
    heard: list[Event] = []
    shares = shared([order], targets, lambda _target: open_local(folder))
    await publish(shares, Watch(on_event=heard.append))
    return heard


async def test_a_publish_is_told_step_by_step_and_ends_with_what_came_of_it(tmp_path: Path) -> None:
    heard = await told(tmp_path, bundled(), activating("nightly"))

    assert [type(event) for event in heard] == [
        *(Looking, PlanMade, Uploading, Registering, EntityDone, EntityDone, EntityDone),
        *(Activating, LaunchPlanMoved, ArchiveDone),
    ]
    [done] = [event.report for event in heard if isinstance(event, ArchiveDone)]
    assert [event.outcome for event in heard if isinstance(event, EntityDone)] == list(done.outcomes)
    assert [event.moved for event in heard if isinstance(event, LaunchPlanMoved)] == list(done.moved)


async def test_a_publish_with_nothing_to_do_is_told_without_steps(tmp_path: Path) -> None:
    await told(tmp_path, bundled(), TARGET)

    heard = await told(tmp_path, bundled(), TARGET)

    assert [type(event) for event in heard] == [Looking, PlanMade, *[EntityDone] * 3, ArchiveDone]


async def test_clusters_end_in_their_order(tmp_path: Path) -> None:
    others = [replace(TARGET, cluster=name, domain="staging") for name in ("b", "a")]

    heard = await told(tmp_path, bundled(), *others)

    assert [event.target.cluster for event in heard if isinstance(event, ArchiveDone)] == ["b", "a"]


async def test_events_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Looking(TARGET).target = TARGET  # type: ignore[misc] # what must not be done


class TestWhoeverLooksOn:
    async def test_what_it_raises_changes_nothing_and_is_raised_at_the_end(self, tmp_path: Path) -> None:
        heard: list[Event] = []

        def on_event(event: Event) -> None:
            heard.append(event)
            if len(heard) == 5:
                raise ValueError("cannot draw")

        shares = shared([bundled()], [activating("nightly")], lambda _target: open_local(tmp_path))
        with pytest.raises(ValueError, match="cannot draw"):
            await publish(shares, Watch(on_event=on_event))

        assert sum(isinstance(event, EntityDone) for event in heard) == 1
        again = await told(tmp_path, bundled(), activating("nightly"))
        [report] = [event.report for event in again if isinstance(event, ArchiveDone)]
        assert report.counts == {Status.UNCHANGED: 3}
        assert [one.status.value for one in report.moved] == ["active already"]

    async def test_a_plan_raises_it_too(self, tmp_path: Path) -> None:
        def on_event(_event: Event) -> None:
            raise ValueError("cannot draw")

        shares = shared([bundled()], [TARGET], lambda _target: open_local(tmp_path))
        with pytest.raises(ValueError, match="cannot draw"):
            await plans(shares, Watch(on_event=on_event))


class TestJson:
    async def test_every_event_has_its_name_its_place_and_its_own_keys(self, tmp_path: Path) -> None:
        heard = [*await told(tmp_path, bundled(), activating("nightly")), Stopping(TARGET)]

        told_keys = {one["event"]: set(one) - HEAD for one in map(event_json, heard)}

        assert told_keys == {
            "looking": set(),
            "plan": {"plan"},
            "uploading": {"bundle"},
            "registering": {"count"},
            "entity": {"outcome"},
            "activating": {"activations", "deactivations"},
            "moved": {"moved"},
            "done": {"report"},
            "stopping": set(),
        }
        assert set(told_keys) == set(NAMES.values())
        assert json.loads(json.dumps([event_json(event) for event in heard]))

    async def test_the_last_one_is_what_json_has_of_the_cluster(self, tmp_path: Path) -> None:
        *_, done = map(event_json, await told(tmp_path, bundled(), activating("nightly")))

        assert done["cluster"] == done["report"]["cluster"] == "local"
        assert [one["status"] for one in done["report"]["outcomes"]] == ["created"] * 3
        assert done["report"]["moved"] == [
            {
                "name": "nightly",
                "version": "1.0",
                "activate": True,
                "status": "activated",
                "detail": "",
                "before": None,
                "starts": "cron 0 6 * * *",
                "stops": None,
            }
        ]

    async def test_a_launch_plan_that_is_there_has_its_page_in_the_console(self, tmp_path: Path) -> None:
        target = replace(TARGET, console="https://flyte.acme.io")
        order = order_of(task(), workflow(), launch_plan("acme.flow"))

        heard = await told(tmp_path, order, target)

        links = [event_json(event)["outcome"]["console"] for event in heard if isinstance(event, EntityDone)]
        page = "console/projects/flytesnacks/domains/development/launch_plan/acme.flow/version/1.0"
        assert links == [None, None, f"https://flyte.acme.io/{page}"]


def test_steps_have_words_and_outcomes_have_none() -> None:
    assert step_words(Looking(TARGET)) == "looking"
    assert step_words(Registering(TARGET, 3)) == "registering"
    assert step_words(Activating(TARGET, 1, 1)) == "activating"
    assert step_words(Activating(TARGET, 0, 1)) == "deactivating"
    assert step_words(Uploading(TARGET, Location("s3://b/fast1.tar.gz", stored=False))) == "uploading the bundle"
    assert step_words(Stopping(TARGET)) == STOPPING
    assert step_words(PlanMade(TARGET, None)) == ""  # type: ignore[arg-type] # its plan is not looked at


async def test_orphans_stand_in_the_report(tmp_path: Path) -> None:
    registry = Unreliable(open_local(tmp_path))
    await registered(registry, order_of(*flow_of(scheduled("nightly"), scheduled("weekly"))), "weekly")
    await registry.close()

    heard = await told(tmp_path, order_of(*flow_of(scheduled("nightly")), version="2.0"), TARGET)

    *_, done = map(event_json, heard)
    assert done["report"]["orphans"] == ["weekly"]
    reports: list[Report] = [event.report for event in heard if isinstance(event, ArchiveDone)]
    assert [one.ok for one in reports] == [True]
