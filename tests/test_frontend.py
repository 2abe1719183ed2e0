from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hatch_flyte.errors import ConfigError
from hatch_flyte.frontend import (
    build_time,
    calling_command,
    is_editable_request,
    is_thrown_away,
    is_wheel_request,
    keeps_wheels_only,
    surroundings,
    will_be_thrown_away,
)


class TestThrownAwayByItsFolder:
    @pytest.mark.parametrize(
        "folder",
        [
            *("/tmp/pip-wheel-abc1", "/tmp/pip-ephem-wheel-cache-x/wheels", "/tmp/pip-modern-metadata-9"),  # noqa: S108 # as pip has them
            "/root/.cache/uv/builds-v0/.tmpAbC/dist",
            r"C:\cache\uv\builds-v1\.tmpX",
        ],
    )
    def test_pips_and_uvs_own_folders(self, folder: str) -> None:
        path = Path(folder)

        assert is_thrown_away(path, {}) or is_thrown_away(path.parent, {})

    def test_every_folder_under_pip(self) -> None:
        assert is_thrown_away(Path("dist"), {"PIP_BUILD_TRACKER": "/tmp/x"})  # noqa: S108 # as pip has it

    @pytest.mark.parametrize("folder", ["dist", "/home/pip-wheelhouse", "/srv/builds-v0/dist", "/src/pip"])
    def test_no_folder_of_the_users(self, folder: str) -> None:
        assert not is_thrown_away(Path(folder), {})


class TestThrownAwayByTheCaller:
    @pytest.mark.parametrize(
        "command",
        ["uv pip install .", "uv sync", "/usr/bin/uv --quiet run x", "uv tool install .", "uv --directory x add y"],
    )
    def test_uv_installs(self, command: str) -> None:
        assert will_be_thrown_away({}, command.split())

    @pytest.mark.parametrize("command", ["uv build", "uv -q build --wheel", "uv", "python -m build", "uvx sync", ""])
    def test_others_keep_it(self, command: str) -> None:
        assert not will_be_thrown_away({}, command.split())

    def test_pip_says_it_in_the_environment(self) -> None:
        assert will_be_thrown_away({"PIP_BUILD_TRACKER": "x"}, ())


class TestKeptWithoutWhatLiesBeside:
    ENVIRON = {"HATCH_ENV_ACTIVE": "hatch-build"}  # noqa: RUF012 # nobody changes it

    @pytest.mark.parametrize("script", ["get_requires_wheel.py", "build_wheel.py"])
    def test_hatch_build_of_another_backend(self, script: str) -> None:
        assert keeps_wheels_only(self.ENVIRON, ("python", "-u", f"/tmp/x/{script}"))  # noqa: S108 # as hatch has it

    @pytest.mark.parametrize("command", ["python -u -m hatchling build", "python -m build", ""])
    def test_others_keep_it(self, command: str) -> None:
        assert not keeps_wheels_only(self.ENVIRON, command.split())

    def test_a_script_of_the_users_does_not_count(self) -> None:
        assert not keeps_wheels_only({}, ("python", "build_wheel.py"))


class TestCallingCommand:
    def test_the_words_of_a_process_are_found(self) -> None:
        command = [sys.executable, "-c", "print(flush=True); input()", "a b"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            words = calling_command(process.pid)
            process.communicate(b"\n")

        assert words == tuple(command)

    def test_a_process_that_is_gone_has_none(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            pass

        assert calling_command(process.pid) == ()

    def test_without_ps_nothing_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            pass
        monkeypatch.setenv("PATH", "")

        assert calling_command(process.pid) == ()


def test_an_editable_request_is_known_by_the_hook_that_calls() -> None:
    def get_requires_for_build_editable() -> bool:
        return is_editable_request()

    def get_requires_for_build_wheel() -> bool:
        return is_editable_request()

    assert get_requires_for_build_editable()
    assert not get_requires_for_build_wheel()


def test_a_wheels_request_is_neither_an_editables_nor_an_sdists() -> None:
    def get_requires_for_build_wheel() -> bool:
        return is_wheel_request()

    def get_requires_for_build_editable() -> bool:
        return get_requires_for_build_wheel()

    def get_requires_for_build_sdist() -> bool:
        return is_wheel_request()

    assert get_requires_for_build_wheel()
    assert not get_requires_for_build_editable()
    assert not get_requires_for_build_sdist()


class TestBuildTime:
    def test_it_is_hatchlings_default_or_what_is_set(self) -> None:
        assert build_time({}) == build_time({"SOURCE_DATE_EPOCH": ""}) == 1580601600
        assert build_time({"SOURCE_DATE_EPOCH": "1700000000"}) == 1700000000

    @pytest.mark.parametrize("text", ["now", "-1", "1.5", " "])
    def test_what_is_no_time_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH: expected seconds since 1970"):
            build_time({"SOURCE_DATE_EPOCH": text})


def test_surroundings_are_read_from_the_environment(tmp_path: Path) -> None:
    environ = {"VIRTUAL_ENV": "/venv", "SOURCE_DATE_EPOCH": "5", "HATCH_FLYTE_COMMIT": "abc"}

    around = surroundings(tmp_path, tmp_path / "out", environ)

    assert (around.root, around.output, around.virtual_env, around.time) == (tmp_path, tmp_path / "out", "/venv", 5)
    assert around.commit() == "abc"
    assert surroundings(tmp_path, tmp_path, {"PATH": os.defpath}).virtual_env is None
