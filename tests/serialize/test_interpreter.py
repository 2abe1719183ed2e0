from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from hatch_flyte.errors import InterpreterError
from hatch_flyte.serialize.interpreter import Interpreter, Request, choose_interpreter

if TYPE_CHECKING:
    from pathlib import Path

HERE = "the Python that runs hatch-flyte"
PYTHON = ".".join(map(str, sys.version_info[:3]))
NOT_HERE = "not-a-distribution>=2"


def request(
    root: Path, *requires: str, configured: tuple[str, ...] = (), virtual_env: Path | str | None = None
) -> Request:
    return Request(
        requires=tuple(map(Requirement, requires)),
        configured=configured,
        root=root,
        virtual_env=str(virtual_env) if virtual_env else None,
    )


def refusal(asked: Request) -> InterpreterError:
    with pytest.raises(InterpreterError) as caught:
        choose_interpreter(asked)
    return caught.value


def library_of(environment: Path) -> Path:
    return environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def install(library: Path, name: str, version: str) -> None:
    """Lay out a distribution as an installer would, without modules."""
    folder = library / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real environment with nothing in it."""
    folder = tmp_path_factory.mktemp("environments") / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A real environment with something that passes for the oldest flytekit that works, and `not-a-distribution`."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    install(library_of(folder), "flytekit", "1.14.0")
    (library_of(folder) / "flytekit" / "tools").mkdir(parents=True)
    (library_of(folder) / "flytekit" / "tools" / "serialize_helpers.py").write_text("print('noise')\n")
    install(library_of(folder), "not-a-distribution", "2.1")
    return folder


class TestConfigured:
    def test_it_is_taken_unasked(self, tmp_path: Path) -> None:
        asked = request(tmp_path, NOT_HERE, configured=(sys.executable, "-X", "dev"))
        expected = Interpreter(
            (sys.executable, "-X", "dev"), "the interpreter that tool.hatch-flyte.python names", folder=tmp_path
        )
        assert choose_interpreter(asked) == expected

    def test_a_relative_path_starts_at_the_project(self, tmp_path: Path, empty_environment: Path) -> None:
        (tmp_path / ".venv").symlink_to(empty_environment)
        chosen = choose_interpreter(request(tmp_path, configured=(".venv/bin/python",)))
        assert chosen.command == (str(tmp_path / ".venv" / "bin" / "python"),)

    def test_a_bare_name_is_looked_up_on_the_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "python-of-mine").symlink_to(sys.executable)
        monkeypatch.setenv("PATH", str(tmp_path))
        chosen = choose_interpreter(request(tmp_path, configured=("python-of-mine",)))
        assert chosen.command == (str(tmp_path / "python-of-mine"),)

    @pytest.mark.parametrize(("command", "shown"), [(".venv/bin/python", "{}/.venv/bin/python"), ("pyhton", "pyhton")])
    def test_one_that_does_not_exist_is_refused_by_its_key(self, tmp_path: Path, command: str, shown: str) -> None:
        error = refusal(request(tmp_path, configured=(command,)))
        path = shown.format(tmp_path)
        assert error.message == (
            f"tool.hatch-flyte.python: expected a Python interpreter (got `{path}`, which is no program)"
        )
        assert "change tool.hatch-flyte.python" in error.hint


@pytest.mark.flytekit
class TestOwn:
    def test_it_is_taken_if_it_has_what_is_needed(self, tmp_path: Path) -> None:
        chosen = choose_interpreter(request(tmp_path, "flytekit>=1.10", "packaging", 'nothing; python_version < "3"'))
        assert (chosen.command, chosen.why) == ((sys.executable,), HERE)

    def test_its_search_path_is_handed_over_without_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "link").symlink_to(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.syspath_prepend(str(tmp_path / "link"))
        monkeypatch.syspath_prepend("")
        chosen = choose_interpreter(request(tmp_path))
        assert chosen.sys_path == tuple(sys.path[3:])

    def test_what_setuptools_has_put_there_for_itself_is_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendored = str(tmp_path / "site-packages" / "setuptools" / "_vendor")
        monkeypatch.setattr(sys, "path", [*sys.path, vendored])

        assert vendored not in (choose_interpreter(request(tmp_path / "project")).sys_path or ())

    def test_it_is_shown_with_how_it_was_come_by(self, tmp_path: Path) -> None:
        assert str(choose_interpreter(request(tmp_path))) == f"{sys.executable} ({HERE})"


class TestEnvironments:
    def test_the_active_one_is_taken_if_ours_lacks_something(self, tmp_path: Path, environment: Path) -> None:
        chosen = choose_interpreter(request(tmp_path, NOT_HERE, virtual_env=environment))
        assert chosen == Interpreter((str(environment / "bin" / "python"),), "the active environment")

    def test_the_project_s_own_comes_last(self, tmp_path: Path, environment: Path, empty_environment: Path) -> None:
        (tmp_path / ".venv").symlink_to(environment)
        chosen = choose_interpreter(request(tmp_path, NOT_HERE, virtual_env=empty_environment))
        assert (chosen.command[0], chosen.why) == (str(tmp_path / ".venv" / "bin" / "python"), "the project's .venv")

    def test_markers_are_those_of_the_environment(self, tmp_path: Path, environment: Path) -> None:
        wishes = (NOT_HERE, "missing; sys_platform == 'nowhere'", f"missing; python_full_version != '{PYTHON}'")
        assert choose_interpreter(request(tmp_path, *wishes, virtual_env=environment)).why == "the active environment"

    def test_a_version_that_cannot_be_compared_is_accepted(self, tmp_path: Path, environment: Path) -> None:
        install(library_of(environment), "oddity", "final")
        chosen = choose_interpreter(request(tmp_path, NOT_HERE, "oddity>=1", virtual_env=environment))
        assert chosen.why == "the active environment"

    def test_a_flytekit_that_may_be_too_old_is_tried(self, tmp_path: Path, environment: Path) -> None:
        library = library_of(environment)
        (library / "flytekit-1.14.0.dist-info" / "METADATA").write_text("Name: flytekit\nVersion: 1.3.1\n")
        asked = request(tmp_path, NOT_HERE, virtual_env=environment)
        assert choose_interpreter(asked).why == "the active environment"
        (library / "flytekit" / "tools" / "serialize_helpers.py").unlink()
        assert "flytekit 1.3.1 does not import on Python " in refusal(asked).message
        assert "(ModuleNotFoundError: No module named 'flytekit.tools.serialize_helpers')" in refusal(asked).message

    def test_what_flytekit_leaves_in_the_temporary_folder_when_tried_goes_away(
        self, tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library = library_of(environment)
        (library / "flytekit-1.14.0.dist-info" / "METADATA").write_text("Name: flytekit\nVersion: 1.3.1\n")
        leaving = "import pathlib, tempfile\npathlib.Path(tempfile.mkdtemp(), 'left').touch()\n"
        (library / "flytekit" / "tools" / "serialize_helpers.py").write_text(leaving)
        (tmp_path / "temporary").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
        monkeypatch.setattr("tempfile.tempdir", None)  # computed once a process

        assert choose_interpreter(request(tmp_path, NOT_HERE, virtual_env=environment)).why == "the active environment"
        assert list((tmp_path / "temporary").iterdir()) == []


class TestNone:
    def test_each_is_told_with_what_it_lacks(self, tmp_path: Path, environment: Path, empty_environment: Path) -> None:
        (tmp_path / ".venv").symlink_to(environment)
        asked = request(tmp_path, "not-a-distribution>=3", "flytekit>=1.10", virtual_env=empty_environment)
        ours, active, project = refusal(asked).message.splitlines()[1:]
        assert ours.startswith(f"  {sys.executable} ({HERE}): Python {PYTHON} lacks ")
        assert ours.endswith("not-a-distribution>=3")
        assert active == (
            f"  {empty_environment}/bin/python (the active environment): "
            f"Python {PYTHON} lacks not-a-distribution>=3, flytekit>=1.10"
        )
        assert project == (
            f"  {tmp_path}/.venv/bin/python (the project's .venv): "
            f"Python {PYTHON} lacks not-a-distribution>=3 (has 2.1)"
        )

    def test_three_ways_out_are_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HATCH_ENV_ACTIVE", raising=False)
        hint = refusal(request(tmp_path, NOT_HERE)).hint
        assert '`python = ".venv/bin/python"` under [tool.hatch-flyte]' in hint
        assert "`requires` under [build-system]" in hint
        assert "make a `.venv`" in hint
        assert "1.18.2" not in hint

    def test_under_hatch_its_versions_that_install_nothing_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HATCH_ENV_ACTIVE", "hatch-build")
        assert "hatch before 1.18.2" in refusal(request(tmp_path, NOT_HERE)).hint

    def test_an_environment_that_does_not_exist_is_told(self, tmp_path: Path) -> None:
        message = refusal(request(tmp_path, NOT_HERE, virtual_env=tmp_path / "gone")).message
        assert f"  {tmp_path}/gone/bin/python (the active environment): does not exist\n" in message
        assert message.endswith(f"  {tmp_path}/.venv/bin/python (the project's .venv): does not exist")

    def test_the_same_environment_is_asked_once(self, tmp_path: Path, empty_environment: Path) -> None:
        (tmp_path / ".venv").symlink_to(empty_environment)
        asked = request(tmp_path, NOT_HERE, virtual_env=empty_environment)
        assert len(refusal(asked).message.splitlines()) == 3
        assert len(refusal(request(tmp_path, NOT_HERE, virtual_env=sys.prefix)).message.splitlines()) == 3

    @pytest.mark.parametrize(
        ("script", "told"),
        [
            ("echo broken >&2; exit 3", "is no Python that works (broken)"),
            ("exit 3", "is no Python that works (exit code 3)"),
            ("echo hello", "is no Python that works (it does not answer as Python does)"),
            ("true", "is no Python that works (it does not answer as Python does)"),
        ],
    )
    def test_an_environment_that_does_not_work_is_told(self, tmp_path: Path, script: str, told: str) -> None:
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        assert refusal(request(tmp_path, NOT_HERE)).message.endswith(f"(the project's .venv): {told}")

    def test_an_environment_that_may_not_be_run_is_told(self, tmp_path: Path) -> None:
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("")
        assert "is no Python that works (" in refusal(request(tmp_path, NOT_HERE)).message
        assert os.strerror(13) in refusal(request(tmp_path, NOT_HERE)).message
