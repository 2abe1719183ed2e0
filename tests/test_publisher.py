from __future__ import annotations

import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from support_archives import archive_of, task, write_tar
from support_doors import cluster, isolate
from support_machine import Call, Recorder, recording, serving_here

from hatch_flyte.archive import write_archive

COMMAND = (sys.executable, "-m", "hatch", "publish", "-p", "flyte")
PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n'
IMPLICIT = "local (no cluster is configured: this is the local registry): "


@dataclass(frozen=True)
class Said:
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A project with an archive in its build directory."""

    root: Path

    def configure(self, text: str) -> None:
        (self.root / "pyproject.toml").write_text(PROJECT + text)

    def archive(self, name: str = "dist/acme_pipelines-1.0-flyte.tgz", version: str = "1.0") -> Path:
        path = self.root / name
        write_archive(path, archive_of(version=version))
        return path

    def publish(self, *arguments: str | Path, code: int = 0, cwd: Path | None = None) -> Said:
        """Run `hatch publish -p flyte`; `code` is the exit code it must have."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)], cwd=cwd or self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return Said(done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project")
    project.root.mkdir()
    project.configure("")
    isolate(project.root, monkeypatch)
    monkeypatch.setenv("HATCH_DATA_DIR", str(tmp_path / "hatch"))
    return project
