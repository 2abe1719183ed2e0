"""How a promise names an output."""

from __future__ import annotations

import pytest

from hatch_flyte.rules.compiler.variable import Variable, parse_variable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o0", Variable("o0")),
        ("0", Variable("0")),
        ("[3].x", Variable("x", 3)),
        ("[03].x", Variable("x", 3)),
        ("!x!", Variable("x")),
        ("[9223372036854775807].x", Variable("x", 9223372036854775807)),
    ],
)
def test_these_name_one(text: str, expected: Variable) -> None:
    assert parse_variable(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a.b", "a b", "[3]x", "[a].x", "x[0]", "é", "[9223372036854775808].x", f"[{'9' * 5000}].x"]
)
def test_these_name_none_or_several(text: str) -> None:
    assert parse_variable(text) is None
