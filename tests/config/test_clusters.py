from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support_config import Project

STAGING = """
[tool.hatch-flyte.clusters.staging]
endpoint = "dns:///flyte.staging.acme.io"
project = "pipelines"
domain = "staging"
"""


def test_a_cluster_inherits_what_it_does_not_say(project: Project) -> None:
    config = project.load(
        STAGING
        + """
        [tool.hatch-flyte.clusters.production]
        inherits = "staging"
        endpoint = "dns:///flyte.acme.io"
        domain = "production"
        """
    )
    production = config.publishing.clusters["production"]
    assert (production.endpoint, production.project, production.domain) == (
        "dns:///flyte.acme.io",
        "pipelines",
        "production",
    )
    inherited = config.settings["clusters.production.project"]
    assert inherited.source == "inherited from staging: pyproject.toml [tool.hatch-flyte]"
    assert inherited.where == "tool.hatch-flyte.clusters.staging.project"


def test_a_cluster_inherits_along_a_chain_from_the_nearest(project: Project) -> None:
    config = project.load(
        """
        [tool.hatch-flyte.clusters]
        c = { inherits = "b" }
        b = { inherits = "a", domain = "of-b" }
        a = { endpoint = "of-a", domain = "of-a", insecure = true }
        """
    )
    cluster = config.publishing.clusters["c"]
    assert (cluster.endpoint, cluster.domain, cluster.insecure) == ("of-a", "of-b", True)
    assert config.settings["clusters.c.domain"].source.startswith("inherited from b: ")
    assert config.settings["clusters.c.endpoint"].source.startswith("inherited from a: ")


def test_whether_a_cluster_has_tls_follows_from_its_own_endpoint(project: Project) -> None:
    config = project.load(
        """
        [tool.hatch-flyte.clusters]
        mine = { endpoint = "localhost:30080" }
        theirs = { inherits = "mine", endpoint = "flyte.acme.io" }
        """
    )
    assert config.publishing.clusters["mine"].insecure is True
    assert config.publishing.clusters["theirs"].insecure is False
    assert config.settings["clusters.theirs.insecure"].source == "default"


def test_a_cluster_merges_key_by_key_from_all_tables(project: Project) -> None:
    config = project.load(
        STAGING + '[tool.hatch.publish.flyte.clusters.staging]\ndomain = "override"',
        user_table={"clusters": {"staging": {"insecure": True, "project": "weaker"}, "mine": {"domain": "d"}}},
    )
    assert {key: one.value for key, one in config.settings.items() if key.startswith("clusters.")} == {
        "clusters.mine.domain": "d",
        "clusters.staging.domain": "override",
        "clusters.staging.endpoint": "dns:///flyte.staging.acme.io",
        "clusters.staging.insecure": True,
        "clusters.staging.project": "pipelines",
    }


def test_an_empty_table_is_a_cluster(project: Project) -> None:
    cluster = project.load("[tool.hatch-flyte.clusters.empty]").publishing.clusters["empty"]
    assert (cluster.endpoint, cluster.insecure, cluster.inherits) == ("", None, "")


WRONG = {
    "unknown parent with a near miss": (
        STAGING + '[tool.hatch-flyte.clusters.production]\ninherits = "stagin"',
        [
            (
                "tool.hatch-flyte.clusters.production.inherits: no cluster 'stagin' is configured, "
                "did you mean 'staging'? (known: staging)"
            )
        ],
    ),
    "unknown parent, told once for a chain": (
        '[tool.hatch-flyte.clusters]\na = { inherits = "b" }\nb = { inherits = "zzz" }',
        ["tool.hatch-flyte.clusters.b.inherits: no cluster 'zzz' is configured (known: a)"],
    ),
    "unknown parent where there is no other cluster": (
        '[tool.hatch-flyte.clusters.a]\ninherits = "zzz"',
        ["tool.hatch-flyte.clusters.a.inherits: no cluster 'zzz' is configured (known: none)"],
    ),
    "itself": (
        '[tool.hatch-flyte.clusters.a]\ninherits = "a"',
        ["tool.hatch-flyte.clusters.a.inherits: goes round in a circle (a → a)"],
    ),
    "a circle, told once, also for those who lead into it": (
        (
            '[tool.hatch-flyte.clusters]\nz = { inherits = "b" }\nb = { inherits = "c" }\nc = { inherits = "b" }\n'
            'a = { inherits = "z" }'
        ),
        ["tool.hatch-flyte.clusters.b.inherits: goes round in a circle (b → c → b)"],
    ),
    "two circles": (
        '[tool.hatch-flyte.clusters]\na = { inherits = "a" }\nb = { inherits = "b" }',
        [
            "tool.hatch-flyte.clusters.a.inherits: goes round in a circle (a → a)",
            "tool.hatch-flyte.clusters.b.inherits: goes round in a circle (b → b)",
        ],
    ),
}


@pytest.mark.parametrize(("pyproject", "problems"), WRONG.values(), ids=WRONG)
def test_an_inheritance_that_leads_nowhere_is_told(project: Project, pyproject: str, problems: list[str]) -> None:
    assert project.problems(pyproject) == problems


def test_a_parent_in_another_place_is_found(project: Project) -> None:
    config = project.load(STAGING, user_table={"clusters": {"mine": {"inherits": "staging", "domain": "development"}}})
    assert config.publishing.clusters["mine"].project == "pipelines"
