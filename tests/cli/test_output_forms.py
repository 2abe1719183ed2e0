"""What `publish` says, in each of its forms, as whoever calls it meets it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import launch_plan, task, workflow
from support_doors import COMMAND, cluster

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support_doors import Door

CHANGED = task(image="ghcr.io/acme/p:2")
FULL = "/dev/full"


def on_terminal(folder: Path, *arguments: str, **variables: str) -> str:
    """Run a command whose two streams are a terminal; return what it writes there."""
    ours, theirs = pty.openpty()
    parts: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:  # Linux's way to say that the last writer is gone
            pass

    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "", **variables}
    process = subprocess.Popen([*COMMAND, *arguments], cwd=folder, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    reader = threading.Thread(target=read)
    reader.start()
    process.wait()
    reader.join()
    os.close(ours)
    return b"".join(parts).decode()


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def names(found: Sequence[dict[str, Any]]) -> list[str]:
    return [one["event"] for one in found]


class TestText:
    def test_quiet_is_the_last_line_only(self, door: Door) -> None:
        said = door("publish", door.archive(), "-c", "local", "-q")

        assert (said.out, said.err) == ("local: 3 created\n", "")

    def test_quiet_says_what_went_wrong_and_names_what_is_not_there(self, door: Door) -> None:
        door("publish", door.archive(task()))

        said = door("publish", door.archive(CHANGED, workflow(), launch_plan()), "-c", "local", "--quiet", code=8)

        first, difference, *_, last = said.out.splitlines()
        assert first.split() == ["conflict", "task", "acme.double"]
        assert difference.startswith("    template.container.image")
        assert last.startswith("local: 1 conflict, 2 skipped; ")
        assert said.out.splitlines()[2:-1] == [
            "skipped          workflow    acme.flow",
            "skipped          launch plan acme.flow",
        ]

    def test_quiet_and_verbose_exclude_each_other(self, door: Door) -> None:
        assert "--quiet and --verbose exclude each other" in door("publish", "-q", "-v", code=2).err

    def test_verbose_may_be_said_more_than_once(self, door: Door) -> None:
        door("publish", door.archive())

        assert "unchanged        task        acme.double\n" in door("publish", "-vvv").out

    def test_what_is_activated_is_told_with_what_was_before(self, door: Door) -> None:
        door("publish", door.archive(), "-c", "local", "--activate", "acme.flow")

        said = door("publish", "--version", "2.0", "--activate", "acme.flow", "-c", "local")
        again = door("publish", "--version", "2.0", "--activate", "acme.flow", "-c", "local", "-v")

        assert "activated        launch plan acme.flow 2.0 (before: 1.0)\n" in said.out
        assert "active already   launch plan acme.flow 2.0\n" in again.out

    def test_orphans_are_a_warning(self, door: Door) -> None:
        two = (task(), workflow(), launch_plan(), launch_plan("weekly"))
        door("publish", door.archive(*two), "-c", "local", "--activate", "weekly", "--activate", "acme.flow")

        said = door("publish", door.archive(), "-c", "local", "--version", "2.0")

        assert said.err == (
            "warning: 1 active launch plan of acme-pipelines is no longer in this release: weekly; "
            "deactivate it with --prune\n"
        )

    def test_launch_plans_that_were_created_have_a_link(self, door: Door, served: str) -> None:
        table = cluster("one", served).replace("endpoint", 'console-endpoint = "https://flyte.acme.io"\nendpoint')
        door.configure(table)
        page = "    https://flyte.acme.io/console/projects/flytesnacks/domains/development/launch_plan/%s/version/1.0"

        few = door("publish", door.archive())
        many = door("publish", door.archive(task(), workflow(), *(launch_plan(f"p{number}") for number in range(6))))

        assert few.out.splitlines()[3:5] == ["created          launch plan acme.flow", page % "acme.flow"]
        assert "console" not in many.out

    def test_breaking_changes_are_told(self, door: Door) -> None:
        door("publish", door.archive(), "-c", "local", "--activate", "acme.flow")

        said = door("publish", door.archive(task(), workflow("acme.other"), version="2.0"), "-c", "local")

        assert "breaking         " in said.out


class TestTerminal:
    def test_each_cluster_has_a_row_while_it_goes_on_and_then_lines(self, door: Door) -> None:
        said = on_terminal(door.folder, "publish", str(door.archive()), "-c", "local")

        assert "looking" in said
        assert "━" in said
        assert "\x1b[32mcreated          task        acme.double\x1b[0m" in said
        assert said.rstrip().endswith("local: 3 created\x1b[0m")

    def test_without_colour_where_nobody_wants_one(self, door: Door) -> None:
        said = on_terminal(door.folder, "publish", str(door.archive()), "-c", "local", NO_COLOR="1")

        assert "created          task        acme.double\r\n" in said
        assert "\x1b[3" not in said

    def test_quiet_draws_nothing(self, door: Door) -> None:
        said = on_terminal(door.folder, "publish", str(door.archive()), "-c", "local", "-q", NO_COLOR="1")

        assert said == "local: 3 created\r\n"


class TestJson:
    def test_json_is_short_for_an_output(self, door: Door) -> None:
        door.archive()

        first = door("publish", "-c", "local", "--output", "json").json
        again = door("publish", "-c", "local", "--json").json

        assert first.keys() == again.keys() == {"exit_code", "clusters"}
        assert (
            "--json and --output text exclude each other" in door("publish", "--json", "--output", "text", code=2).err
        )

    def test_events_are_lines_and_the_last_one_has_the_exit_code(self, door: Door) -> None:
        found = events(door("publish", door.archive(), "-c", "local", "--output", "ndjson").out)

        assert names(found) == ["looking", "plan", "registering", *["entity"] * 3, "done", "end"]
        assert found[-1] == {"event": "end", "exit_code": 0, "error": None}
        assert found[-2]["report"]["counts"] == {"created": 3}

    def test_each_event_is_there_as_soon_as_it_happens(self, door: Door) -> None:
        command = [*COMMAND, "publish", str(door.archive()), "-c", "local", "--output", "ndjson"]
        with subprocess.Popen(command, cwd=door.folder, stdout=subprocess.PIPE, bufsize=0) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert json.loads(first)["event"] == "looking"
            process.communicate()

    def test_what_ends_it_before_anything_is_sent_is_the_last_event(self, door: Door, tmp_path: Path) -> None:
        door("plan", door.archive(), "-c", "local", "--out", str(tmp_path / "plan.json"))
        door("publish", "-c", "local")

        said = door("publish", "-c", "local", "--plan", str(tmp_path / "plan.json"), "--output", "ndjson", code=8)

        *_, last = events(said.out)
        assert (last["event"], last["exit_code"]) == ("end", 8)
        assert last["error"] in said.err


class TestGitHub:
    def test_the_log_can_give_no_commands_and_annotations_follow(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        summary = door.folder / "summary.md"
        summary.write_text("before\n")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        door("publish", door.archive(task()), "-c", "local")

        said = door("publish", door.archive(CHANGED), "-c", "local", "--output", "github", code=8)

        stop, *log, resume, annotation = said.out.splitlines()
        assert stop.startswith("::stop-commands::")
        assert resume == f"::{stop.removeprefix('::stop-commands::')}::"
        assert log[0].startswith("local: flytesnacks/development, acme-pipelines 1.0")
        assert annotation.startswith("::error title=hatch-flyte local::task acme.double 1.0")
        assert said.err == ""
        assert summary.read_text().startswith("before\n### hatch-flyte publish: not done (exit code 8)\n")

    def test_an_error_without_a_report_is_an_annotation_too(self, door: Door, tmp_path: Path) -> None:
        door("plan", door.archive(), "-c", "local", "--out", str(tmp_path / "plan.json"))
        door("publish", "-c", "local")

        said = door("publish", "-c", "local", "--plan", str(tmp_path / "plan.json"), "--output", "github", code=8)

        assert said.out.startswith("::error title=hatch-flyte::plan: it is not what would be done now")

    def test_a_summary_that_cannot_be_written_is_a_warning(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/proc/nowhere")

        said = door("publish", door.archive(), "-c", "local", "--output", "github")

        assert said.err.startswith("warning: GITHUB_STEP_SUMMARY: cannot be written (")


@pytest.mark.parametrize("form", ["text", "json", "ndjson", "github"])
class TestNobodyReads:
    def test_a_pipe_that_is_closed_changes_nothing(self, door: Door, form: str) -> None:
        """The reader leaves before the first line is written."""
        reader, writer = os.pipe()
        os.close(reader)
        command = [*COMMAND, "publish", str(door.archive()), "-c", "local", "-v", "--output", form]
        done = subprocess.run(command, cwd=door.folder, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writer)

        assert (done.returncode, done.stderr) == (0, "")
        assert len(door("list", "--json", "-c", "local").json[0]["entities"]) == 3

    def test_what_went_wrong_is_in_the_exit_code_all_the_same(self, door: Door, form: str) -> None:
        door("publish", door.archive(task()), "-c", "local")
        reader, writer = os.pipe()
        os.close(reader)
        command = [*COMMAND, "publish", str(door.archive(CHANGED)), "-c", "local", "--output", form]
        done = subprocess.run(command, cwd=door.folder, stdout=writer, stderr=writer, check=False)
        os.close(writer)

        assert done.returncode == 8

    @pytest.mark.skipif(not os.path.exists(FULL), reason="Linux's device that is always full")  # noqa: PTH110 # a constant
    def test_a_full_disk_is_an_error_once_everything_is_registered(self, door: Door, form: str) -> None:
        command = [*COMMAND, "publish", str(door.archive()), "-c", "local", "--output", form]
        with open(FULL, "w") as full:  # noqa: PTH123 # a constant
            done = subprocess.run(command, cwd=door.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

        assert (done.returncode, done.stderr) == (1, "error: output: cannot be written (No space left on device)\n")
        assert len(door("list", "--json", "-c", "local").json[0]["entities"]) == 3

    def test_streams_that_were_never_open(self, door: Door, form: str) -> None:
        door.process("publish", door.archive(), "-c", "local", "--output", form, shell=">&- 2>&-")

        assert len(door("list", "--json", "-c", "local").json[0]["entities"]) == 3


def test_a_name_that_the_encoding_lacks_is_escaped(door: Door) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "hatch_flyte", "publish", str(door.archive(task("漢"))), "-c", "local"]

    done = subprocess.run(command, cwd=door.folder, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "acme-pipelines 1.0" in done.stdout
    assert "\\u6f22" in done.stdout
