from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, task
from support_registries import TARGET, Unreliable

from hatch_flyte.entity import Kind
from hatch_flyte.errors import NotFoundError, RejectedError
from hatch_flyte.listing import COLUMNS, Wanted, listing
from hatch_flyte.order import Order
from hatch_flyte.register import register
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from google.protobuf.message import Message

    from hatch_flyte.listing import Listed

ALL = tuple(Kind)


async def filled(folder: Path, *versions: str, messages: Sequence[Message] = ()) -> None:
    registry = open_local(folder)
    for version in versions:
        await register(Order(archive=archive_of(*messages), version=version), TARGET, registry, Watch())
    await registry.close()


async def listed(folder: Path, wanted: Wanted) -> list[Listed]:
    return await listing(open_local(folder), TARGET, wanted)


async def test_the_newest_come_first_within_a_kind(tmp_path: Path) -> None:
    await filled(tmp_path, "1", "2")

    found = await listed(tmp_path, Wanted(ALL))

    assert [(one.kind.value, one.version) for one in found] == [
        *(("task", "2"), ("task", "1")),
        *(("workflow", "2"), ("workflow", "1")),
        *(("launch plan", "2"), ("launch plan", "1")),
    ]


async def test_only_what_is_wanted_is_listed(tmp_path: Path) -> None:
    await filled(tmp_path, "1", "2", messages=[task("acme.a"), task("acme.b")])

    found = await listed(tmp_path, Wanted([Kind.TASK, Kind.WORKFLOW], name="acme.b", version="1"))

    assert [(one.kind, one.name, one.version) for one in found] == [(Kind.TASK, "acme.b", "1")]


async def test_launch_plans_have_a_state_and_all_a_time(tmp_path: Path) -> None:
    await filled(tmp_path, "1")

    found = await listed(tmp_path, Wanted(ALL))

    assert [one.state for one in found] == ["", "", "inactive"]
    assert all(one.created.endswith("Z") and one.created.startswith("20") for one in found)
    assert tuple(found[0].to_json()) == COLUMNS


async def test_an_unknown_project_or_domain_is_refused_and_the_registry_closed(tmp_path: Path) -> None:
    closed = []

    class Closing(Unreliable):
        async def domains(self, project: str) -> frozenset[str] | None:
            return frozenset({"production"}) if project == "known" else None

        async def close(self) -> None:
            closed.append("closed")
            await super().close()

    with pytest.raises(NotFoundError, match="expected a project that it has"):
        await listing(Closing(open_local(tmp_path)), TARGET, Wanted(ALL))
    with pytest.raises(RejectedError, match="expected one of the domains production"):
        await listing(Closing(open_local(tmp_path)), replace(TARGET, project="known"), Wanted(ALL))

    assert closed == ["closed", "closed"]
