"""Every rule has an identifier, a source, a sentence, and is broken somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import hatch_flyte
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.codes import RULES
from hatch_flyte.rules.lint_rules import LINTS
from hatch_flyte.rules.rule import Rule, Severity

PACKAGE = Path(hatch_flyte.__file__).parent


def constants() -> set[str]:
    return {name for name, value in vars(catalogue).items() if isinstance(value, Rule)}


def test_an_identifier_is_of_one_rule_and_can_be_a_pages_name() -> None:
    rules = catalogue.rules()
    assert len(rules) == len(constants()) + len(RULES) + len(LINTS)
    for identifier, rule in rules.items():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", identifier)
        assert rule.id == identifier
        assert re.fullmatch(r"[A-Z].*\.", rule.says)


def test_what_a_control_plane_refuses_has_its_source_and_what_only_we_say_is_a_warning() -> None:
    for rule in catalogue.rules().values():
        if rule in LINTS:
            assert rule.severity is Severity.WARNING
        else:
            assert rule.source.startswith(("flyteadmin/", "flytepropeller/"))
            assert rule.severity is Severity.ERROR


def test_every_rule_that_an_archive_can_break_says_what_to_do() -> None:
    checked = catalogue.checked_rules()
    assert {*(rule.id for rule in RULES.values()), *(rule.id for rule in LINTS)} <= set(checked)
    assert {"list", "upload", "same-version", "place"}.isdisjoint(checked)
    for rule in checked.values():
        assert re.fullmatch(r"[A-Z].*\.", rule.fix)


def test_every_rule_is_one_that_something_is_refused_by() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert {name for name in constants() if f"catalogue.{name}" not in code} == set()
