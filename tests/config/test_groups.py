from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config.tables import Lists
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

CLUSTERS = """
[tool.hatch-flyte.clusters]
eu = { endpoint = "eu.acme.io", project = "p", domain = "production" }
us = { inherits = "eu", endpoint = "us.acme.io" }
staging = { inherits = "eu", endpoint = "staging.acme.io", domain = "staging" }
"""
GROUPS = (
    CLUSTERS
    + '[tool.hatch-flyte.groups]\nproduction = ["eu", "us"]\nall = ["staging", "@production", "eu"]\nmine = ["local"]\n'
)
DEFAULT = '[tool.hatch-flyte]\ndefault-clusters = ["@production"]\n' + GROUPS
WHERE = "tool.hatch-flyte.groups"


@pytest.mark.parametrize(
    ("pyproject", "sources", "names"),
    [
        (GROUPS, {"options": {"cluster": "@production"}}, ["eu", "us"]),
        (GROUPS, {"options": {"cluster": ("@production", "staging")}, "option_style": "--"}, ["eu", "us", "staging"]),
        (GROUPS, {"options": {"cluster": "us,@all"}}, ["us", "staging", "eu"]),
        (GROUPS, {"environ": {"HATCH_FLYTE_CLUSTER": "@all"}}, ["staging", "eu", "us"]),
        (GROUPS, {"options": {"cluster": "@mine"}}, ["local"]),
        (DEFAULT, {}, ["eu", "us"]),
        (DEFAULT, {"options": {"cluster": "staging"}}, ["staging"]),
    ],
)
def test_a_group_stands_for_its_clusters_each_once(
    project: Project, pyproject: str, sources: dict[str, Any], names: list[str]
) -> None:
    assert [target.cluster for target in project.load(pyproject, **sources).targets()] == names


def test_a_stronger_table_replaces_a_group_and_leaves_the_others(project: Project) -> None:
    config = project.load(GROUPS + '[tool.hatch.publish.flyte.groups]\nproduction = ["us"]')
    assert config.publishing.groups["production"] == ("us",)
    assert config.publishing.groups["mine"] == ("local",)
    assert config.settings["groups.production"].source == "pyproject.toml [tool.hatch.publish.flyte]"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("production", "no cluster 'production' is configured, did you mean '@production'?"),
        ("@prodcution", "no group '@prodcution' is configured, did you mean '@production'?"),
        ("@eu", "no group '@eu' is configured, did you mean 'eu'?"),
    ],
)
def test_an_unknown_name_is_told_with_clusters_and_groups(project: Project, name: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(GROUPS, options={"cluster": name}).targets()
    known = "(known: eu, staging, us, local, @all, @mine, @production)"
    assert str(caught.value) == f"-o cluster: {problem} {known}"


WRONG = {
    "unknown members": (
        'a = ["eu", "uss", "@bb"]\nb = ["us"]',
        [
            ".a[1]: no cluster 'uss' is configured, did you mean 'us'? (known: eu, staging, us, local, @b)",
            ".a[2]: no group '@bb' is configured, did you mean '@b'? (known: eu, staging, us, local, @b)",
        ],
    ),
    "empty": ("a = []", [".a: expected a list that is not empty (got [])"]),
    "no list": ('a = "eu"', [".a: expected a list of strings (got 'eu', a string)"]),
    "names that are none": (
        'a = ["e u", 1]\n"b c" = ["eu"]',
        [
            ".\"b c\": expected a name of letters, digits, '-' and '_' (got 'b c')",
            ".a[0]: expected a name of letters, digits, '-' and '_', after '@' if a group's (got 'e u')",
            ".a[1]: expected a string (got 1, an integer)",
        ],
    ),
    "a cluster's name": ('eu = ["us"]', [".eu: expected a name that no cluster has (got 'eu')"]),
    "the local registry's name": ('local = ["us"]', [".local: expected a name that no cluster has (got 'local')"]),
    "itself": ('a = ["@a"]', [".a: goes round in a circle (@a → @a)"]),
    "a circle, told once, also for those who lead into it": (
        'z = ["@b"]\nb = ["eu", "@c"]\nc = ["@d", "@b"]\nd = ["us"]\na = ["@z"]',
        [".b: goes round in a circle (@b → @c → @b)"],
    ),
}


@pytest.mark.parametrize(("groups", "problems"), WRONG.values(), ids=WRONG)
def test_what_is_no_group_is_told(project: Project, groups: str, problems: list[str]) -> None:
    tables = f"{CLUSTERS}[tool.hatch-flyte.groups]\n{groups}"
    assert project.problems(tables) == [f"{WHERE}{problem}" for problem in problems]


def test_groups_are_a_table(project: Project) -> None:
    assert project.problems('[tool.hatch-flyte]\ngroups = ["eu"]') == [
        "tool.hatch-flyte.groups: expected a table (got ['eu'], a list)"
    ]
    assert project.problems(environ={"HATCH_FLYTE_GROUPS": "x"}) == [
        "HATCH_FLYTE_GROUPS: does not belong here, but into [tool.hatch-flyte] or [tool.hatch.publish.flyte]"
    ]


def test_a_text_cannot_say_groups() -> None:
    reports: list[tuple[str, str]] = []
    assert Lists(str, str).from_text("x", lambda inside, what: reports.append((inside, what))) == {}
    assert reports == [("", "expected a table (got 'x', a string)")]
