from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, foreign, launch_plan, task, workflow

from hatch_flyte.archive import write_archive
from hatch_flyte.config import Config, Sources, load
from hatch_flyte.deploy import deploy, deployment
from hatch_flyte.errors import ArchiveError, ConfigError, ConflictError
from hatch_flyte.event_text import step_words
from hatch_flyte.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.message import Message

    from hatch_flyte.events import Event
    from hatch_flyte.report_text import Published


def config(folder: Path, **options: object) -> Config:
    environ = {"HATCH_FLYTE_DATA": str(folder / "registry")}
    given = {key.replace("_", "-"): value for key, value in options.items()}
    return load(Sources(root=folder, environ=environ, options=given, user_table={}))


def written(folder: Path, name: str, *messages: Message, version: str = "1.0") -> Path:
    path = folder / name
    write_archive(path, archive_of(*messages, version=version))
    return path


def run(config: Config, *paths: Path) -> tuple[Published, ...]:
    return deploy(config, paths, lambda _event: None)


def test_each_archive_and_cluster_has_a_report_and_its_archive(tmp_path: Path) -> None:
    first = written(tmp_path, "1.tgz", task(), version="1.0+a")
    second = written(tmp_path, "2.tgz", task("acme.more"), version="2.0")

    published = run(config(tmp_path, cluster="local"), first, second)

    assert [(one.subject, one.report.summary) for one in published] == [
        ("acme-pipelines 1.0+a as version 1.0-a", "1 created"),
        ("acme-pipelines 2.0", "1 created"),
    ]


def test_with_several_clusters_reports_go_cluster_by_cluster(tmp_path: Path) -> None:
    paths = [written(tmp_path, "1.tgz", task()), written(tmp_path, "2.tgz", task(), version="2.0")]
    (tmp_path / "pyproject.toml").write_text(
        '[tool.hatch-flyte.clusters.away]\nendpoint = "127.0.0.1:1"\nproject = "p"\ndomain = "d"\n'
    )

    published = run(config(tmp_path, cluster="local,away", dry_run="true"), *paths)

    assert [(one.report.target.cluster, one.report.version, one.subject) for one in published] == [
        ("local", "1.0", "acme-pipelines 1.0"),
        ("local", "2.0", "acme-pipelines 2.0"),
        ("away", "1.0", "acme-pipelines 1.0"),
        ("away", "2.0", "acme-pipelines 2.0"),
    ]


def test_steps_are_told_with_their_target(tmp_path: Path) -> None:
    heard: list[Event] = []

    deploy(config(tmp_path), [written(tmp_path, "1.tgz", task(), workflow(), launch_plan())], heard.append)

    steps = [(event.target.cluster, words) for event in heard if (words := step_words(event))]
    assert steps == [("local", "looking"), ("local", "registering")]


def test_the_target_is_marked_as_implicit_where_nobody_named_it(tmp_path: Path) -> None:
    path = written(tmp_path, "1.tgz", task())

    assert run(config(tmp_path), path)[0].report.target.implicit
    assert not run(config(tmp_path, cluster="local"), path)[0].report.target.implicit


def test_the_version_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    write_archive(path, foreign(archive_of(task())))

    assert run(config(tmp_path, version="7/b"), path)[0].report.version == "7-b"
    with pytest.raises(ConfigError, match="expected a version"):
        run(config(tmp_path), path)


def test_options_for_how_to_register_are_passed_on(tmp_path: Path) -> None:
    run(config(tmp_path), written(tmp_path, "1.tgz", task()))
    changed = written(tmp_path, "2.tgz", task(image="x:2"), task("acme.more"))

    halted = run(config(tmp_path), changed)
    dry = run(config(tmp_path, keep_going="true", dry_run="true"), changed)
    kept = run(config(tmp_path, keep_going="true"), changed)

    assert [one.report.summary for one in (*halted, *dry, *kept)] == [
        "1 conflict, 1 skipped",
        "1 would be created, 1 conflict",
        "1 created, 1 conflict",
    ]


def test_nothing_is_opened_where_an_archive_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "b.tgz").write_bytes(b"hello")

    with pytest.raises(ArchiveError):
        run(config(tmp_path), written(tmp_path, "1.tgz", task()), tmp_path / "b.tgz")

    assert not (tmp_path / "registry").exists()


def test_a_version_by_content_is_another_for_other_content(tmp_path: Path) -> None:
    paths = [written(tmp_path, f"{image}.tgz", task(image=image)) for image in ("a", "b")]
    again = written(tmp_path, "again.tgz", task(image="a"), version="2.0")

    versions = [one.report.version for one in run(config(tmp_path, version="content"), *paths, again)]

    assert versions[0] == versions[2] != versions[1]
    assert {len(version) for version in versions} == {12}


class TestCleanCheckout:
    @pytest.fixture
    def strict(self, tmp_path: Path) -> Config:
        (tmp_path / "pyproject.toml").write_text(
            '[tool.hatch-flyte.clusters.away]\nendpoint = "127.0.0.1:1"\nproject = "p"\ndomain = "d"\n'
            "require-clean = true\n"
        )
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(tmp_path.parent),
        }
        return replace(config(tmp_path), environ=environ)

    def git(self, config: Config, *arguments: str) -> None:
        author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", *author, *arguments], cwd=config.root, env=config.environ, check=True)

    def test_a_change_that_no_commit_has_is_refused_before_an_archive_is_looked_for(self, strict: Config) -> None:
        self.git(strict, "init", "-q")
        self.git(strict, "add", "pyproject.toml")

        with pytest.raises(ConfigError) as caught:
            run(strict)

        assert caught.value.message == (
            "tool.hatch-flyte.clusters.away.require-clean: expected a clean checkout (got changes in pyproject.toml)"
        )

    def test_a_clean_one_passes(self, strict: Config) -> None:
        self.git(strict, "init", "-q")
        self.git(strict, "add", "pyproject.toml")
        self.git(strict, "commit", "-q", "-m", "first")

        with pytest.raises(ArchiveError, match="expected an archive"):
            run(strict)

    def test_outside_of_a_checkout_it_is_refused(self, strict: Config) -> None:
        with pytest.raises(ConfigError, match=r"which cannot be told here: .*not a git repository"):
            run(strict)


class TestSeveralProjects:
    @staticmethod
    def project(folder: Path, registry: Path, *messages: Message, more: str = "", version: str = "1.0") -> Project:
        """Write a project with an archive, to be published to the local registry in `registry`."""
        folder.mkdir()
        (folder / "pyproject.toml").write_text(f"[tool.hatch-flyte]\n{more}\n")
        written(folder, "dist/acme_pipelines-1.0-flyte.tgz", *messages, version=version)
        sources = Sources(root=folder, environ={"HATCH_FLYTE_DATA": str(registry)}, user_table={})
        return Project(config=load(sources), label=folder.name)

    def test_each_has_a_report_in_the_order_given_with_its_own_version(self, tmp_path: Path) -> None:
        registry = tmp_path / "registry"
        projects = [
            self.project(tmp_path / "b", registry, task("acme.b"), more='version = "b-{version}"'),
            self.project(tmp_path / "a", registry, task("acme.a"), version="2.0"),
        ]

        published = deployment(projects, lambda _event: None).publish()

        assert [(one.report.version, one.report.outcomes[0].identifier.name) for one in published] == [
            ("b-1.0", "acme.b"),
            ("2.0", "acme.a"),
        ]
        assert all(one.report.ok for one in published)

    def test_a_later_one_may_refer_to_an_earlier_one(self, tmp_path: Path) -> None:
        registry = tmp_path / "registry"
        library = self.project(tmp_path / "library", registry, task())
        flows = self.project(tmp_path / "flows", registry, workflow())

        published = deployment([library, flows], lambda _event: None).publish()

        assert [one.report.summary for one in published] == ["1 created", "1 created"]

    def test_a_clash_is_found_before_anything_is_sent(self, tmp_path: Path) -> None:
        registry = tmp_path / "registry"
        projects = [
            self.project(tmp_path / "a", registry, task()),
            self.project(tmp_path / "b", registry, task(image="ghcr.io/acme/p:2")),
        ]

        with pytest.raises(ConflictError, match=r"acme-pipelines 1\.0 \(a\) and acme-pipelines 1\.0 \(b\)"):
            deployment(projects, lambda _event: None).publish()

        assert not registry.exists()

    def test_all_archives_are_read_before_anything_is_sent(self, tmp_path: Path) -> None:
        registry = tmp_path / "registry"
        right = self.project(tmp_path / "a", registry, task())
        wrong = replace(self.project(tmp_path / "b", registry, task()), paths=(tmp_path / "no.tgz",))

        with pytest.raises(ArchiveError):
            deployment([right, wrong], lambda _event: None).publish()

        assert not registry.exists()

    def test_what_is_wrong_with_any_is_told_with_its_name(self, tmp_path: Path) -> None:
        projects = [
            self.project(tmp_path / name, tmp_path / "registry", task(), more='default-clusters = ["away"]')
            for name in ("a", "b")
        ]

        with pytest.raises(ConfigError) as caught:
            deployment(projects, lambda _event: None).publish()

        assert [problem.where for problem in caught.value.problems] == [
            "a: tool.hatch-flyte.default-clusters",
            "b: tool.hatch-flyte.default-clusters",
        ]

    def test_a_version_that_is_not_known_is_told_with_its_project(self, tmp_path: Path) -> None:
        registry = tmp_path / "registry"
        one = self.project(tmp_path / "a", registry, task())
        other = self.project(tmp_path / "b", registry, task())
        write_archive(tmp_path / "b.tgz", foreign(archive_of(task())))

        with pytest.raises(ConfigError, match="b: version: expected a version for"):
            deployment([one, replace(other, paths=(tmp_path / "b.tgz",))], lambda _event: None).publish()
