"""Every rule has an identifier, a source, a sentence, and is broken somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import hatch_flyte
from hatch_flyte.rules import catalogue

PACKAGE = Path(hatch_flyte.__file__).parent


def constants() -> set[str]:
    return {name for name, value in vars(catalogue).items() if isinstance(value, catalogue.Rule)}


def test_an_identifier_is_of_one_rule_and_can_be_a_pages_name() -> None:
    rules = catalogue.rules()
    assert len(rules) == len(constants())
    for identifier, rule in rules.items():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", identifier)
        assert rule.id == identifier
        assert rule.source.startswith(("flyteadmin/", "flytepropeller/"))
        assert re.fullmatch(r"[A-Z].*\.", rule.says)


def test_every_rule_is_one_that_something_is_refused_by() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert {name for name in constants() if f"catalogue.{name}" not in code} == set()
