"""Every code has a rule, and each rule an identifier that stays."""

from __future__ import annotations

import re

from hatch_flyte.rules.catalogue import rules
from hatch_flyte.rules.compiler.codes import RULES, ErrorCode


def test_every_code_has_one_rule_with_an_identifier_of_its_own() -> None:
    assert list(RULES) == list(ErrorCode)
    identifiers = {rule.id for rule in RULES.values()}
    assert len(identifiers) == len(ErrorCode)
    assert identifiers <= rules().keys()


def test_the_identifier_is_the_codes_name_with_hyphens() -> None:
    assert RULES[ErrorCode.MISMATCHING_TYPES].id == "mismatching-types"
    assert RULES[ErrorCode.BRANCH_NODE_ID_NOT_FOUND].id == "branch-node-id-not-found"
    assert {rule.id.replace("-", "") for rule in RULES.values()} == {code.value.lower() for code in ErrorCode}


def test_a_rule_says_where_it_comes_from_and_what_has_to_be_so() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"flytepropeller/pkg/compiler/[\w/]+\.go:\w+", rule.source)
        assert re.fullmatch(r"[A-Z][^.]*\.", rule.says)
