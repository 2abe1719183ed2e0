from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, foreign, launch_plan, task, workflow

from hatch_flyte.archive import write_archive
from hatch_flyte.config import Config, Sources, load
from hatch_flyte.deploy import deploy
from hatch_flyte.errors import ArchiveError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.message import Message

    from hatch_flyte.config import Target
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
    return deploy(config, paths, lambda _target, _text: None)


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
    steps: list[tuple[str, str]] = []

    def on_step(target: Target, text: str) -> None:
        steps.append((target.cluster, text))

    deploy(config(tmp_path), [written(tmp_path, "1.tgz", task(), workflow(), launch_plan())], on_step)

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
