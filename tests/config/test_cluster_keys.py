"""What a cluster's table says arrives in the target; and what it may not say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Activation, Overrides, Transport
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from support_config import Project

STAGING = """
[tool.hatch-flyte.clusters.staging]
endpoint = "flyte.acme.io"
project = "pipelines"
domain = "staging"
"""
WHERE = "tool.hatch-flyte.clusters.staging"


def refused(project: Project, pyproject: str, **sources: Any) -> list[str]:
    """What keeps a publish from its targets."""
    config = project.load(pyproject, **sources)
    with pytest.raises(ConfigError) as caught:
        config.targets()
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_a_table_says_arrives_in_the_target(project: Project) -> None:
    for name in ("ca.pem", "client.pem", "client.key"):
        (project.root / name).touch()
    [target] = project.load(
        STAGING
        + """
        ca-file = "ca.pem"
        client-certificate = "client.pem"
        client-key = "client.key"
        insecure-skip-verify = true
        proxy = "http://proxy:3128/"
        metadata = { x-tenant = "acme" }
        keep-alive = 30
        deadline = 600
        labels = { team = "data", "acme.io/cost-centre" = "" }
        annotations = { "Acme.io/note" = "anything, at any length" }
        service-account = "flyte-pipelines"
        raw-output-prefix = "s3://acme-staging/raw"
        image-registry = { "ghcr.io/acme" = "eu.registry.acme.io/mirror" }
        queue = "gpu"
        activate = "scheduled"
        breaking-changes = "refuse"
        require-clean = true
        console-endpoint = "https://console.acme.io/"
        """
    ).targets()
    assert target.transport == Transport(
        ca_file=project.root / "ca.pem",
        client_certificate=project.root / "client.pem",
        client_key=project.root / "client.key",
        insecure_skip_verify=True,
        proxy="http://proxy:3128",
        metadata={"x-tenant": "acme"},
        keep_alive=30,
        deadline=600,
    )
    assert target.overrides == Overrides(
        labels={"team": "data", "acme.io/cost-centre": ""},
        annotations={"Acme.io/note": "anything, at any length"},
        service_account="flyte-pipelines",
        raw_output_prefix="s3://acme-staging/raw",
        image_registry={"ghcr.io/acme": "eu.registry.acme.io/mirror"},
        queue="gpu",
    )
    assert target.activation == Activation("scheduled")
    assert (target.breaking_changes, target.require_clean) == ("refuse", True)
    assert target.console == "https://console.acme.io"


def test_what_a_table_does_not_say_is_the_targets_default(project: Project) -> None:
    [target] = project.load(STAGING).targets()
    assert (target.transport, target.overrides, target.activation) == (Transport(), Overrides(), Activation())
    assert (target.breaking_changes, target.require_clean) == ("warn", False)


def test_an_empty_proxy_is_none_at_all(project: Project) -> None:
    assert [one.transport.proxy for one in project.load(STAGING + 'proxy = ""').targets()] == [""]


def test_tables_are_inherited_entry_by_entry(project: Project) -> None:
    tables = (
        STAGING
        + 'labels = { team = "data", env = "staging" }\n[tool.hatch-flyte.clusters.production]\ninherits = "staging"\n'
        + 'labels = { env = "production" }\n'
    )
    config = project.load(tables, options={"cluster": "production"})
    assert config.targets()[0].overrides.labels == {"team": "data", "env": "production"}
    source = "pyproject.toml [tool.hatch-flyte]"
    assert {key: one.source for key, one in config.settings.items() if ".labels." in key} == {
        "clusters.production.labels.env": source,
        "clusters.production.labels.team": f"inherited from staging: {source}",
        "clusters.staging.labels.env": source,
        "clusters.staging.labels.team": source,
    }


def test_a_path_counts_from_the_file_that_it_stands_in(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "hatch"
    folder.mkdir()
    for place in (folder, project.root):
        (place / "ca.pem").touch()
    (folder / "config.toml").write_text('[publish.flyte.clusters.staging]\nca-file = "ca.pem"', encoding="utf-8")
    user: dict[str, Any] = {"environ": {"HATCH_CONFIG": str(folder / "config.toml")}, "user_table": None}
    assert project.load(STAGING, **user).targets()[0].transport.ca_file == folder / "ca.pem"
    own = project.load(STAGING + 'ca-file = "ca.pem"', **user)
    assert own.targets()[0].transport.ca_file == project.root / "ca.pem"


@pytest.mark.parametrize("text", ["~/ca.pem", "$HOME/ca.pem", "${HOME}/ca.pem", "$HOME/$NAME.pem"])
def test_a_path_may_start_at_home_and_hold_variables(project: Project, text: str) -> None:
    home = project.root / "home"
    home.mkdir()
    (home / "ca.pem").touch()
    environ = {"HOME": str(home), "NAME": "ca"}
    [target] = project.load(STAGING + f'ca-file = "{text}"', environ=environ).targets()
    assert target.transport.ca_file == home / "ca.pem"


def test_what_only_a_publish_asks_is_told_all_at_once(project: Project) -> None:
    (project.root / "folder").mkdir()
    tables = (
        STAGING
        + 'ca-file = "gone.pem"\nclient-certificate = "folder"\nclient-key = "~/key.pem"\n'
        + 'metadata = { x-key = { env = "FLYTE_KEY" } }\n'
    )
    assert refused(project, tables) == [
        f"{WHERE}.ca-file: expected a file (got {str(project.root / 'gone.pem')!r})",
        f"{WHERE}.client-certificate: expected a file (got {str(project.root / 'folder')!r})",
        f"{WHERE}.client-key: expected the variable HOME to be set (got none)",
        f"{WHERE}.metadata.x-key: expected the variable FLYTE_KEY to be set (got none)",
    ]


def test_other_clusters_files_and_variables_are_not_asked_for(project: Project) -> None:
    tables = (
        STAGING
        + '[tool.hatch-flyte.clusters.other]\ninherits = "staging"\nca-file = "gone.pem"\n'
        + 'metadata = { x-key = { env = "FLYTE_KEY" } }\n'
    )
    assert len(project.load(tables, options={"cluster": "staging"}).targets()) == 1


@pytest.mark.parametrize(
    ("line", "other"),
    [('client-certificate = "a"', "client-key"), ('client-key = "a"', "client-certificate")],
)
def test_certificate_and_key_stand_side_by_side(project: Project, line: str, other: str) -> None:
    key = line.partition(" ")[0]
    pair = '[tool.hatch-flyte.clusters.base]\nclient-certificate = "b"\nclient-key = "b"\n'
    assert project.problems(f'{pair}{STAGING}inherits = "base"\n{line}') == [
        f"{WHERE}.{key}: expected `{other}` beside it, in the same cluster (got none)"
    ]


WRONG = {
    'ca-file = ""': ["ca-file: expected the path of a file (got '')"],
    "ca-file = 1": ["ca-file: expected a string (got 1, an integer)"],
    "insecure-skip-verify = 1": ["insecure-skip-verify: expected true or false (got 1, an integer)"],
    'proxy = "proxy:3128"': ["proxy: expected http://host:port, or \"\" for none (got 'proxy:3128')"],
    'proxy = "https://proxy:3128"': ["proxy: expected http://host:port, or \"\" for none (got 'https://proxy:3128')"],
    'proxy = "http://proxy:99999"': ["proxy: expected http://host:port, or \"\" for none (got 'http://proxy:99999')"],
    'proxy = "http://ann:hunter2@proxy:1"': [
        (
            "proxy: expected http://host:port without user and password (the variable https_proxy may hold them) "
            "(got 'http://…@proxy:1')"
        )
    ],
    "keep-alive = -1": ["keep-alive: expected an integer from 0 on (got -1)"],
    'keep-alive = "30s"': ["keep-alive: expected an integer (got '30s', a string)"],
    "deadline = 0": ["deadline: expected an integer from 1 on (got 0)"],
    'labels = "a=b"': ["labels: expected a table (got 'a=b', a string)"],
    'labels = { "-a" = "b", a = "b c", c = 1 }': [
        (
            "labels.-a: expected letters, digits, '-', '_' and '.', the first and last a letter or digit, 63 at most; "
            "before it perhaps a domain in lower case and '/', as in 'acme.io/team' (got '-a')"
        ),
        (
            "labels.a: expected letters, digits, '-', '_' and '.', the first and last a letter or digit, 63 at most "
            "(got 'b c')"
        ),
        "labels.c: expected a string (got 1, an integer)",
    ],
    'annotations = { "/a" = "b" }': [
        (
            "annotations.\"/a\": expected letters, digits, '-', '_' and '.', the first and last a letter or digit, 63 "
            "at most; before it perhaps a domain in lower case and '/', as in 'acme.io/team' (got '/a')"
        ),
    ],
    'service-account = "Flyte"': [
        (
            "service-account: expected letters in lower case, digits, '-' and '.', as Kubernetes names objects "
            "(got 'Flyte')"
        )
    ],
    'raw-output-prefix = "/data"': [
        "raw-output-prefix: expected an address such as s3://bucket/path (got '/data')",
    ],
    'image-registry = { "a b" = "c", d = "" }': [
        "image-registry.\"a b\": expected the beginning of an image's name, without blanks (got 'a b')",
        "image-registry.d: expected the beginning of an image's name, without blanks (got '')",
    ],
    'queue = " "': ["queue: expected a string that is not empty (got ' ')"],
    'breaking-changes = "ignore"': ['breaking-changes: expected "allow" or "warn" or "refuse" (got \'ignore\')'],
    'require-clean = "yes"': ["require-clean: expected true or false (got 'yes', a string)"],
    "strict = true": [
        (
            "strict: does not belong here, but into [tool.hatch-flyte], "
            "[tool.hatch.build.targets.wheel.hooks.flyte], HATCH_FLYTE_STRICT or `--strict`"
        )
    ],
    'console-endpoint = "console.acme.io"': [
        "console-endpoint: expected https://host or http://host, perhaps with a port and a path (got 'console.acme.io')"
    ],
    'console-endpoint = "https://ann:hunter2@console.acme.io"': [
        (
            "console-endpoint: expected https://host or http://host, perhaps with a port and a path "
            "(got 'https://…@console.acme.io')"
        )
    ],
}


@pytest.mark.parametrize(("line", "problems"), WRONG.items(), ids=WRONG)
def test_what_a_table_may_not_say_is_told(project: Project, line: str, problems: list[str]) -> None:
    assert project.problems(STAGING + line) == [f"{WHERE}.{problem}" for problem in problems]


@pytest.mark.parametrize("length", [63, 64])
def test_a_label_has_63_characters_at_most(project: Project, length: int) -> None:
    labels = f'{STAGING}labels = {{ a = "{"x" * length}" }}'
    if length == 63:
        assert project.load(labels).targets()
    else:
        assert len(project.problems(labels)) == 1


def test_a_clusters_key_for_one_call_names_both_of_its_places(project: Project) -> None:
    assert project.problems('[tool.hatch-flyte]\nactivate = "declared"') == [
        (
            "tool.hatch-flyte.activate: does not belong here, but into a cluster's table, "
            "[tool.hatch-flyte.clusters.NAME], or for one publish HATCH_FLYTE_ACTIVATE, `-o activate=…` or `--activate`"
        )
    ]


def test_the_local_registry_has_nothing_of_this(project: Project) -> None:
    [target] = project.load(STAGING, options={"cluster": "local"}).targets()
    bare = replace(target, transport=Transport(), overrides=Overrides(), activation=Activation(), console="")
    assert target == bare
