from __future__ import annotations

import pytest
from graph.support_graphs import HOSTILE

from hatch_flyte.graph.text import CODE, MOST_SHOWN, NAME, PLAIN, Font, fitted, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acme.flow", "acme.flow"),
        ("Größe 名前", "Größe 名前"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m\x00", "\\x1b[31m\\x00"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\ud800\ufffe", "\\ud800\\ufffe"),
    ],
)
def test_what_can_not_be_seen_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_text_loses_its_middle() -> None:
    shown = visible("a" * 5_000 + "b" * 5_000)

    assert len(shown) <= MOST_SHOWN
    assert (shown[:2], shown[-2:], shown.count("…")) == ("aa", "bb", 1)


@pytest.mark.parametrize("font", [NAME, CODE, PLAIN], ids=["name", "code", "plain"])
@pytest.mark.parametrize("width", [20, 61.5, 260])
def test_a_fitted_text_has_room(font: Font, width: float) -> None:
    for text in map(visible, HOSTILE):
        short = fitted(text, font, width)
        assert font.width(short) <= width
        assert short == text or "…" in short


def test_both_ends_of_a_name_stay() -> None:
    assert fitted("acme.pipelines.training.train_model", NAME, 130) == "acme.pi…in_model"


def test_a_text_that_fits_stays_whole() -> None:
    assert fitted("acme.flow", NAME, NAME.width("acme.flow")) == "acme.flow"


def test_no_ascii_character_is_wider_than_is_assumed() -> None:
    # DejaVu Sans is the widest of the fonts that are asked for; a few of its widths, in parts of the size.
    for char, width in {
        "W": 0.989,
        "m": 0.974,
        "i": 0.278,
        "r": 0.411,
        "Q": 0.787,
        "o": 0.612,
        "0": 0.636,
        "-": 0.361,
    }.items():
        assert PLAIN.width(char) >= width * PLAIN.size
    assert all(PLAIN.width(chr(code)) >= 0.4 * PLAIN.size for code in range(32, 127))
