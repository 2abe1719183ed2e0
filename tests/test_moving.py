from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_registries import TARGET, Unreliable
from support_releases import active, flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.activation import Move, Moved
from hatch_flyte.errors import RejectedError, UnreachableError
from hatch_flyte.moving import carry_out, planned, unmoved
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from google.protobuf.message import Message

NIGHTLY = Move(plan_id("nightly", "2.0"), activate=True, before="1.0")
WEEKLY = Move(plan_id("weekly", "1.0"), activate=False, before="1.0")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Unreliable]:
    registry = Unreliable(open_local(tmp_path))
    plans = (scheduled("nightly"), scheduled("weekly"))
    await registered(registry, order_of(*flow_of(*plans)), "nightly", "weekly")
    await registered(registry, order_of(*flow_of(*plans), version="2.0"))
    registry.writes.clear()
    yield registry
    await registry.close()


async def run(registry: Unreliable, *moves: Move, watch: Watch | None = None) -> list[str]:
    return words(await carry_out(moves, TARGET, registry, watch or Watch()))


def words(moved: tuple[Moved, ...]) -> list[str]:
    return [f"{one.move.identifier.name} {one.status.value}" for one in moved]


async def test_first_all_are_activated_then_the_others_deactivated(registry: Unreliable) -> None:
    assert await run(registry, WEEKLY, NIGHTLY) == ["weekly deactivated", "nightly activated"]

    assert registry.writes == ["activate nightly 2.0", "deactivate weekly 1.0"]
    assert await active(registry) == {"nightly": "2.0"}


async def test_what_is_so_already_is_not_sent(registry: Unreliable) -> None:
    done = Move(plan_id("nightly", "1.0"), activate=True, before="1.0")

    assert await run(registry, done) == ["nightly active already"]
    assert registry.writes == []


async def test_a_refusal_is_told_in_the_registrys_words_and_the_rest_goes_on(registry: Unreliable) -> None:
    registry.failures = {"activate nightly 2.0": RejectedError("schedule refused")}

    [nightly, weekly] = await carry_out([NIGHTLY, WEEKLY], TARGET, registry, Watch())

    assert (nightly.status.value, nightly.detail, nightly.ok) == ("failed", "schedule refused", False)
    assert (weekly.status.value, weekly.ok) == ("deactivated", True)


async def test_what_the_registry_claims_and_did_not_do_has_failed(registry: Unreliable) -> None:
    class Idle(Unreliable):
        async def activate(self, identifier: object) -> None:
            assert identifier

    [moved] = await carry_out([NIGHTLY], TARGET, Idle(registry.registry), Watch())

    assert moved.status.value == "failed"
    assert "version 1.0 is active (expected 2.0 to be active)" in moved.detail


async def test_a_failed_call_whose_effect_is_there_is_no_failure(registry: Unreliable) -> None:
    await registry.activate(NIGHTLY.identifier)
    registry.failures = {"activate nightly 2.0": UnreachableError("acknowledgement lost")}

    assert await run(registry, NIGHTLY) == ["nightly activated"]


async def test_what_cannot_be_read_back_has_failed(registry: Unreliable) -> None:
    class Mute(Unreliable):
        async def active(self, project: str, domain: str) -> AsyncIterator[Message]:
            raise UnreachableError(f"nobody answers for {project}/{domain}")
            yield  # type: ignore[unreachable] # makes this a generator

    mute = Mute(registry.registry)
    mute.failures = {"deactivate weekly 1.0": RejectedError("no")}
    done = Move(plan_id("weekly", "1.0"), activate=True, before="1.0")

    nightly, weekly, unneeded = await carry_out([NIGHTLY, WEEKLY, done], TARGET, mute, Watch())

    assert nightly.detail.startswith("sent, and could not be read back: nobody answers")
    assert (weekly.detail, unneeded.status.value) == ("no", "active already")


async def test_after_a_stop_nothing_is_sent(registry: Unreliable) -> None:
    watch = Watch()
    watch.stop.set()

    assert await run(registry, NIGHTLY, watch=watch) == ["nightly skipped"]
    assert registry.writes == []


def test_what_is_not_carried_out_says_why() -> None:
    done = Move(plan_id("weekly", "1.0"), activate=True, before="1.0")

    assert words(unmoved([NIGHTLY, done], "staging failed")) == ["nightly skipped", "weekly active already"]
    assert unmoved([NIGHTLY], "staging failed")[0].detail == "not sent: staging failed"
    assert words(planned([NIGHTLY, done])) == ["nightly would be moved", "weekly active already"]
