from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Endpoint, Target
from hatch_flyte.config.targets import is_ci
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

ONE = """
[tool.hatch-flyte.clusters.staging]
endpoint = "dns:///flyte.staging.acme.io"
project = "pipelines"
domain = "staging"
"""
TWO = (
    ONE
    + """
[tool.hatch-flyte.clusters.production]
inherits = "staging"
endpoint = "flyte.acme.io:8443"
domain = "production"
"""
)
BOTH_DEFAULT = '[tool.hatch-flyte]\ndefault-clusters = ["production", "staging"]\n' + TWO
STAGING = Target(
    "staging",
    Endpoint("flyte.staging.acme.io", 443),
    insecure=False,
    project="pipelines",
    domain="staging",
    console="https://flyte.staging.acme.io",
)
PRODUCTION = Target(
    "production",
    Endpoint("flyte.acme.io", 8443),
    insecure=False,
    project="pipelines",
    domain="production",
    console="https://flyte.acme.io:8443",
)
LOCAL = Target("local", None, insecure=False, project="flytesnacks", domain="development")
IMPLICIT = Target("local", None, insecure=False, project="flytesnacks", domain="development", implicit=True)


@pytest.mark.parametrize(
    ("pyproject", "sources", "targets"),
    [
        pytest.param("", {}, (IMPLICIT,), id="none configured: local, implicitly"),
        pytest.param("", {"environ": {"CI": "false"}}, (IMPLICIT,), id="CI that says no"),
        pytest.param("", {"options": {"cluster": "local"}}, (LOCAL,), id="local, named"),
        pytest.param("", {"options": {"cluster": "local"}, "environ": {"CI": "true"}}, (LOCAL,), id="named in CI"),
        pytest.param(
            '[tool.hatch-flyte]\ndefault-clusters = ["local"]', {"environ": {"CI": "1"}}, (LOCAL,), id="default in CI"
        ),
        pytest.param(ONE, {}, (STAGING,), id="the only one"),
        pytest.param(ONE, {"options": {"cluster": "local"}}, (LOCAL,), id="local although one is configured"),
        pytest.param(BOTH_DEFAULT, {}, (PRODUCTION, STAGING), id="defaults, in their order"),
        pytest.param(BOTH_DEFAULT, {"options": {"cluster": "staging"}}, (STAGING,), id="named, not the defaults"),
        pytest.param(TWO, {"environ": {"HATCH_FLYTE_CLUSTER": "staging"}}, (STAGING,), id="named by the environment"),
        pytest.param(
            TWO,
            {"environ": {"HATCH_FLYTE_CLUSTER": "staging"}, "options": {"cluster": "production"}},
            (PRODUCTION,),
            id="an option is stronger than the environment",
        ),
        pytest.param(
            TWO,
            {"options": {"cluster": ("production", "staging,local", "production")}, "option_style": "--"},
            (PRODUCTION, STAGING, LOCAL),
            id="several, each once",
        ),
    ],
)
def test_a_publish_takes_the_clusters_that_are_meant(
    project: Project, pyproject: str, sources: dict[str, Any], targets: tuple[Target, ...]
) -> None:
    assert project.load(pyproject, **sources).targets() == targets


def test_project_and_domain_of_the_call_count_for_all_clusters(project: Project) -> None:
    options = {"cluster": "staging,local", "project": "p", "domain": "d"}
    assert [(one.project, one.domain) for one in project.load(ONE, options=options).targets()] == [("p", "d")] * 2


def test_a_loopback_cluster_needs_no_tls(project: Project) -> None:
    cluster = '[tool.hatch-flyte.clusters.mine]\nendpoint = "localhost:30080"\nproject = "p"\ndomain = "d"\n'
    assert project.load(cluster).targets()[0].insecure is True
    assert project.load(cluster + "insecure = false").targets()[0].insecure is False


def refusal(project: Project, pyproject: str, **sources: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        project.load(pyproject, **sources).targets()
    return caught.value


def test_several_clusters_and_no_choice_lists_them(project: Project) -> None:
    error = refusal(project, TWO)
    assert error.message == "cluster: expected a choice among production, staging (got none)"
    assert error.hint == (
        "Name one with `-c NAME`, `-o cluster=NAME` (hatch publish) or HATCH_FLYTE_CLUSTER, or set `default-clusters` "
        "in [tool.hatch-flyte]."
    )


def test_in_ci_the_local_registry_must_be_named(project: Project) -> None:
    error = refusal(project, "", environ={"CI": "true"})
    assert error.message == "cluster: expected a cluster, since CI is set and none is configured (got none)"
    assert error.hint == (
        "Configure one in [tool.hatch-flyte.clusters.NAME], or name the local registry, 'local', with `-c NAME`, "
        "`-o cluster=NAME` (hatch publish) or HATCH_FLYTE_CLUSTER."
    )


@pytest.mark.parametrize(
    ("environ", "ci"),
    [
        ({}, False),
        ({"CI": ""}, False),
        ({"CI": "0"}, False),
        ({"CI": "False"}, False),
        ({"CI": "true"}, True),
        ({"CI": "1"}, True),
        ({"CI": "woodpecker"}, True),
    ],
)
def test_ci_is_what_says_so(environ: dict[str, str], *, ci: bool) -> None:
    assert is_ci(environ) is ci


@pytest.mark.parametrize(
    ("pyproject", "sources", "where"),
    [
        (TWO, {"options": {"cluster": "stagin"}}, "-o cluster"),
        (TWO, {"options": {"cluster": "stagin"}, "option_style": "--"}, "--cluster"),
        (TWO, {"environ": {"HATCH_FLYTE_CLUSTER": "stagin"}}, "HATCH_FLYTE_CLUSTER"),
        (
            '[tool.hatch-flyte]\ndefault-clusters = ["stagin"]' + TWO,
            {},
            "tool.hatch-flyte.default-clusters",
        ),
    ],
)
def test_an_unknown_cluster_is_told_with_the_known_ones(
    project: Project, pyproject: str, sources: dict[str, Any], where: str
) -> None:
    assert refusal(project, pyproject, **sources).message == (
        f"{where}: no cluster 'stagin' is configured, did you mean 'staging'? (known: production, staging, local)"
    )


def test_what_a_cluster_lacks_is_told_key_by_key_with_its_table(project: Project) -> None:
    error = refusal(
        project,
        '[tool.hatch-flyte.clusters.a]\nendpoint = "x"',
        hatch="[publish.flyte.clusters.b]\nproject = 'p'",
        options={"cluster": "a,zzz"},
    )
    assert error.message.splitlines() == [
        "-o cluster: no cluster 'zzz' is configured (known: a, b, local)",
        "tool.hatch-flyte.clusters.a.project: expected a Flyte project (got none)",
        "tool.hatch-flyte.clusters.a.domain: expected a Flyte domain (got none)",
        "publish.flyte.clusters.b.endpoint in hatch.toml: expected an endpoint (got none)",
        "publish.flyte.clusters.b.domain in hatch.toml: expected a Flyte domain (got none)",
    ]


def test_a_cluster_that_others_inherit_from_may_lack_something_unless_it_is_chosen(project: Project) -> None:
    tables = """
    [tool.hatch-flyte.clusters]
    base = { project = "p", domain = "d" }
    staging = { inherits = "base", endpoint = "x" }
    """
    assert [one.cluster for one in project.load(tables, options={"cluster": "staging"}).targets()] == ["staging"]
    assert refusal(project, tables, options={"cluster": "base"}).message == (
        "tool.hatch-flyte.clusters.base.endpoint: expected an endpoint (got none)"
    )


def test_a_build_does_not_ask_what_clusters_lack(project: Project) -> None:
    assert "a" in project.load("[tool.hatch-flyte.clusters.a]", hook_table={}).publishing.clusters


def test_project_and_domain_of_the_call_make_up_for_a_clusters_own(project: Project) -> None:
    options = {"project": "p", "domain": "d"}
    [target] = project.load('[tool.hatch-flyte.clusters.a]\nendpoint = "x"', options=options).targets()
    assert (target.project, target.domain) == ("p", "d")
