"""What findings mean for packaging, and which rules the configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_config import Project

from hatch_flyte.check.finding import Finding
from hatch_flyte.check.judgement import judged
from hatch_flyte.check.selection import selected
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ConfigError, SerializeError
from hatch_flyte.rules.catalogue import RESOURCE_LIMIT
from hatch_flyte.rules.lint_rules import IMAGE_TAG

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.rules.rule import Rule


def finding(rule: Rule, name: str = "a", message: str = "wrong") -> Finding:
    return Finding(rule=rule, kind=Kind.TASK, name=name, message=message, file="acme.py", line=3)


def test_warnings_are_said_once_for_all_that_say_the_same() -> None:
    first, second = judged([finding(IMAGE_TAG), finding(IMAGE_TAG, "b"), finding(IMAGE_TAG, "c", "other")])

    assert first.message == "acme.py:3: task `a` and 1 more: wrong (image-tag)"
    assert first.hint == IMAGE_TAG.fix
    assert second.message == "acme.py:3: task `c`: other (image-tag)"


def test_errors_are_raised_all_at_once_each_with_what_to_do() -> None:
    with pytest.raises(SerializeError) as caught:
        judged([finding(IMAGE_TAG), finding(RESOURCE_LIMIT), finding(RESOURCE_LIMIT, "b", "more")])

    assert caught.value.message.splitlines() == [
        "acme.py:3: task `a`: wrong (resource-limit)",
        "    Lower the request, or raise the limit.",
        "acme.py:3: task `b`: more (resource-limit)",
        "    Lower the request, or raise the limit.",
    ]


def test_the_configuration_names_rules(tmp_path: Path) -> None:
    text = '[tool.hatch-flyte]\nselect-rules = ["image-tag", "labels"]\nignore-rules = ["labels"]\n'

    selection = selected(Project(tmp_path).load(text).packaging)

    assert selection.takes(IMAGE_TAG)
    assert not selection.takes(RESOURCE_LIMIT)


def test_every_name_that_no_rule_has_is_told(tmp_path: Path) -> None:
    text = '[tool.hatch-flyte]\nselect-rules = ["image-tags"]\nignore-rules = ["upload"]\n'

    with pytest.raises(ConfigError) as caught:
        selected(Project(tmp_path).load(text).packaging)

    assert [str(problem) for problem in caught.value.problems] == [
        "tool.hatch-flyte.select-rules: expected a rule's name (got 'image-tags'; did you mean image-tag?)",
        "tool.hatch-flyte.ignore-rules: expected a rule's name (got 'upload')",
    ]
