from __future__ import annotations

from pathlib import Path

import pytest

from hatch_flyte.built import Built, Wanted, current
from hatch_flyte.distribution import Distribution
from hatch_flyte.errors import ArchiveError, WheelError

FOLDER = Path("dist")
WHEEL = Wanted(Distribution("tides", "0.1.0"), "wheel", WheelError)


def built(version: str, *, said: bool = True) -> Built[str]:
    return Built(FOLDER / f"tides-{version}.whl", version, Distribution("tides", version) if said else None)


def test_those_of_the_current_version_are_returned_in_their_order() -> None:
    assert current(FOLDER, [built("0.1"), built("0.2"), built("0.1.0")], WHEEL) == [built("0.1"), built("0.1.0")]


def test_of_an_unknown_project_anything_may_be() -> None:
    all_of_them = [built("0.1"), built("0.2", said=False)]

    assert current(FOLDER, all_of_them, Wanted(Distribution(""), "archive", ArchiveError)) == all_of_them


def test_the_error_is_of_the_kind_that_was_asked_for() -> None:
    with pytest.raises(WheelError) as caught:
        current(FOLDER, [built("0.2")], WHEEL)

    assert caught.value.message == "dist: expected a wheel of tides 0.1.0 (got tides 0.2, in tides-0.2.whl)"
    assert caught.value.hint.endswith("or name the wheel.")
