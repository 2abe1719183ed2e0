from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support_builds import FAILING, project_with_backend

from hatch_flyte.build_first import FRONTENDS, built_first, find_frontend, run_build
from hatch_flyte.config import Sources, load
from hatch_flyte.errors import BuildError, ConfigError
from hatch_flyte.projects import Project

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOLS = Path(sys.executable).parent


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user's environment: no CI, no project's environment, no settings."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "NO_COLOR": "1"}


def project(root: Path, environ: Mapping[str, str], *, build: bool = True) -> Project:
    sources = Sources(root=root, environ=environ, options={"build": build}, option_style="--", user_table={})
    return Project(config=load(sources))


class TestWithoutBuild:
    def test_projects_are_given_as_they_are(self, tmp_path: Path, environ: dict[str, str]) -> None:
        one = replace(project(tmp_path, environ, build=False), paths=(Path("a.tgz"),))

        with built_first([one], pytest.fail) as projects:
            assert projects == [one]


@pytest.mark.flytekit
class TestBuilding:
    def test_a_project_without_hook_gives_an_archive_that_is_gone_afterwards(
        self, tmp_path: Path, environ: dict[str, str]
    ) -> None:
        root = project_with_backend(tmp_path / "ferry")
        before = sorted(root.iterdir())
        said: list[str] = []

        with built_first([project(root, environ)], said.append) as [built]:
            [path] = built.paths
            assert path.name == "acme_ferry-1.2-flyte.tgz"
            assert path.is_file()

        assert "the backend was here" in said
        assert "serializing acme_ferry-1.2-py3-none-any.whl" in said
        assert not path.parent.parent.exists()
        assert {one for one in root.iterdir() if one.name != "__pycache__"} == set(before)

    def test_what_packaging_warns_of_is_told(self, tmp_path: Path, environ: dict[str, str]) -> None:
        root = project_with_backend(tmp_path / "ferry")
        pyproject = root / "pyproject.toml"
        pyproject.write_text(pyproject.read_text().replace("{version}", "latest"))
        said: list[str] = []

        with built_first([project(root, environ)], said.append):
            pass

        assert [line for line in said if line.startswith("warning: ") and "latest" in line]


class TestRefusals:
    def test_what_is_built_already_cannot_be_built(self, tmp_path: Path, environ: dict[str, str]) -> None:
        one = replace(project(tmp_path, environ), paths=(Path("a.tgz"),))

        with pytest.raises(ConfigError) as caught, built_first([one], pytest.fail):
            pass

        assert str(caught.value) == (
            "--build: expected projects, folders with a pyproject.toml (got a.tgz)\n"
            "What is built already is published without it."
        )

    def test_what_is_wrong_with_the_clusters_is_told_before_a_build(
        self, tmp_path: Path, environ: dict[str, str]
    ) -> None:
        root = project_with_backend(tmp_path / "ferry", backend=FAILING, more='default-clusters = ["away"]')

        with (
            pytest.raises(ConfigError, match="no cluster 'away' is configured"),
            built_first([project(root, environ)], pytest.fail),
        ):
            pass

    def test_a_build_that_fails_ends_with_its_words(self, tmp_path: Path, environ: dict[str, str]) -> None:
        root = project_with_backend(tmp_path / "ferry", backend=FAILING)
        said: list[str] = []

        with pytest.raises(BuildError) as caught, built_first([project(root, environ)], said.append):
            pass

        first, *words = caught.value.message.splitlines()
        assert first == f"{root}: expected a wheel, of uv (got exit code 2)"
        assert [line for line in words if "the backend has no wheel today" in line]
        assert {line.strip() for line in words} <= {line.strip() for line in said}

    def test_a_build_that_gives_no_wheel_is_told(self, tmp_path: Path) -> None:
        from hatch_flyte.build_first import _only

        with pytest.raises(BuildError, match=r"expected its build to give one wheel \(got none\)"):
            _only(tmp_path, "wheel", [])
        with pytest.raises(BuildError, match=r"one archive \(got 2\)\n  a\n  b"):
            _only(tmp_path, "archive", [Path("x/a"), Path("x/b")])


class TestFrontends:
    def test_without_any_the_choice_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(BuildError) as caught:
            find_frontend(str(tmp_path))

        assert str(caught.value).startswith("build: expected a build frontend, uv, pyproject-build, hatch (got none on")

    @pytest.mark.parametrize("name", FRONTENDS)
    def test_one_is_found_where_it_is_the_only_one(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).symlink_to(TOOLS / name)

        assert find_frontend(f"/nowhere{os.pathsep}{tmp_path}") == [str(tmp_path / name), *FRONTENDS[name]]

    @pytest.mark.parametrize("name", ["uv", pytest.param("pyproject-build", marks=pytest.mark.long)])
    def test_each_builds_a_wheel_into_the_folder(self, tmp_path: Path, environ: dict[str, str], name: str) -> None:
        root = project_with_backend(tmp_path / "ferry")
        program = shutil.which(name, path=str(TOOLS))
        assert program
        said: list[str] = []

        run_build([program, *FRONTENDS[name], str(tmp_path / "out")], root, environ, said.append)

        assert [path.name for path in (tmp_path / "out").glob("*.whl")] == ["acme_ferry-1.2-py3-none-any.whl"]
        assert "the backend was here" in said

    def test_what_is_interrupted_is_ended(self, tmp_path: Path, environ: dict[str, str]) -> None:
        command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
        children: list[int] = []

        def interrupted(line: str) -> None:
            children.append(int(line))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_build(command, tmp_path, environ, interrupted)

        while _runs(children[0]):
            pass  # a signal takes a moment to arrive

    def test_one_that_will_not_end_is_killed(
        self, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hatch_flyte.build_first._SECONDS_TO_LEAVE", 0.1)
        command = [
            sys.executable,
            "-uc",
            "import signal, time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(99)",
        ]

        def interrupted(_line: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_build(command, tmp_path, environ, interrupted)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
