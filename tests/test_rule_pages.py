"""`docs/rules` is the code's catalogue: a page for each rule, none too many, each saying what the code says."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from support_pages import blocks
from unreleased import CHECKOUT

from hatch_flyte.rules.catalogue import checked_rules, rules
from hatch_flyte.rules.compiler.codes import RULES
from hatch_flyte.rules.lint_rules import LINTS
from hatch_flyte.rules.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_flyte.rules.rule import Rule

FOLDER = CHECKOUT / "docs" / "rules"
INDEX = FOLDER / "README.md"
ALL = list(rules().values())
REGISTRY = "Asked by a registry alone; an archive can't break it."
ERROR = "An error: the control plane refuses it. `hatch-flyte check` and packaging find it."
WARNING = "A warning of ours: the control plane takes it. `hatch-flyte check` and packaging find it."


def text(rule: Rule) -> str:
    return (FOLDER / f"{rule.id}.md").read_text(encoding="utf-8")


def found(rule: Rule) -> str:
    """Say who finds that a rule is broken."""
    if not rule.is_checked:
        return REGISTRY
    return WARNING if rule.severity is Severity.WARNING else ERROR


def table(some: Iterable[Rule]) -> str:
    rows = "".join(f"| [{rule.id}]({rule.id}.md) | {rule.says} |\n" for rule in some)
    return f"| rule | what has to be so |\n| --- | --- |\n{rows}"


def test_every_rule_has_a_page_and_no_page_is_stale() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{rule.id}.md" for rule in ALL)}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_a_page_says_what_the_code_says(rule: Rule) -> None:
    page = text(rule)

    assert page.startswith(f"# {rule.id}\n\n{rule.says}\n{found(rule)}\n\n## Why\n")
    assert page.endswith(f"\n{rule.fix}\n\nSource: `{rule.source}`.\n".lstrip("\n" if not rule.fix else ""))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_a_page_says_why_and_shows_what_is_bad_and_what_is_good(rule: Rule) -> None:
    page = text(rule)
    flags = re.DOTALL | re.MULTILINE
    parts = [re.findall(rf"^## {head}\n\n(.*?)(?=^## |\Z)", page, flags) for head in ("Why", "Bad", "Good")]

    assert [len(part) for part in parts] == [1, 1, 1]
    assert len(parts[0][0].split()) > 5
    shown = blocks(FOLDER / f"{rule.id}.md")
    assert len(shown) == 2
    assert shown[0].text != shown[1].text
    for block in shown:
        if block.language == "python":
            ast.parse(block.text)


def test_the_list_has_every_rule_once_where_it_belongs() -> None:
    index = INDEX.read_text(encoding="utf-8")
    own = [rule for rule in ALL if rule not in LINTS and rule not in RULES.values()]
    checked = checked_rules()
    tables = {
        "The control plane": [rule for rule in own if rule.id in checked],
        "The compiler": RULES.values(),
        "Ours": LINTS,
        "A registry's own": [rule for rule in own if rule.id not in checked],
    }

    for heading, some in tables.items():
        section = index.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert table(some) in f"{section}\n"
    assert sorted(re.findall(r"^\| \[([a-z-]+)\]", index, re.MULTILINE)) == sorted(rules())
