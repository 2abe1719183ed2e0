from __future__ import annotations

import pytest

from hatch_flyte.workflow_commands import command, place


@pytest.mark.parametrize(
    ("properties", "text", "line"),
    [
        ({}, "plain", "::error::plain"),
        ({"file": "a.py", "line": "3"}, "x", "::error file=a.py,line=3::x"),
        ({"title": "a:b,c%d"}, "50% of\r\nit: yes, all", "::error title=a%3Ab%2Cc%25d::50%25 of\\r%0Ait: yes, all"),
        ({}, "\x1b[31mred\n::set-env name=PATH::x", "::error::\\x1b[31mred%0A::set-env name=PATH::x"),
    ],
)
def test_a_command_is_one_line_and_says_nothing_else(properties: dict[str, str], text: str, line: str) -> None:
    assert command("error", properties, text) == line


def test_a_place_is_a_file_and_a_line() -> None:
    assert place("a.py", 3) == {"file": "a.py", "line": "3"}
    assert place("a.py", 0) == {"file": "a.py", "line": "1"}
    assert place("", 3) == {}
