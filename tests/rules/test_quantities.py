"""Kubernetes quantities: which texts are one, how they are compared, and how they are written."""

from __future__ import annotations

import time

import pytest

from hatch_flyte.rules.quantities import QuantityError, is_quantity, parsed


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        ("0", "0", 0),
        ("00", "0", 0),
        ("1", "1", 1),
        ("007", "007", 7),
        ("+1", "+1", 1),
        ("-1500m", "-1500m", -2),
        ("1000m", "1", 1),
        ("1100m", "1100m", 2),
        ("900m", "900m", 1),
        ("1.5", "1500m", 2),
        ("1.500", "1.500", 2),
        (".5", "500m", 1),
        ("1.", "1.", 1),
        ("1000", "1k", 1000),
        ("1500", "1500", 1500),
        ("12e4", "120e3", 120_000),
        ("1e3", "1e3", 1000),
        ("5000000000", "5G", 5_000_000_000),
        ("1.5Gi", "1536Mi", 1_610_612_736),
        ("1024Mi", "1Gi", 1 << 30),
        ("500Mi", "500Mi", 500 << 20),
        ("1.1Ki", "1126400m", 1127),
        ("0.5Ki", "512", 512),
        ("9Ei", "9223372036854775807", (1 << 63) - 1),
        ("0.5n", "1n", 1),
        ("1e-12", "1e-9", 1),
        ("1000E", "1e21", 0),
    ],
)
def test_a_quantity_is_read_and_written_as_kubernetes_does(text: str, written: str, value: int) -> None:
    quantity = parsed(text)
    assert (str(quantity), quantity.value()) == (written, value)


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1x", "1.2.3", "one", "1m5i", "1,5", "٣", "9" * 401])
def test_what_has_not_the_form_of_a_quantity_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match=r"^quantities must match the regular expression"):
        parsed(text)
    assert not is_quantity(text)


@pytest.mark.parametrize("text", ["1K", "1e", "1mi", "1m5", "1kk", "1Gik"])
def test_an_unknown_suffix_is_refused_as_that(text: str) -> None:
    with pytest.raises(QuantityError, match=r"^unable to parse quantity's suffix$"):
        parsed(text)


def test_a_whole_number_is_one_in_thousandths() -> None:
    assert [parsed(text).is_whole for text in ("1", "2000m", "1e3", "500m", "1n", "1.0001")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_no_text_takes_long() -> None:
    begin = time.process_time()
    for text in ("1" * 4_000_000 + "x", "0" * 400, "1e999999999", "1e-999999999", "9" * 390 + "Ei"):
        if is_quantity(text):
            assert str(parsed(text))
    assert time.process_time() - begin < 2
