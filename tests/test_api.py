"""The Python API as its users call it: from scripts, from threads, in event loops, over what they bring."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from registry.local_server import serving as serving_registry
from support_archives import archive_of, launch_plan, task, workflow
from support_doors import cluster, serving_here
from support_pages import blocks
from unreleased import CHECKOUT

import hatch_flyte
from hatch_flyte.archive import write_archive
from hatch_flyte.errors import AccessError, ConfigError, ConflictError, RejectedError, UnreachableError
from hatch_flyte.events import ArchiveDone, EntityDone, Event
from hatch_flyte.plan import Plan, Verdict
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry

PAGE = CHECKOUT / "docs" / "how-to" / "python-api.md"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "dist" / "acme_pipelines-1.0-flyte.tgz"
    write_archive(path, archive_of())
    return path


@pytest.fixture
def here(tmp_path: Path) -> dict[str, Any]:
    """The options of a call that depends on nothing of this machine's user, for the registry of this test."""
    return {"root": tmp_path, "environ": {"HATCH_FLYTE_DATA": str(tmp_path / "registry")}}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with serving_here(tmp_path / "served") as address:
        yield address


def target(address: str) -> Target:
    return hatch_flyte.target(address, project="flytesnacks", domain="development", name="served")


class TestPublishing:
    def test_an_archive_goes_to_a_cluster_by_name(self, archive: Path, here: dict[str, Any]) -> None:
        came = hatch_flyte.publish(archive, "local", **here)
        again = hatch_flyte.publish(str(archive), ["local"], **here)

        assert [one.summary for one in (*came.reports, *again.reports)] == ["3 created", "3 unchanged"]
        assert (came.ok, came.exit_code) == (True, 0)
        came.raise_for_failure()

    def test_without_any_it_is_the_build_directorys(self, archive: Path, here: dict[str, Any]) -> None:
        assert archive.exists()

        [report] = hatch_flyte.publish(**here).reports

        assert (report.target.cluster, report.target.implicit, report.summary) == ("local", True, "3 created")

    def test_archives_that_were_read_already_and_paths_go_together(self, archive: Path, here: dict[str, Any]) -> None:
        other = archive_of(task("acme.more"), version="2.0")

        came = hatch_flyte.publish([other, archive], "local", **here)

        assert [(one.version, one.summary) for one in came.reports] == [("2.0", "1 created"), ("1.0", "3 created")]

    def test_options_are_those_of_the_command_line(self, archive: Path, here: dict[str, Any]) -> None:
        dry = hatch_flyte.publish(archive, "local", version="{version}.x", domain="staging", dry_run=True, **here)
        live = hatch_flyte.publish(archive, "local", activate="acme.flow", **here)

        [report] = dry.reports
        assert (report.version, report.target.domain, report.summary) == ("1.0.x", "staging", "3 would be created")
        assert [one.summary for one in live.reports] == ["3 created; 1 activated"]

    def test_a_target_that_no_file_names(self, archive: Path, here: dict[str, Any], address: str) -> None:
        [report] = hatch_flyte.publish(archive, target(address), **here).reports

        assert (report.target.cluster, report.summary) == ("served", "3 created")

    def test_what_a_cluster_refuses_is_in_the_result_and_can_be_raised(
        self, archive: Path, here: dict[str, Any]
    ) -> None:
        hatch_flyte.publish(archive, "local", **here)

        came = hatch_flyte.publish(archive_of(task(image="ghcr.io/acme/p:2")), "local", **here)

        assert (came.ok, came.exit_code) == (False, 8)
        with pytest.raises(ConflictError, match=r"container\.image"):
            came.raise_for_failure()

    def test_what_is_wrong_with_the_call_is_raised(self, archive: Path, here: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match="no cluster 'nowhere'"):
            hatch_flyte.publish(archive, "nowhere", **here)
        with pytest.raises(TypeError, match=r"expected options among root, .* \(got dryrun\)"):
            hatch_flyte.publish(archive, "local", dryrun=True, **here)  # type: ignore[call-arg] # what is shown
        with pytest.raises(TypeError, match="expected names or targets"):
            hatch_flyte.publish(archive, ["local", target("127.0.0.1:1")], **here)  # type: ignore[arg-type] # the same
        with pytest.raises(ConfigError, match=r"endpoint: expected .* \(got 'http://x'\)"):
            hatch_flyte.target("http://x", project="p", domain="d")

    def test_a_registry_of_the_callers_own(self, archive: Path, here: dict[str, Any], tmp_path: Path) -> None:
        opened: list[str] = []

        def opener(target: Target) -> Registry:
            opened.append(target.cluster)
            return open_local(tmp_path / "own")

        assert hatch_flyte.publish(archive, "local", open_registry=opener, **here).ok
        assert opened == ["local"]
        assert not (tmp_path / "registry").exists()

    def test_events_are_told(self, archive: Path, here: dict[str, Any]) -> None:
        heard: list[Event] = []

        came = hatch_flyte.publish(archive, "local", on_event=heard.append, **here)

        assert sum(isinstance(event, EntityDone) for event in heard) == 3
        assert [event.report for event in heard if isinstance(event, ArchiveDone)] == list(came.reports)

    def test_any_thread_may_publish(self, archive: Path, here: dict[str, Any]) -> None:
        came: list[hatch_flyte.api.Publication] = []
        thread = threading.Thread(target=lambda: came.append(hatch_flyte.publish(archive, "local", **here)))
        thread.start()
        thread.join()

        assert [one.ok for one in came] == [True]


class TestPlanning:
    def test_a_plan_writes_nothing_and_says_what_a_publish_does(self, archive: Path, here: dict[str, Any]) -> None:
        [before] = hatch_flyte.plan(archive, "local", **here)
        hatch_flyte.publish(archive, "local", **here)
        [after] = hatch_flyte.plan(archive, "local", **here)

        assert [one.verdict for one in before.entities] == [Verdict.NEW] * 3
        assert (before.is_empty, after.is_empty) == (False, True)

    def test_a_cluster_that_cannot_be_asked_raises(self, archive: Path, here: dict[str, Any]) -> None:
        with pytest.raises(RejectedError, match="expected one of the domains"):
            hatch_flyte.plan(archive, "local", domain="nowhere", **here)


def test_status_says_what_is_live(archive: Path, here: dict[str, Any]) -> None:
    hatch_flyte.publish(archive, "local", activate="acme.flow", **here)

    survey = hatch_flyte.status("acme-pipelines", "local", **here)

    [answer] = survey.answers
    assert answer.value is not None
    assert [one.distribution for one in answer.value] == ["acme-pipelines"]


class TestEventLoops:
    async def test_all_can_be_awaited(self, archive: Path, here: dict[str, Any]) -> None:
        [before] = await hatch_flyte.aio.plan(archive, "local", **here)
        came = await hatch_flyte.aio.publish(archive, "local", **here)
        survey = await hatch_flyte.aio.status("acme-pipelines", "local", **here)

        assert (len(before.new), came.ok, survey.exit_code) == (3, True, 0)

    async def test_where_a_loop_runs_the_others_say_what_to_do(self, archive: Path, here: dict[str, Any]) -> None:
        with pytest.raises(RuntimeError, match=r"await `hatch_flyte\.aio\.publish`"):
            hatch_flyte.publish(archive, "local", **here)
        with pytest.raises(RuntimeError, match=r"await `hatch_flyte\.aio\.plan`"):
            hatch_flyte.plan(archive, "local", **here)
        with pytest.raises(RuntimeError, match=r"await `hatch_flyte\.aio\.status`"):
            hatch_flyte.status("acme-pipelines", "local", **here)

    async def test_it_can_be_asked_to_stop(self, archive: Path, here: dict[str, Any]) -> None:
        stop = asyncio.Event()

        def on_event(event: Event) -> None:
            if isinstance(event, EntityDone):
                stop.set()

        came = await hatch_flyte.aio.publish(archive, "local", stop=stop, on_event=on_event, **here)

        assert [one.summary for one in came.reports] == ["1 created, 2 skipped"]
        assert came.exit_code == 130


class TestWhatTheCallerBrings:
    async def test_a_channel_is_used_and_stays_open(self, archive: Path, here: dict[str, Any], address: str) -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            nowhere = target("127.0.0.1:1")
            first = await hatch_flyte.aio.publish(archive, nowhere, channel=channel, **here)
            again = await hatch_flyte.aio.publish(archive, nowhere, channel=channel, **here)

        assert [one.summary for one in (*first.reports, *again.reports)] == ["3 created", "3 unchanged"]

    async def test_a_channel_is_for_one_cluster(self, archive: Path, here: dict[str, Any]) -> None:
        async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
            with pytest.raises(TypeError, match="a channel leads to one"):
                await hatch_flyte.aio.publish(
                    archive, [target("127.0.0.1:1"), target("127.0.0.1:2")], channel=channel, **here
                )

    def test_a_channel_belongs_to_its_loop(self, archive: Path, here: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match=r"await `hatch_flyte\.aio\.publish` there"):
            hatch_flyte.publish(archive, "local", channel=None, **here)  # type: ignore[arg-type] # any will do

    async def test_credentials_stand_above_the_clusters(
        self, archive: Path, here: dict[str, Any], tmp_path: Path
    ) -> None:
        class Token:
            hint = "Ask the vault's owners."

            def __init__(self, token: str) -> None:
                self._token = token

            async def token(self) -> str:
                return self._token

            async def another(self, refused: str) -> str:
                del refused
                return ""

        async with serving_registry(tmp_path / "guarded", token="right") as server:
            where = target(server.addresses.grpc)
            came = await hatch_flyte.aio.publish(archive, where, authenticator=Token("right"), **here)
            refused = await hatch_flyte.aio.publish(archive, where, authenticator=Token("wrong"), **here)

        assert [one.summary for one in came.reports] == ["3 created"]
        with pytest.raises(AccessError, match="Ask the vault's owners"):
            refused.raise_for_failure()

    async def test_nobody_there_is_in_the_result(self, archive: Path, here: dict[str, Any]) -> None:
        came = await hatch_flyte.aio.publish(archive, target("127.0.0.1:1"), **here)

        with pytest.raises(UnreachableError, match="nobody listens"):
            came.raise_for_failure()


class TestThePackage:
    def test_importing_it_imports_nothing_else(self) -> None:
        script = (
            "import sys, hatch_flyte; print([one for one in sys.modules if one.startswith(('hatch_flyte.', 'grpc'))])"
        )

        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

        assert done.stdout == "[]\n"

    def test_functions_stay_functions_though_modules_have_their_names(self) -> None:
        script = (
            "import hatch_flyte.plan, hatch_flyte.publish\n"
            "from hatch_flyte.plan import Plan\n"
            "from hatch_flyte import aio, plan, publish, status, target\n"
            "assert callable(hatch_flyte.plan) and callable(hatch_flyte.publish), hatch_flyte.plan\n"
            "assert callable(plan) and callable(publish) and callable(status) and callable(target) and aio.publish\n"
        )

        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stderr) == (0, "")

    def test_a_name_that_it_has_not_is_an_error(self) -> None:
        with pytest.raises(AttributeError, match="nothing"):
            _ = hatch_flyte.nothing  # type: ignore[attr-defined] # what is shown


def test_the_pages_code_does_what_it_says(
    archive: Path, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.exists()
    code = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")
    for place in ("dns:///flyte.acme.io", "flyte.staging.acme.io:80"):
        assert place in code
        code = code.replace(place, address)
    code = code.replace('project="pipelines", domain="production"', 'project="flytesnacks", domain="production"')
    (tmp_path / "pyproject.toml").write_text(cluster("staging", address))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("HATCH_", "FLYTE_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HATCH_FLYTE_DATA", str(tmp_path / "registry"))

    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 # the page's own code

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "staging 1.0 3 created",
        "staging nothing to do ",
        "staging ['not live']",
        "staging acme.double unchanged",
        "staging acme.flow unchanged",
        "staging acme.flow unchanged",
    ]


def test_plans_are_values_of_the_public_type(here: dict[str, Any]) -> None:
    [plan] = hatch_flyte.plan(archive_of(task(), workflow(), launch_plan()), "local", **here)

    assert isinstance(plan, Plan)
