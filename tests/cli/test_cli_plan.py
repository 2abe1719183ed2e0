from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from support_archives import archive_of, launch_plan, task, workflow

from hatch_flyte.archive import write_archive
from hatch_flyte.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result
    from google.protobuf.message import Message

AWAY = '[tool.hatch-flyte.clusters.away]\nendpoint = "127.0.0.1:1"\nproject = "p"\ndomain = "d"\ninsecure = true\n'


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HATCH_FLYTE_DATA", str(tmp_path / "registry"))
    monkeypatch.delenv("CI", raising=False)


def written(folder: Path, *messages: Message, version: str = "1.0") -> str:
    path = folder / f"acme_pipelines-{version}-flyte.tgz"
    write_archive(path, archive_of(*messages, version=version))
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def planned(*arguments: str) -> dict[str, Any]:
    [cluster] = json.loads(run("plan", "--json", *arguments).stdout)["clusters"]
    return dict(cluster)


def test_it_shows_what_would_be_created_and_writes_nothing(tmp_path: Path) -> None:
    archive = written(tmp_path)

    result = run("plan", archive)

    assert result.exit_code == 0
    assert "new              task        acme.double" in result.stdout
    assert result.stdout.splitlines()[-1].endswith("3 new")
    assert planned(archive)["entities"][0]["verdict"] == "new"


def test_the_detailed_exit_code_tells_nothing_to_do_from_changes_from_conflicts(tmp_path: Path) -> None:
    first = written(tmp_path)
    codes = [run("plan", "--detailed-exitcode", first).exit_code]
    assert run("publish", first).exit_code == 0
    codes.append(run("plan", "--detailed-exitcode", first).exit_code)
    changed = written(tmp_path, task(image="ghcr.io/acme/p:2"), workflow(), launch_plan())
    codes.append(run("plan", "--detailed-exitcode", changed).exit_code)

    assert codes == [20, 0, 21]
    assert run("plan", changed).exit_code == 0


def test_usage_stays_two(tmp_path: Path) -> None:
    assert run("plan", "--detailed-exitcode", str(tmp_path / "none.tgz")).exit_code == 4
    assert run("plan", "--detailed-exitcode", "-c", "nope", written(tmp_path)).exit_code == 2
    assert run("plan", "--nope").exit_code == 2


def test_a_cluster_that_is_away_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(AWAY)

    result = run("plan", "-c", "away", "-c", "local", "--detailed-exitcode", written(tmp_path))

    assert result.exit_code == 5
    assert "3 new" in result.stdout
    assert "error: cluster away: " in result.stderr


def test_what_changed_since_the_release_before_is_shown(tmp_path: Path) -> None:
    run("publish", written(tmp_path))
    new = written(tmp_path, task(image="ghcr.io/acme/p:2"), task("acme.more"), workflow(), launch_plan(), version="2.0")

    result = run("plan", new)

    assert "since 1.0, the latest release before; nothing is live:" in result.stdout
    assert "image         ghcr.io/acme/p:1 -> ghcr.io/acme/p:2" in result.stdout
    assert "added    task        acme.more" in result.stdout
    since = planned(new)["since"]
    assert [one["name"] for one in since["changed"]] == ["acme.double"]
    assert ([one["name"] for one in since["added"]], since["removed"]) == (["acme.more"], [])


class TestApprovedPlans:
    def test_a_publish_does_exactly_what_was_planned(self, tmp_path: Path) -> None:
        archive = written(tmp_path)
        assert run("plan", "--out", "plan.json", archive).exit_code == 0

        assert run("publish", "--plan", "plan.json", archive).exit_code == 0
        assert planned(archive)["empty"]

    def test_what_moved_since_is_told_and_nothing_is_written(self, tmp_path: Path) -> None:
        run("plan", "--out", "plan.json", written(tmp_path))
        run("publish", written(tmp_path, task()))
        archive = written(tmp_path)

        result = run("publish", "--plan", "plan.json", archive)

        assert result.exit_code == 8
        assert 'task acme.double verdict: planned "new", now "unchanged"' in result.stderr
        assert [one["verdict"] for one in planned(archive)["entities"]] == ["unchanged", "new", "new"]

    def test_another_content_is_another_plan(self, tmp_path: Path) -> None:
        run("plan", "--out", "plan.json", written(tmp_path))
        other = written(tmp_path, task(image="ghcr.io/acme/p:2"), workflow(), launch_plan())

        result = run("publish", "--plan", "plan.json", other)

        assert result.exit_code == 8
        assert "content: planned" in result.stderr

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("no json", "expected a plan in JSON"),
            ("[]", "expected a plan of this version"),
            ('{"hatch-flyte-plan": 2}', "expected a plan of this version"),
            ('{"hatch-flyte-plan": 1, "clusters": [1]}', "expected the plans of clusters"),
        ],
    )
    def test_a_file_that_is_no_plan_is_refused(self, tmp_path: Path, content: str, words: str) -> None:
        (tmp_path / "plan.json").write_text(content)

        result = run("publish", "--plan", "plan.json", written(tmp_path))

        assert result.exit_code == 2
        assert words in result.stderr
        assert "hatch-flyte plan --out" in result.stderr

    def test_a_cluster_that_was_not_planned_is_named(self, tmp_path: Path) -> None:
        archive = written(tmp_path)
        run("plan", "-c", "local", "--out", "plan.json", archive)

        result = run("publish", "--plan", "plan.json", "--version", "2.0", archive)

        assert "local acme-pipelines 2.0: was not planned" in result.stderr
        assert "local acme-pipelines 1.0: is not published to now" in result.stderr
