from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, launch_plan, task, workflow
from support_doors import COMMAND, cluster, until_stopping
from support_machine import Call, Recorder, recording

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n'
IMPLICIT = "local (no cluster is configured: this is the local registry): "


class TestOutcomes:
    def test_first_all_is_created_then_there_is_nothing_to_do(self, door: Door) -> None:
        door.archive()

        first, again = door("publish", "-c", "local"), door("publish", "-c", "local")

        assert first.out.splitlines() == [
            f"local: flytesnacks/development, acme-pipelines 1.0, at {door.folder.parent}/registry/registry.sqlite3",
            "created          task        acme.double",
            "created          workflow    acme.flow",
            "created          launch plan acme.flow",
            "local: 3 created",
        ]
        assert again.out.splitlines()[1:] == ["local: 3 unchanged; nothing to do"]
        assert first.err == again.err == ""

    def test_first_and_last_line_say_so_where_no_cluster_is_configured(self, door: Door) -> None:
        lines = door("publish", door.archive()).out.splitlines()

        assert lines[0].startswith(f"{IMPLICIT}flytesnacks/development")
        assert lines[-1] == f"{IMPLICIT}3 created"

    def test_they_say_so_too_where_it_fails(self, door: Door) -> None:
        said = door("publish", door.archive(), "--domain", "nowhere", code=7)

        lines = said.out.splitlines()
        assert lines[0].startswith(IMPLICIT)
        assert lines[-1].startswith(IMPLICIT)
        assert said.err.startswith(
            "error: cluster local: expected one of the domains development, production, staging (got 'nowhere')\n"
        )

    def test_ci_has_to_name_the_local_registry(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        door.archive()

        assert "expected a cluster, since CI is set" in door("publish", code=2).err
        assert "local: 3 created" in door("publish", "-c", "local").out

    def test_a_conflict_names_the_field_and_writes_nothing(self, door: Door) -> None:
        door("publish", door.archive(task()))
        changed = door.archive(task(image="ghcr.io/acme/p:2"), task("acme.more"))

        said = door("publish", changed, code=8)

        assert re.search(r"^conflict +task +acme\.double\n    \S*container.image", said.out, re.MULTILINE)
        assert "a registered version never changes" in said.out.splitlines()[-1]
        assert [row["name"] for row in door("list", "--json").json[0]["entities"]] == ["acme.double"]

    def test_verbose_shows_what_is_unchanged(self, door: Door) -> None:
        door("publish", door.archive())

        assert "unchanged        workflow    acme.flow\n" in door("publish", "-v").out

    def test_a_dry_run_writes_nothing(self, door: Door) -> None:
        door.archive()

        assert "3 would be created" in door("publish", "--dry-run").out
        assert door("list", "--json").json[0]["entities"] == []

    def test_json_is_every_outcome_and_nothing_else(self, door: Door) -> None:
        said = door("publish", door.archive(version="1.0+a"), "--json")

        assert said.err == ""
        [report] = said.json["clusters"]
        assert said.json["exit_code"] == report["exit_code"] == 0
        assert (report["cluster"], report["implicit"], report["version"]) == ("local", True, "1.0-a")
        assert report["distribution"] == {"name": "acme-pipelines", "version": "1.0+a"}
        assert [one["status"] for one in report["outcomes"]] == ["created"] * 3


class TestArchives:
    def test_without_any_the_folder_that_was_looked_into_is_named(self, door: Door) -> None:
        said = door("publish", code=4)

        assert f"{door.folder}/dist: expected an archive, *-flyte.tgz (got no such folder)" in said.err

    def test_several_of_one_distribution_are_refused_and_listed(self, door: Door) -> None:
        door.archive()
        door.archive(version="1.1")

        said = door("publish", code=4)

        assert "dist/acme_pipelines-1.0-flyte.tgz\n" in said.err
        assert "dist/acme_pipelines-1.1-flyte.tgz\n" in said.err

    def test_one_of_another_version_than_the_projects_is_refused_and_nothing_is_sent(self, door: Door) -> None:
        door.configure(PROJECT)
        door.archive(version="2.0")

        said = door("publish", code=4)

        assert said.err.startswith(
            "error: dist: expected an archive of acme-pipelines 1.0 (got acme-pipelines 2.0, "
            "in acme_pipelines-2.0-flyte.tgz)\nBuild again "
        )
        assert door("list", "--json").json[0]["entities"] == []

    def test_of_several_that_of_the_projects_version_is_taken(self, door: Door) -> None:
        door.configure(PROJECT)
        for version in ("1.0", "1.1", "2.0"):
            door.archive(version=version)

        assert "acme-pipelines 1.0, at" in door("publish").out

    def test_one_that_is_named_may_be_of_any_version(self, door: Door) -> None:
        door.configure(PROJECT)

        assert "acme-pipelines 2.0, at" in door("publish", door.archive(version="2.0")).out

    def test_in_a_folder_that_is_named_the_same_is_looked_for(self, door: Door) -> None:
        door.configure(PROJECT)
        stale = door.archive(version="2.0")
        stale.parent.rename(door.folder / "out")

        assert "out: expected an archive of acme-pipelines 1.0" in door("publish", "out", code=4).err
        door.archive().rename(door.folder / "out" / "acme_pipelines-1.0-flyte.tgz")
        assert "acme-pipelines 1.0, at" in door("publish", "out").out

    def test_both_versions_are_shown_where_they_differ(self, door: Door) -> None:
        said = door("publish", door.archive(version="1.4.dev3+gabc"))

        assert "acme-pipelines 1.4.dev3+gabc as version 1.4.dev3-gabc" in said.out.splitlines()[0]

    def test_an_archive_of_pyflyte_needs_a_version(self, door: Door) -> None:
        path = door.folder / "a.tgz"
        write_archive(path, foreign(archive_of()))

        assert "say `--version VERSION`" in door("publish", path, code=2).err
        assert "flytesnacks/development, version 7, at" in door("publish", path, "--version", "7").out

    def test_a_wrong_archive_keeps_the_right_ones_from_being_sent(self, door: Door, tmp_path: Path) -> None:
        twice = tmp_path / "twice.tgz"
        write_archive(twice, archive_of(task(), task()))

        said = door("publish", door.archive(), twice, code=4)

        assert f"{twice}: archive: expected each entity once" in said.err
        assert door("list", "--json").json[0]["entities"] == []

    def test_names_cannot_steer_the_terminal(self, door: Door) -> None:
        said = door("publish", door.archive(task("\x1b[31mred [bold]x[/nothing]")))

        assert "\\x1b[31mred [bold]x[/nothing]" in said.out
        assert "\x1b" not in said.out


class TestSubfolders:
    @pytest.fixture
    def inside(self, door: Door, served: str, monkeypatch: pytest.MonkeyPatch) -> Door:
        door.configure(PROJECT + cluster("one", served))
        (door.folder / "src").mkdir()
        monkeypatch.chdir(door.folder / "src")
        return door

    def test_the_project_above_says_where_to_and_paths_are_relative_to_here(self, inside: Door) -> None:
        path = inside.archive()

        assert inside("publish", f"../dist/{path.name}").out.endswith("one: 3 created\n")

    def test_its_build_directory_is_looked_into(self, inside: Door) -> None:
        inside.archive(version="2.0")

        said = inside("publish", code=4)

        assert f"{inside.folder}/dist: expected an archive of acme-pipelines 1.0" in said.err
        inside.archive()
        assert inside("publish").out.endswith("one: 3 created\n")


class TestConfiguration:
    def test_every_problem_of_options_and_variables_is_told_at_once(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HATCH_FLYTE_DRYRUN", "1")
        door.configure('[tool.hatch-flyte]\nclustrs = 1\nimage = ["a"]\n')

        said = door("publish", "--version", "{date}", code=2)

        assert "tool.hatch-flyte.clustrs" in said.err
        assert "tool.hatch-flyte.image" in said.err
        assert "HATCH_FLYTE_DRYRUN" in said.err
        assert "--version: expected no placeholders but" in said.err

    def test_an_unknown_cluster_is_refused_with_the_known_ones(self, door: Door) -> None:
        door.configure(cluster("staging", "127.0.0.1:1"))

        said = door("publish", door.archive(), "-c", "stagign", code=2)

        assert "--cluster: no cluster 'stagign' is configured" in said.err
        assert "staging" in said.err

    def test_several_clusters_without_a_default_ask_for_a_choice(self, door: Door) -> None:
        door.configure(cluster("staging", "127.0.0.1:1") + cluster("production", "127.0.0.1:2"))

        said = door("publish", door.archive(), code=2)

        assert "expected a choice among production, staging (got none)" in said.err


class TestRegistries:
    def test_several_clusters_have_a_report_each(self, door: Door, served: str) -> None:
        door.configure(cluster("one", served) + cluster("two", served, domain="staging"))

        said = door("publish", door.archive(), "-c", "one", "-c", "two", "-c", "local")

        assert [line for line in said.out.splitlines() if line.endswith("3 created")] == [
            *("one: 3 created", "two: 3 created", "local: 3 created"),
        ]

    def test_a_project_that_is_not_there(self, door: Door, served: str) -> None:
        door.configure(cluster("one", served, project="nowhere"))

        said = door("publish", door.archive(), code=7)

        assert said.err.startswith("error: cluster one: expected a project that it has (got 'nowhere')\n")
        assert said.out.splitlines()[1:] == [
            "skipped          task        acme.double",
            "skipped          workflow    acme.flow",
            "skipped          launch plan acme.flow",
            "one: 3 skipped",
        ]

    def test_nobody_listens(self, door: Door) -> None:
        with closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))
            door.configure(cluster("away", f"127.0.0.1:{taken.getsockname()[1]}"))

            said = door("publish", door.archive(), code=5)

        assert "nobody listens" in said.err
        assert said.out.splitlines()[-1] == "away: 3 skipped"

    def test_tls_to_a_plain_port(self, door: Door, served: str) -> None:
        door.configure(cluster("one", served) + "insecure = false\n")

        assert "it speaks no TLS" in door("publish", door.archive(), code=5).err

    def test_one_cluster_that_fails_leaves_the_others_alone(self, door: Door, served: str) -> None:
        door.configure(cluster("one", served) + cluster("two", served, project="nowhere"))

        said = door("publish", door.archive(), "-c", "two", "-c", "one", "--json", code=7)

        assert [one["counts"] for one in said.json["clusters"]] == [{"skipped": 3}, {"created": 3}]

    def test_no_signed_address_is_ever_shown(self, door: Door, served: str) -> None:
        bundle = make_bundle([BundledFile("acme.py", b"x = 1\n", executable=False)])
        archive = archive_of(task(arguments=BUNDLE_ARGUMENTS), bundle=bundle)
        assert archive.manifest
        path = door.folder / "a.tgz"
        write_archive(path, replace(archive, manifest=replace(archive.manifest, version="2")))
        door.configure(cluster("one", served))

        said = door.process("publish", path, "-v")
        as_json = door.process("publish", path, "--json")

        assert "one: 1 created; bundle uploaded" in said.out
        shown = said.out + said.err + as_json.out + as_json.err
        assert re.search(r"signature|expires|[?&]\w+=", shown, re.IGNORECASE) is None

    @pytest.mark.parametrize("data", ["/proc/nowhere", "/dev/null", "/dev/null/x"])
    def test_a_data_folder_that_cannot_be_written(self, door: Door, monkeypatch: pytest.MonkeyPatch, data: str) -> None:
        monkeypatch.setenv("HATCH_FLYTE_DATA", data)

        said = door("publish", door.archive(), code=1)

        assert said.err.startswith(f"error: {data}: the folder cannot be made")
        assert said.out.splitlines()[-1].endswith("3 skipped")

    @pytest.mark.long  # its limit on the size of files also meets the data file of coverage
    def test_a_disk_without_room(self, door: Door) -> None:
        said = door.in_little_room(20_000, "publish", door.archive(), code=1)

        assert "registry.sqlite3: cannot be read or written" in said.err
        assert "Make room on that disk" in said.err


class TestInterrupting:
    ARCHIVE = (*(task(f"acme.t{index}") for index in range(3)), workflow(of="acme.t0"), launch_plan())

    def interrupted(
        self, door: Door, served: str, signals: int, recorder: Recorder
    ) -> subprocess.CompletedProcess[str]:
        """Publish to a server that keeps every create waiting, and send SIGINT while it does."""
        begun, release = threading.Event(), threading.Event()

        def on_call(call: Call) -> None:
            if call.method == "CreateTask":
                begun.set()
                assert release.wait(30)

        recorder.on_call = on_call
        with recording(served, recorder) as address:
            door.configure(cluster("slow", address))
            command = [*COMMAND, "publish", str(door.archive(*self.ARCHIVE))]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert begun.wait(30)
                for number in range(signals):
                    process.send_signal(signal.SIGINT)
                    if number + 1 < signals:
                        until_stopping(process)
                if signals > 1:
                    process.wait(30)
                else:
                    until_stopping(process)
                release.set()
                out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def test_what_is_in_flight_is_awaited_and_the_rest_is_skipped_and_named(self, door: Door, served: str) -> None:
        recorder = Recorder()

        done = self.interrupted(door, served, 1, recorder)

        assert done.returncode == 130, done.stderr
        created = re.findall(r"^created +task +(acme\.t\d)$", done.stdout, re.MULTILINE)
        skipped = re.findall(r"^skipped +(.+?)$", done.stdout, re.MULTILINE)
        assert len(created) == len(recorder.writes)
        assert len(created) + len(skipped) == len(self.ARCHIVE)
        assert "launch plan acme.flow" in skipped
        assert "not sent: interrupted" in done.stdout
        assert done.stdout.splitlines()[-1].endswith("interrupted: publish again to complete it")
        assert "Traceback" not in done.stderr

    def test_a_second_one_ends_it_at_once(self, door: Door, served: str) -> None:
        done = self.interrupted(door, served, 2, Recorder())

        assert done.returncode == 130
        assert done.stderr == "interrupted\n"

    def test_publishing_again_completes_it(self, door: Door, served: str) -> None:
        self.interrupted(door, served, 1, Recorder())
        door.configure(cluster("slow", served))

        said = door("publish", "--json").json["clusters"][0]["counts"]

        assert sum(said.values()) == len(self.ARCHIVE)
        assert said["created"] >= 2
