"""The command line as its user meets it: a folder, an environment, exit codes and two streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of

from hatch_flyte.archive import archive_name, write_archive
from hatch_flyte.cli import main
from hatch_flyte.registry.server import Addresses, ServeOptions, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def in_little_room(self, size: int, *arguments: str | Path, code: int) -> Said:
        """Run a command as a process that can write no file larger than `size` bytes, as on a disk that is full."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env=uncovered(),  # coverage would find no room either
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
            capture_output=True,
            text=True,
            check=False,
        )
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


@contextlib.contextmanager
def serving_here(folder: Path, **options: Any) -> Iterator[str]:
    """Serve the local registry in `folder`, in a thread of this process; give its address."""
    found: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def on_ready(addresses: Addresses) -> None:
        found.append(addresses.grpc)
        ready.set()

    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(folder, ServeOptions(**options), on_ready, stop))
    )
    thread.start()
    try:
        assert ready.wait(30)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def uncovered() -> dict[str, str]:
    """Return this environment for a process whose coverage is not measured.

    For one that is interrupted, too: coverage's tracer takes a lock now and then, and an exception that a signal raises
    there leaves it locked for ever.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def until_stopping(process: subprocess.Popen[str]) -> None:
    """Wait until a publish has taken the signal that asks it to stop: it no longer catches SIGTERM (Linux tells it)."""
    while process.poll() is None and _catches(process.pid, signal.SIGTERM):
        pass


def _catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(mask, 16) >> (number - 1) & 1)
