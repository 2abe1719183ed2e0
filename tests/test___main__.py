from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support_wheels import wheel_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parents[1]

INTERRUPTED_IMPORT = """
import os, sys

module, number = sys.argv.pop(1), int(sys.argv.pop(1))

class Interrupting:
    def find_spec(self, name, *_):
        if name == module:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Interrupting())
"""


def scripts() -> list[str]:
    """Return the programs that start the command line: the installed one, as installers write it, and `python -m`."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["hatch-flyte"].partition(":")
    return [
        f"from {module} import {function}\nsys.exit({function}())\n",
        "import runpy\nrunpy.run_module('hatch_flyte', run_name='__main__', alter_sys=True)\n",
    ]


def interrupted(script: str, module: str, number: signal.Signals, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, which gets a signal when it imports `module`."""
    command = [sys.executable, "-c", INTERRUPTED_IMPORT + script, module, str(int(number)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("script", scripts(), ids=["installed", "module"])
@pytest.mark.parametrize("module", ["click", "hatch_flyte.errors", "hatch_flyte.cli.serve", "hatch_flyte.package"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_while_modules_are_imported_is_one_word(
    script: str, module: str, number: signal.Signals, tmp_path: Path
) -> None:
    wheel = wheel_of(tmp_path, a="")

    done = interrupted(script, module, number, "package", str(wheel))

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert list(tmp_path.iterdir()) == [wheel]


@pytest.mark.parametrize(
    "module", ["hatch_flyte.interruptible", "hatch_flyte.registry.server", "hatch_flyte.cli.serve"]
)
def test_so_it_is_where_a_server_starts(module: str, tmp_path: Path) -> None:
    script = scripts()[0]

    done = interrupted(script, module, signal.SIGINT, "serve", "--port", "0", "--data", str(tmp_path / "data"))

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_it_runs_the_command_line() -> None:
    for script in scripts():
        done = subprocess.run(
            [sys.executable, "-c", f"import sys\n{script}", "nothing"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "Usage: hatch-flyte [OPTIONS] COMMAND" in done.stderr
        assert "No such command 'nothing'" in done.stderr
