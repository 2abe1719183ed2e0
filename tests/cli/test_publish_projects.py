from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, task
from support_builds import FAILING, project_with_backend
from support_doors import COMMAND, Door, cluster, uncovered

from hatch_flyte.archive import archive_name, write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.message import Message


def project(door: Door, name: str, *messages: Message, more: str = "") -> Path:
    """Write a project with an archive of its version, 1.0, in its build directory."""
    root = door.folder / "services" / name
    archive = archive_of(*messages)
    write_archive(root / "dist" / archive_name("acme-pipelines", "1.0"), archive)
    (root / "pyproject.toml").write_text(f'[project]\nname = "acme-pipelines"\nversion = "1.0"\n{more}')
    return root


class TestSeveralProjects:
    def test_each_goes_to_its_own_clusters_and_flyte_project(self, door: Door, served: str) -> None:
        project(door, "a", task("acme.a"), more=cluster("one", served))
        project(door, "b", task("acme.b"), more=cluster("one", served, domain="staging"))

        said = door("publish", "services/b", "services/a", "--json")

        assert [(one["cluster"], one["domain"], one["outcomes"][0]["name"]) for one in said.json["clusters"]] == [
            ("one", "staging", "acme.b"),
            ("one", "development", "acme.a"),
        ]
        assert said.json["exit_code"] == 0

    def test_options_count_for_all_of_them(self, door: Door) -> None:
        project(door, "a", task("acme.a"), more=cluster("one", "127.0.0.1:1"))
        project(door, "b", task("acme.b"), more=cluster("two", "127.0.0.1:1"))

        said = door("publish", "services/a", "services/b", "-c", "local", "--version", "{version}-x")

        assert said.out.count("acme-pipelines 1.0 as version 1.0-x") == 2
        assert said.out.count("local: 1 created") == 2

    def test_a_project_beside_archives_of_the_current_one(self, door: Door) -> None:
        project(door, "a", task("acme.a"))

        said = door("publish", door.archive(), "services/a", "-c", "local")

        assert [line for line in said.out.splitlines() if line.endswith("created")] == [
            "local: 3 created",
            "local: 1 created",
        ]

    def test_a_folder_without_pyproject_toml_is_looked_into_as_ever(self, door: Door) -> None:
        root = project(door, "a", task("acme.a"))

        assert "local: 1 created" in door("publish", root / "dist", "-c", "local").out

    def test_a_clash_ends_with_the_code_of_conflicts(self, door: Door) -> None:
        project(door, "a", task())
        project(door, "b", task(image="x:2"))

        said = door("publish", "services/a", "services/b", code=8)

        assert said.err.startswith(
            "error: cluster local: expected one content for task acme.double 1.0 in flytesnacks/"
        )
        assert "acme-pipelines 1.0 (services/b)" in said.err
        assert door("list", "--json").json[0]["entities"] == []


class TestVersions:
    @pytest.fixture
    def checkout(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> Door:
        for name in [name for name in os.environ if name.startswith(("GIT", "CI_", "BUILD"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for who in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{who}_NAME", "Ann")
            monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.org")
        door.configure('[tool.hatch-flyte]\nversion = "ci"\n')
        door.archive()
        self.git("init", "-q", "-b", "feature/x")
        self.git("add", "pyproject.toml")
        self.git("commit", "-q", "-m", "first")
        return door

    @staticmethod
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()

    def version(self, door: Door, *arguments: str) -> str:
        return str(door("publish", "-c", "local", "--json", *arguments).json["clusters"][0]["version"])

    def test_ci_is_the_branch_and_seven_digits(self, checkout: Door) -> None:
        assert self.version(checkout) == f"feature-x-{self.git('rev-parse', 'HEAD')[:7]}"

    def test_a_detached_head_of_a_ci_is_on_the_branch_that_it_says(
        self, checkout: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.git("checkout", "-q", "--detach")
        assert "a commit is checked out, no branch" in checkout("publish", "-c", "local", code=2).err
        monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
        monkeypatch.setenv("GITHUB_SHA", "0123456789" * 4)

        assert self.version(checkout) == "main-0123456"

    def test_a_tag_is_the_version_of_a_release(self, checkout: Door) -> None:
        self.git("tag", "v1.4")

        assert self.version(checkout) == "v1.4"

    def test_what_no_commit_has_is_marked(self, checkout: Door) -> None:
        checkout.configure('[tool.hatch-flyte]\nversion = "ci"\nstrict = true\n')

        assert self.version(checkout).endswith("-dirty")
        assert self.version(checkout, "--version", "{branch}{dirty}") == "feature-x-dirty"

    def test_without_a_checkout_there_is_a_word_on_what_to_do(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(door.folder.parent))
        door.archive()

        said = door("publish", "-c", "local", "--version", "ci", code=2)

        assert "Publish from the checkout, or say the version" in said.err


@pytest.mark.flytekit
class TestBuild:
    def test_change_and_publish_is_one_command(self, door: Door) -> None:
        project_with_backend(door.folder, more='version = "dev-{digest}"\ncode = "wheel"')

        first = door("publish", "--build", "-c", "local")
        module = door.folder / "acme_ferry" / "crossings.py"
        module.write_text(module.read_text().replace("2 * a", "a + a"))
        changed = door("publish", "--build", "-c", "local")
        again = door("publish", "--build", "-c", "local")

        assert "the backend was here\n" in first.err
        assert first.out.endswith("local: 3 created; bundle uploaded\n")
        assert changed.out.endswith("local: 3 created; bundle uploaded\n")
        assert again.out.endswith("local: 3 unchanged; nothing to do\n")
        assert len({said.out.splitlines()[0] for said in (first, changed, again)}) == 2
        assert not (door.folder / "dist").exists()

    def test_several_projects_are_all_built_first(self, door: Door) -> None:
        for name in ("acme-ferry", "acme-tug"):
            project_with_backend(door.folder / name, name)

        said = door("publish", "acme-ferry", "acme-tug", "--build", "-c", "local", "--json")

        assert [one["distribution"]["name"] for one in said.json["clusters"]] == ["acme-ferry", "acme-tug"]
        assert said.err.count("the backend was here") == 2

    def test_a_build_that_fails_publishes_nothing_though_there_is_an_archive(self, door: Door) -> None:
        project_with_backend(door.folder, backend=FAILING)
        write_archive(door.folder / "dist" / archive_name("acme-ferry", "1.2"), archive_of(version="1.2"))

        said = door("publish", "--build", "-c", "local", code=3)

        assert f"error: {door.folder}: expected a wheel, of uv (got exit code 2)\n" in said.err
        assert said.out == ""
        assert door("list", "--json").json[0]["entities"] == []

    def test_an_archive_is_not_built(self, door: Door) -> None:
        said = door("publish", "--build", door.archive(), code=2)

        assert said.err.startswith("error: --build: expected projects, folders with a pyproject.toml (got ")

    def test_an_interrupted_build_leaves_nothing(self, door: Door, tmp_path: Path) -> None:
        (tmp_path / "tmp").mkdir()
        hanging = "import time\ndef build_wheel(*_, **__):\n    print('hanging', flush=True)\n    time.sleep(600)\n"
        project_with_backend(door.folder, backend=hanging)
        environ = uncovered() | {"TMPDIR": str(tmp_path / "tmp")}
        command = [*COMMAND, "publish", "--build", "-c", "local"]
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            while "hanging" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.stderr.read().endswith("interrupted\n")
            assert process.wait() == 130

        assert [path for path in (tmp_path / "tmp").iterdir() if path.name.startswith("hatch-flyte")] == []


def test_a_variable_does_not_make_every_publish_build(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HATCH_FLYTE_BUILD", "true")

    said = door("publish", door.archive(), code=2)

    assert "HATCH_FLYTE_BUILD: does not belong here, but into `-o build=…` or `--build`" in said.err
