from __future__ import annotations

import pytest

from hatch_flyte.distribution import Distribution


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (Distribution("tides", "0.1.0"), Distribution("tides", "0.1.0"), True),
        (Distribution("tides", "0.1.0"), Distribution("tides", "0.1"), True),
        (Distribution("Tide_tables", "1.0-rc1"), Distribution("tide.Tables", "1.0rc1"), True),
        (Distribution("tides", "0.1.0"), Distribution("tides", "0.2.0"), False),
        (Distribution("tides", "0.1.0"), Distribution("tides", "0.1.0+local"), False),
        (Distribution("tides", "0.1.0"), Distribution("tidesx", "0.1.0"), False),
        (Distribution("tides"), Distribution("tides", "7"), True),
        (Distribution("tides"), Distribution("other", "7"), False),
        (Distribution(""), Distribution("other", "7"), True),
        (Distribution("tides", "what?"), Distribution("tides", "what?"), True),
        (Distribution("tides", "1"), Distribution("tides", "what?"), False),
    ],
)
def test_it_is_met_by_whatever_agrees_with_what_is_known(one: Distribution, other: Distribution, met: bool) -> None:  # noqa: FBT001 # a parameter of the test
    assert one.is_met_by(other) is met


def test_it_is_shown_as_far_as_it_is_known() -> None:
    assert str(Distribution("tides", "0.1.0")) == "tides 0.1.0"
    assert str(Distribution("tides")) == "tides"
