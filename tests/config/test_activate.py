from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Activation

if TYPE_CHECKING:
    from support_config import Project

STAGING = '[tool.hatch-flyte.clusters.staging]\nendpoint = "flyte.acme.io"\nproject = "p"\ndomain = "d"\n'
LISTED = '"none", "declared", "scheduled"'


def activation(project: Project, table: str, **sources: Any) -> Activation:
    [target] = project.load(STAGING + table, **sources).targets()
    return target.activation


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"none"', Activation("none")),
        ('"declared"', Activation("declared")),
        ('"scheduled"', Activation("scheduled")),
        ('["declared"]', Activation("declared")),
        ('["acme.daily"]', Activation("named", ("acme.daily",))),
        ('["acme.daily", "acme.hourly", "acme.daily"]', Activation("named", ("acme.daily", "acme.hourly"))),
    ],
)
def test_a_cluster_says_a_mode_or_names(project: Project, value: str, expected: Activation) -> None:
    assert activation(project, f"activate = {value}") == expected


def test_nothing_is_activated_unless_somebody_says_so(project: Project) -> None:
    assert activation(project, "") == Activation("none")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"options": {"activate": "none"}}, Activation("none")),
        ({"options": {"activate": "a.b,a.c"}}, Activation("named", ("a.b", "a.c"))),
        ({"options": {"activate": ("a.b", "a.c")}, "option_style": "--"}, Activation("named", ("a.b", "a.c"))),
        ({"environ": {"HATCH_FLYTE_ACTIVATE": "scheduled"}}, Activation("scheduled")),
    ],
)
def test_what_the_call_says_counts_for_every_cluster(
    project: Project, sources: dict[str, Any], expected: Activation
) -> None:
    assert activation(project, 'activate = "declared"', **sources) == expected


def test_the_local_registry_does_what_the_call_says(project: Project) -> None:
    [target] = project.load(options={"cluster": "local", "activate": "declared"}).targets()
    assert target.activation == Activation("declared")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('"declraed"', f"expected {LISTED}, or a list of launch plans' names (got 'declraed')"),
        ("true", f"expected {LISTED}, or a list of launch plans' names (got true, a boolean)"),
        ("[]", f"expected {LISTED}, or a list of launch plans' names (got [], a list)"),
        ('["declared", "acme.daily"]', "expected 'declared' alone, or names only (got ['declared', 'acme.daily'])"),
    ],
)
def test_what_is_neither_is_told(project: Project, value: str, problem: str) -> None:
    assert project.problems(f"{STAGING}activate = {value}") == [
        f"tool.hatch-flyte.clusters.staging.activate: {problem}"
    ]


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        ({"options": {"activate": ""}}, "-o activate[0]: expected a string that is not empty (got '')"),
        (
            {"options": {"activate": ("none", "a.b")}, "option_style": "--"},
            "--activate: expected 'none' alone, or names only (got ['none', 'a.b'])",
        ),
        (
            {"environ": {"HATCH_FLYTE_PRUNE": "all"}},
            "HATCH_FLYTE_PRUNE: expected true, false, yes, no, 1 or 0 (got 'all')",
        ),
        (
            {"options": {"allow-breaking": "a.b,,c"}},
            "-o allow-breaking[1]: expected a string that is not empty (got '')",
        ),
    ],
)
def test_what_a_call_cannot_say_is_told(project: Project, sources: dict[str, Any], problem: str) -> None:
    assert project.problems(**sources) == [problem]


def test_a_call_says_what_may_go_and_what_may_break(project: Project) -> None:
    options = {"prune": "", "independent": "yes", "allow-breaking": "acme.train, acme.daily"}
    call = project.load(options=options).call
    assert (call.prune, call.independent) == (True, True)
    assert call.allow_breaking == ("acme.train", "acme.daily")
    quiet = project.load().call
    assert (quiet.activate, quiet.prune, quiet.independent, quiet.allow_breaking) == ((), False, False, ())
