"""Durations in Go's words."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration

from hatch_flyte.rules.go_time import SECOND, DurationError, check_duration, duration_text, is_valid, nanoseconds


def test_a_duration_is_written_as_go_writes_it() -> None:
    texts = {
        0: "0s",
        1: "1ns",
        1500: "1.5µs",
        300_000_000: "300ms",
        -5 * SECOND: "-5s",
        90 * SECOND + SECOND // 2: "1m30.5s",
        3601 * SECOND: "1h0m1s",
    }
    assert {duration: duration_text(duration) for duration in texts} == texts


@pytest.mark.parametrize("text", ["0", "+0", "1h30m", "1.5s", ".5m", "1us", "1µs", "-1ms", "2562047h"])
def test_a_duration_is_read(text: str) -> None:
    check_duration(text)


@pytest.mark.parametrize("text", ["", "-", "h", "1", "1d", "1h 2m", ".s", "1hh", "9999999999h", "1s" * 600])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match=r"^time: "):
        check_duration(text)


def test_protobufs_durations_have_a_range_and_one_sign() -> None:
    assert is_valid(Duration(seconds=-1, nanos=-1))
    assert not is_valid(Duration(seconds=1, nanos=-1))
    assert not is_valid(Duration(seconds=400_000_000_000))
    assert nanoseconds(Duration(seconds=1, nanos=5)) == SECOND + 5
    assert nanoseconds(Duration(seconds=10**18)) == (1 << 63) - 1
