from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from support_serialize import TASK
from support_wheels import wheel_of

from hatch_flyte.wheel_build import BuiltWheel, Project, finish

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVE = "acme_pipelines-1.4-flyte.tgz"
TABLE = {"image": "ghcr.io/acme/p:1"}


class Aborted(Exception):  # noqa: N818 # it is no error
    """How a host of the tests ends a build."""


@dataclass
class Host:
    """A backend that remembers what it was told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def info(self, text: str) -> None:
        self.told.append(("info", text))

    def debug(self, text: str) -> None:
        self.told.append(("debug", text))

    def warning(self, text: str) -> None:
        self.told.append(("warning", text))

    def abort(self, text: str, code: int) -> NoReturn:
        raise Aborted(text, code)

    def texts(self, level: str) -> list[str]:
        return [text for one, text in self.told if one == level]


def project(root: Path, table: object = None, hook: Any = None, **environ: str) -> Project:
    return Project(root=root, tool_table=table, hook_table=hook or {}, environ=environ)


def built(folder: Path, final: Path | None = None) -> BuiltWheel:
    path = wheel_of(folder, acme____init__="", acme__jobs=TASK)
    return BuiltWheel(path=path, folder=final or folder, name="acme-pipelines", version="1.4")


class TestNamedOutput:
    def test_the_variable_comes_before_the_hooks_table_and_that_before_the_shared_one(self, tmp_path: Path) -> None:
        shared, hook = {"output-dir": "shared"}, {"output-dir": "hook"}

        assert project(tmp_path, shared).named_output == "shared"
        assert project(tmp_path, shared, hook).named_output == "hook"
        assert project(tmp_path, shared, hook, HATCH_FLYTE_OUTPUT_DIR="variable").named_output == "variable"
        assert project(tmp_path, shared, hook, HATCH_FLYTE_OUTPUT_DIR="").named_output == "hook"

    def test_without_a_name_it_is_where_the_wheel_lands(self, tmp_path: Path) -> None:
        assert project(tmp_path).output(tmp_path / "dist") == tmp_path / "dist"
        assert project(tmp_path, {"output-dir": "a"}).output(tmp_path / "dist") == tmp_path / "a"

    @pytest.mark.parametrize("table", [None, 1, [], {"output-dir": ""}])
    def test_what_is_wrong_is_not_judged_here(self, tmp_path: Path, table: object) -> None:
        assert project(tmp_path, table).named_output == ""


class TestFinishing:
    @pytest.mark.flytekit
    def test_an_archive_goes_where_the_wheel_lands_and_not_where_it_lies(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:1"\nload-check = false\n')
        (tmp_path / ".tmp-1").mkdir()
        host = Host()

        finish(project(tmp_path), built(tmp_path / ".tmp-1", tmp_path / "dist"), host)

        assert [path.name for path in (tmp_path / "dist").iterdir()] == [ARCHIVE]
        assert host.texts("info")[-1] == f"flyte: 1 task in {tmp_path}/dist/{ARCHIVE}"
        assert host.texts("warning") == []

    @pytest.mark.flytekit
    def test_what_packaging_warns_of_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(
            '[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:latest"\nload-check = false\n'
        )
        host = Host()

        finish(project(tmp_path), built(tmp_path), host)

        [warning] = host.texts("warning")
        assert warning.startswith("flyte: ")
        assert "`ghcr.io/acme/p:latest`" in warning

    def test_a_wheel_that_is_thrown_away_is_left_alone_and_hardly_spoken_of(self, tmp_path: Path) -> None:
        host, wheel = Host(), built(tmp_path)

        finish(project(tmp_path, PIP_BUILD_TRACKER="x"), wheel, host)

        assert list(tmp_path.iterdir()) == [wheel.path]
        assert [level for level, _ in host.told] == ["debug"]

    def test_what_goes_wrong_leaves_neither_these_nor_earlier_files(self, tmp_path: Path) -> None:
        for name in (".tmp-1", "dist", "archives"):
            (tmp_path / name).mkdir()
        wheel = built(tmp_path / ".tmp-1", tmp_path / "dist")
        for name in (f"dist/{wheel.path.name}", f"archives/{wheel.path.name}", f"archives/{ARCHIVE}", "dist/other.whl"):
            (tmp_path / name).touch()
        host = Host()

        with pytest.raises(Aborted) as aborted:
            finish(project(tmp_path, HATCH_FLYTE_OUTPUT_DIR="archives"), wheel, host)

        text, code = aborted.value.args
        assert text.startswith("flyte: tool.hatch-flyte.image: ")
        assert code == 2
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["other.whl"]


SIGNALLED = """
import os, signal, sys
from hatch_flyte.wheel_build import BuiltWheel, Project, finish
from pathlib import Path

class Host:
    def info(self, text):
        for _ in range(2):
            os.kill(os.getpid(), int(sys.argv[1]))

    def abort(self, text, code):
        print(text, code, *os.listdir())
        os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(7)

here = Path.cwd()
wheel = BuiltWheel(path=here / "a.whl", folder=here, name="a", version="1")
finish(Project(root=here, tool_table={}, hook_table={}, environ=os.environ), wheel, Host())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_neither_wheel_nor_archive_and_the_next_ones_cut_nothing_off(
    tmp_path: Path, number: signal.Signals
) -> None:
    for name in ("a.whl", "a-1-flyte.tgz"):
        (tmp_path / name).touch()
    command = [sys.executable, "-c", SIGNALLED, str(int(number))]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr, done.returncode) == ("flyte: interrupted 130\n", "", 7)


HATCH = """
import os, sys
from hatch_flyte.wheel_build import BuiltWheel, Project, finish
from pathlib import Path

class Host:
    def __getattr__(self, name): return lambda text: print(name, text)

here = Path.cwd()
wheel = BuiltWheel(path=here / "a.whl", folder=here, name="a", version="1")
finish(Project(root=here, tool_table={}, hook_table={}, environ=os.environ), wheel, Host())
"""


def test_where_only_wheels_are_kept_a_warning_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "build_wheel.py").write_text(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]])"
    )
    command = [sys.executable, str(tmp_path / "build_wheel.py"), HATCH]
    environ = {**os.environ, "HATCH_ENV_ACTIVE": "hatch-build"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("warning flyte: a.whl is not serialized: ")
    assert 'output-dir = "dist"' in done.stdout
