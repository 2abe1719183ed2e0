"""`check` against the real control plane's own answers: it finds what that one refused, and is silent on the rest."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from support_recordings import Asked, creates

ASKED = list(creates("tasks", "workflows", "launch_plans"))
ACCEPTED = [one for one in ASKED if one.is_accepted]
REFUSED = [one for one in ASKED if not one.is_accepted and not one.is_of_the_target]
OTHER_WORDS = {"task-missing-spec", "workflow-missing-spec", "workflow-bind-scalar-unset"}
"""Two requests without a spec, which an archive's members have, though it may be empty; one that ends in a panic."""


def counts(asked: list[Asked]) -> dict[str, int]:
    return dict(Counter(one.kind.value for one in asked))


def bare(message: str) -> str:
    """Leave identifiers out: of a task, flyteadmin names the one in the template as it was sent."""
    return re.sub(r" +", " ", re.sub(r"\[(<nil>|resource_type:[^\]]*)\]", "[]", message))


def test_the_recordings_have_many_of_each() -> None:
    found = (
        f"check: finds {counts(REFUSED)} of those refused for their content, is silent on {counts(ACCEPTED)} accepted"
    )
    print(found)  # noqa: T201 # `pytest -rP` shows it

    assert counts(REFUSED) == {"task": 19, "workflow": 82, "launch plan": 37}
    assert counts(ACCEPTED) == {"task": 323, "workflow": 211, "launch plan": 87}


@pytest.mark.parametrize("asked", REFUSED, ids=lambda one: one.scenario)
def test_what_the_control_plane_refused_is_found_with_the_same_code(asked: Asked) -> None:
    errors = [finding for finding in asked.findings() if finding.is_error]

    if asked.codes:
        assert {one.rule.id.replace("-", "") for one in errors} == {code.lower() for code in asked.codes}
    elif asked.scenario in OTHER_WORDS:
        assert errors
    else:
        assert any(bare(one.message) in bare(asked.message) for one in errors)


def test_of_what_the_control_plane_accepted_nothing_is_an_error() -> None:
    noisy = {one.scenario: [found.text() for found in one.findings() if found.is_error] for one in ACCEPTED}

    assert {scenario: errors for scenario, errors in noisy.items() if errors} == {}
