from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from support_archives import archive_of, launch_plan, task, workflow
from support_registries import TARGET, Unreliable

from hatch_flyte.config import Target
from hatch_flyte.errors import UnreachableError
from hatch_flyte.order import Order
from hatch_flyte.outcome import exit_code
from hatch_flyte.publish import publish
from hatch_flyte.registry.connect import Surroundings, open_registry
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.registry.port import Registry

OTHER = Target("other", None, insecure=False, project="flytesnacks", domain="staging")
AWAY = Target("away", None, insecure=False, project="flytesnacks", domain="staging")


def order(*messages: object) -> Order:
    return Order(archive=archive_of(*messages), version="1.0")  # type: ignore[arg-type] # protobuf messages


async def test_several_targets_get_a_report_each_in_the_order_given(tmp_path: Path) -> None:
    reports = await publish(
        [order()], [TARGET, OTHER], partial(open_registry, around=Surroundings(data=tmp_path)), Watch()
    )

    assert [(one.target.cluster, one.summary) for one in reports] == [("local", "3 created"), ("other", "3 created")]
    assert exit_code(reports) == 0


async def test_a_later_archive_may_refer_to_an_earlier_one(tmp_path: Path) -> None:
    orders = [order(task()), order(workflow(), launch_plan())]

    reports = await publish(orders, [TARGET], partial(open_registry, around=Surroundings(data=tmp_path)), Watch())

    assert [one.summary for one in reports] == ["1 created", "2 created"]


async def test_a_target_that_cannot_be_opened_does_not_touch_the_others(tmp_path: Path) -> None:
    def opened(target: Target) -> Registry:
        if target is AWAY:
            raise UnreachableError("nobody answers")
        return open_local(tmp_path)

    away, here = await publish([order()], [AWAY, TARGET], opened, Watch())

    assert (away.summary, here.summary) == ("3 skipped", "3 created")
    assert exit_code((away, here)) == 5


async def test_registries_are_closed_whatever_happens(tmp_path: Path) -> None:
    closed: list[str] = []

    class Closing(Unreliable):
        async def close(self) -> None:
            closed.append("closed")
            await super().close()

    await publish([order()], [TARGET, OTHER], lambda _target: Closing(open_local(tmp_path)), Watch())

    assert closed == ["closed", "closed"]
