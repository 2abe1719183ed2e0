from __future__ import annotations

import pytest
from support_archives import foreign, launch_plan
from support_registries import TARGET
from support_releases import declaring, flow_of, order_of, plan_id, scheduled

from hatch_flyte.activation import Move, activations, unknown_names
from hatch_flyte.config import Activation
from hatch_flyte.plan import filled

ORDER = order_of(*flow_of(launch_plan(), scheduled("nightly"), scheduled("weekly")))


@pytest.mark.parametrize(
    ("activation", "names"),
    [
        (Activation(), []),
        (Activation("declared"), ["acme.flow", "weekly"]),
        (Activation("scheduled"), ["nightly", "weekly"]),
        (Activation("named", ("weekly", "acme.flow")), ["acme.flow", "weekly"]),
    ],
)
def test_what_is_activated_follows_from_the_mode(activation: Activation, names: list[str]) -> None:
    archive = declaring(ORDER.archive, "acme.flow", "weekly")

    found = activations(activation, archive, filled(ORDER, TARGET, ""), {})

    assert [move.identifier.name for move in found] == names
    assert all(move.activate and move.needed and not move.before for move in found)


def test_an_archive_without_a_manifest_declares_nothing() -> None:
    assert activations(Activation("declared"), foreign(ORDER.archive), filled(ORDER, TARGET, ""), {}) == ()


def test_names_that_no_archive_has_are_told() -> None:
    assert unknown_names(Activation("named", ("nightly", "acme.double", "x")), [ORDER.archive]) == ["acme.double", "x"]
    assert unknown_names(Activation("scheduled"), [ORDER.archive]) == []


@pytest.mark.parametrize(
    ("activate", "before", "needed"),
    [(True, "", True), (True, "0.9", True), (True, "1.0", False), (False, "1.0", True), (False, "", False)],
)
def test_a_move_is_needed_where_it_changes_what_is_active(activate: bool, before: str, needed: bool) -> None:  # noqa: FBT001 # pytest's parameters
    assert Move(plan_id("nightly", "1.0"), activate, before).needed is needed
