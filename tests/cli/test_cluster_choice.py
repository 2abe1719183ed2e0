"""Groups, rules by branch, and a configuration of flytectl's, as a user of the command line meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support_doors import cluster

if TYPE_CHECKING:
    from support_doors import Door

RULES = 'when = [{ branch = "main", domain = "production" }, { branch = "feature/*", domain = "staging" }]\n'


@pytest.fixture
def branch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build of a branch in CI."""
    monkeypatch.delenv("GITHUB_REF", raising=False)
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/x")


def test_a_group_is_published_to_cluster_by_cluster(door: Door, served: str) -> None:
    group = '[tool.hatch-flyte.groups]\nboth = ["one", "local"]\n'
    door.configure(cluster("one", served) + group)

    said = door("publish", door.archive(), "-c", "@both")

    assert [line for line in said.out.splitlines() if line.endswith("created")] == [
        "one: 3 created",
        "local: 3 created",
    ]


@pytest.mark.usefixtures("branch")
def test_the_branch_says_the_domain_to_publish_to_and_to_list(door: Door, served: str) -> None:
    door.configure(cluster("one", served, domain="development") + RULES)

    said = door("publish", door.archive(), "--json")
    listed = door("list", "--json")

    assert said.json["exit_code"] == 0
    assert "flytesnacks/staging" in door("list").err
    assert len(listed.json[0]["entities"]) == 3


@pytest.mark.usefixtures("branch")
def test_a_branch_that_no_rule_knows_is_told_before_anything_is_sent(
    door: Door, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_HEAD_REF", "hotfix")
    door.configure(f'[tool.hatch-flyte.clusters.one]\nendpoint = "{served}"\nproject = "flytesnacks"\n{RULES}')

    said = door("publish", door.archive(), code=2)

    assert "one.when: expected a rule for branch 'hotfix', no tag" in said.err
    assert "(got rules for branch 'main', branch 'feature/*')" in said.err


def test_a_cluster_of_flytectls_configuration_is_published_to(door: Door, served: str) -> None:
    folder = door.folder.parent / ".flyte"
    folder.mkdir()
    (folder / "config.yaml").write_text(f"admin:\n  endpoint: dns:///{served}\n  insecure: true\n")
    table = '[tool.hatch-flyte.clusters.mine]\nconfig-file = "~/.flyte/config.yaml"\n'
    door.configure(table + 'project = "flytesnacks"\ndomain = "development"\n')

    assert "mine: 3 created" in door("publish", door.archive()).out
    assert door("config", "--json").json["clusters.mine.endpoint"] == {
        "value": f"dns:///{served}",
        "source": "~/.flyte/config.yaml",
    }


def test_config_tells_of_a_file_that_cannot_be_taken_over(door: Door) -> None:
    door.configure('[tool.hatch-flyte.clusters.mine]\nconfig-file = "gone.yaml"\n')

    said = door("config", "--json")

    assert "clusters.mine.config-file" in said.json
    assert "cluster mine: tool.hatch-flyte.clusters.mine.config-file: gone.yaml: expected a file" in said.err


def test_config_shows_no_metadata(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "canary-variable")
    table = 'metadata = { x-tenant = "canary-text", x-key = { env = "ACME_KEY" } }\n'
    door.configure(cluster("one", "127.0.0.1:1") + table)

    plain, as_json = door("config"), door("config", "--json")

    assert "canary" not in plain.out + as_json.out
    settings = json.loads(as_json.out)
    assert settings["clusters.one.metadata.x-tenant"]["value"] == "…"
    assert settings["clusters.one.metadata.x-key"]["value"] == ["env", "ACME_KEY"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--activate", "none", "--activate", "acme.flow"], "--activate: expected 'none' alone, or names only"),
        (["--allow-breaking", ""], "--allow-breaking[0]: expected a string that is not empty (got '')"),
    ],
)
def test_what_publish_cannot_be_told_is_refused(door: Door, options: list[str], problem: str) -> None:
    assert problem in door("publish", door.archive(), "-c", "local", *options, code=2).err


def test_publish_is_told_what_is_activated_pruned_and_allowed(door: Door) -> None:
    options = ["--activate", "acme.flow", "--prune", "--independent", "--allow-breaking", "acme.double"]

    assert "local: 3 created" in door("publish", door.archive(), "-c", "local", *options).out
