"""`docs/breaking-changes` is the code's list of rules: a page for each, none too many, saying what the code says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from support_pages import blocks
from unreleased import CHECKOUT

from hatch_flyte.breaking import RULES

if TYPE_CHECKING:
    from hatch_flyte.breaking import BreakingRule

FOLDER = CHECKOUT / "docs" / "breaking-changes"


def test_every_rule_has_a_page_and_a_row_and_no_page_is_stale() -> None:
    rows = "".join(f"| [{rule.id}]({rule.id}.md) | {rule.says} |\n" for rule in RULES.values())

    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{name}.md" for name in RULES)}
    assert f"| rule | what is so |\n| --- | --- |\n{rows}\n" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_page_says_what_the_code_says_and_shows_what_breaks_and_what_does_not(rule: BreakingRule) -> None:
    page = (FOLDER / f"{rule.id}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {rule.id}\n\n{rule.says}\n\n## Why it breaks\n\n")
    assert page.endswith(f"\n\n{rule.fix}\n")
    shown = [block.text for block in blocks(FOLDER / f"{rule.id}.md")]
    assert len(set(shown)) == 2
    assert all(ast.parse(text) for text in shown)
