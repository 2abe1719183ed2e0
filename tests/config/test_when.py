from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config.when import WhenRules
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from support_config import Project

CLUSTER = '[tool.hatch-flyte.clusters.acme]\nendpoint = "flyte.acme.io"\nproject = "pipelines"\n'
RULES = """when = [
    { tag = "v[0-9]*", domain = "production" },
    { branch = "main", domain = "staging" },
    { branch = "feature/*", domain = "development", project = "sandbox" },
]
"""
TABLE = CLUSTER + RULES
WHERE = "tool.hatch-flyte.clusters.acme.when"


@dataclass
class Repository:
    """What is checked out, and how often it was asked."""

    on: str = ""
    at: str = ""
    asked: list[str] = field(default_factory=list)

    def branch(self) -> str:
        self.asked.append("branch")
        if not self.on:
            raise ConfigError([Problem("{branch}", "a commit is checked out, no branch")])
        return self.on

    def tag(self) -> str:
        self.asked.append("tag")
        return self.at


def place(project: Project, pyproject: str, facts: Repository, **sources: Any) -> tuple[str, str]:
    """Project and domain of the only target."""
    [target] = project.load(pyproject, **sources).targets(facts)
    return target.project, target.domain


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Repository("main"), ("pipelines", "staging")),
        (Repository("feature/x"), ("sandbox", "development")),
        (Repository("feature/x/y"), ("sandbox", "development")),
        (Repository("", "v1.2"), ("pipelines", "production")),
        (Repository("main", "v1.2"), ("pipelines", "production")),
        (Repository("main", "nightly"), ("pipelines", "staging")),
    ],
)
def test_the_first_rule_that_fits_says_domain_and_project(
    project: Project, facts: Repository, expected: tuple[str, str]
) -> None:
    assert place(project, TABLE, facts) == expected


@pytest.mark.parametrize("facts", [Repository("hotfix"), Repository("Main"), Repository("", "nightly"), Repository()])
def test_where_none_fits_the_clusters_own_domain_counts(project: Project, facts: Repository) -> None:
    assert place(project, TABLE + 'domain = "development"', facts) == ("pipelines", "development")


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        (Repository("hotfix"), "branch 'hotfix', no tag"),
        (Repository("hotfix", "nightly"), "branch 'hotfix', tag 'nightly'"),
        (Repository("", "nightly"), "tag 'nightly'"),
        (Repository(), "an unknown branch (a commit is checked out, no branch), no tag"),
    ],
)
def test_where_none_fits_and_there_is_no_domain_it_says_what_was_seen_and_the_rules(
    project: Project, facts: Repository, seen: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        place(project, TABLE, facts)
    assert str(caught.value) == (
        f"{WHERE}: expected a rule for {seen}, or a `domain` for all others "
        "(got rules for tag 'v[0-9]*', branch 'main', branch 'feature/*')"
    )


def test_a_project_may_be_the_rules_to_say(project: Project) -> None:
    table = '[tool.hatch-flyte.clusters.acme]\nendpoint = "x"\ndomain = "d"\nwhen = [{ branch = "a", project = "p" }]'
    assert place(project, table, Repository("a")) == ("p", "d")
    with pytest.raises(ConfigError, match="expected a rule for branch 'b', no tag, or a `project` for all others"):
        place(project, table, Repository("b"))


def test_the_call_wins(project: Project) -> None:
    facts = Repository("feature/x")
    assert place(project, TABLE, facts, options={"domain": "mine"}) == ("sandbox", "mine")
    assert place(project, TABLE, facts, options={"project": "mine"}) == ("mine", "development")


def test_nobody_is_asked_where_the_answer_would_not_count(project: Project) -> None:
    facts = Repository("main")
    assert place(project, TABLE, facts, options={"domain": "mine", "project": "mine"}) == ("mine", "mine")
    assert place(project, CLUSTER + 'domain = "d"', facts) == ("pipelines", "d")
    only_domain = CLUSTER + 'when = [{ branch = "x", domain = "d" }]'
    assert place(project, only_domain, facts, options={"domain": "mine"}) == ("pipelines", "mine")
    local = project.load(TABLE, options={"cluster": "local"}).targets(facts)
    assert (len(local), facts.asked) == (1, [])


def test_the_checkout_is_asked_once_for_all_clusters(project: Project) -> None:
    facts = Repository("main")
    tables = TABLE + '[tool.hatch-flyte.clusters.other]\ninherits = "acme"\nendpoint = "other.acme.io"\n'
    targets = project.load(tables, options={"cluster": "acme,other"}).targets(facts)
    assert [target.domain for target in targets] == ["staging", "staging"]
    assert sorted(facts.asked) == ["branch", "tag"]


def test_where_nobody_can_be_asked_rules_are_a_problem(project: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(TABLE + 'domain = "d"').targets()
    assert str(caught.value) == f"{WHERE}: asks for branch and tag, which are not known here"


def test_a_cluster_that_says_its_own_domain_inherits_no_rules(project: Project) -> None:
    tables = (
        TABLE
        + '[tool.hatch-flyte.clusters.production]\ninherits = "acme"\ndomain = "production"\n'
        + '[tool.hatch-flyte.clusters.mirror]\ninherits = "production"\n'
    )
    facts = Repository("main")
    targets = project.load(tables, options={"cluster": "production,mirror"}).targets(facts)
    assert [target.domain for target in targets] == ["production", "production"]
    assert facts.asked == []


def test_other_clusters_rules_need_not_fit(project: Project) -> None:
    tables = TABLE + '[tool.hatch-flyte.clusters.other]\nendpoint = "x"\nproject = "p"\ndomain = "d"\n'
    assert place(project, tables, Repository("hotfix"), options={"cluster": "other"}) == ("p", "d")


WRONG = {
    '"main"': [
        ': expected a list of tables such as { branch = "main", domain = "production" } (got \'main\', a string)'
    ],
    '{ branch = "main" }': [
        ': expected a list of tables such as { branch = "main", domain = "production" } (got a table)'
    ],
    '["main"]': ['[0]: expected a table such as { branch = "main", domain = "production" } (got \'main\', a string)'],
    '[{ domain = "d" }]': ["[0]: expected `branch` or `tag` (got none)"],
    '[{ branch = "a", tag = "b", domain = "d" }]': ["[0]: expected `branch` or `tag` (got ['branch', 'tag'])"],
    '[{ branch = "a" }]': ["[0]: expected `domain` or `project`, for where it fits (got none)"],
    '[{ branch = "a", domain = "d" }, { brunch = "a", tag = "", domain = "d/e", project = 1 }]': [
        "[1].brunch: unknown key of a rule (known: branch, tag, domain, project)",
        "[1].tag: expected a string that is not empty (got '')",
        "[1].domain: expected letters, digits, '.', '_' and '-' (got 'd/e')",
        "[1].project: expected a string (got 1, an integer)",
    ],
}


@pytest.mark.parametrize(("rules", "problems"), WRONG.items(), ids=WRONG)
def test_what_is_no_rule_is_told(project: Project, rules: str, problems: list[str]) -> None:
    assert project.problems(f"{CLUSTER}when = {rules}") == [f"{WHERE}{problem}" for problem in problems]


def test_a_text_cannot_say_rules() -> None:
    reports: list[tuple[str, str]] = []
    assert WhenRules().from_text("x", lambda inside, what: reports.append((inside, what))) == ()
    assert reports == [("", "expected a list of tables (got 'x', a string)")]
