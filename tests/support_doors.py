"""The command line as its user meets it: a folder, an environment, exit codes and two streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of

from hatch_flyte.archive import archive_name, write_archive
from hatch_flyte.cli import main

if TYPE_CHECKING:
    from google.protobuf.message import Message

IMAGE = "ghcr.io/acme/p:1"
COMMAND = (sys.executable, "-m", "hatch_flyte")
TOOLS = Path(sys.executable).parent


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Door:
    """Runs `hatch-flyte` in a folder of its own, with nothing of this machine's user."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path, code: int = 0) -> Said:
        """Run a command in this process; `code` is the exit code it must have."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.main([str(argument) for argument in arguments], prog_name="hatch-flyte")
        out, err = self.capture.readouterr()
        assert ended.value.code == code, f"exit code {ended.value.code}\n{out}\n{err}"
        assert "Traceback" not in err
        return Said(code, out, err)

    def process(self, *arguments: str | Path, code: int = 0, shell: str = "") -> Said:
        """Run a command as a process; `shell` is what a shell does with it (`| head -1`)."""
        command = [*COMMAND, *map(str, arguments)]
        if shell:
            command = ["bash", "-o", "pipefail", "-c", f'"$@" {shell}', "bash", *command]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return Said(code, done.stdout, done.stderr)

    def configure(self, text: str) -> None:
        """Write `pyproject.toml`."""
        (self.folder / "pyproject.toml").write_text(text)

    def archive(self, *messages: Message, version: str = "1.0") -> Path:
        """Write an archive into the build directory."""
        path = self.folder / "dist" / archive_name("acme-pipelines", version)
        write_archive(path, archive_of(*messages, version=version))
        return path


def isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `folder` the current one, and the environment that of a user who has configured nothing."""
    for name in list(os.environ):
        if name.startswith(("HATCH_", "FLYTE_", "CI")) or name in {"VIRTUAL_ENV", "SOURCE_DATE_EPOCH"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HATCH_FLYTE_DATA", str(folder.parent / "registry"))
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent / "config"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(folder)


def cluster(name: str, endpoint: str, **more: str) -> str:
    """Return the table of a cluster, as pyproject.toml has it."""
    table = {"endpoint": endpoint, "project": "flytesnacks", "domain": "development", **more}
    return f"[tool.hatch-flyte.clusters.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in table.items())
