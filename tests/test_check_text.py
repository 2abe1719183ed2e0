from __future__ import annotations

from dataclasses import replace

from hatch_flyte.check.finding import Finding
from hatch_flyte.check_text import finding_lines, github_line, summary, to_json
from hatch_flyte.entity import Kind
from hatch_flyte.rules.compiler.codes import RULES, ErrorCode
from hatch_flyte.rules.lint_rules import CACHE_VERSION

ERROR = Finding(
    rule=RULES[ErrorCode.MISMATCHING_TYPES],
    kind=Kind.WORKFLOW,
    name="acme.flow",
    message="100% wrong,\nreally",
    node="n0",
    file="acme/a,b:c.py",
    line=7,
)
WARNING = replace(ERROR, rule=CACHE_VERSION, message="said\x1b[31m", node="", file="", line=0)


def test_findings_of_an_entity_stand_below_it() -> None:
    lines = [line for _, line in finding_lines([ERROR, replace(ERROR, message="more"), WARNING])]

    assert lines[:4] == [
        "acme/a,b:c.py:7  workflow acme.flow",
        "    error    mismatching-types",
        "        node n0: 100% wrong,",
        "        really",
    ]
    assert lines.count("acme/a,b:c.py:7  workflow acme.flow") == 1


def test_foreign_words_are_made_printable() -> None:
    assert "\x1b" not in "".join(line for _, line in finding_lines([WARNING]))
    assert "\x1b" not in github_line(WARNING, str)


def test_an_entity_without_a_message_has_its_lines() -> None:
    assert [line for _, line in finding_lines([replace(ERROR, message="", node="")])][2] == "        "


def test_counts_are_in_words() -> None:
    assert summary([]) == "no findings"
    assert summary([ERROR, ERROR, WARNING]) == "2 errors, 1 warning"
    assert to_json([ERROR, WARNING], 1)["counts"] == {"error": 1, "warning": 1}


def test_github_gets_values_escaped_as_its_toolkit_does() -> None:
    line = github_line(ERROR, lambda path: f"src/{path}")

    assert line == (
        "::error file=src/acme/a%2Cb%3Ac.py,line=7,title=hatch-flyte mismatching-types::"
        "workflow `acme.flow`, node n0: 100%25 wrong,%0Areally%0A"
        "Bind a value of the type that is expected, or have a task turn it into one."
    )


def test_a_finding_without_a_place_annotates_no_file() -> None:
    assert github_line(WARNING, str).startswith("::warning title=hatch-flyte cache-version::workflow `acme.flow`: said")
