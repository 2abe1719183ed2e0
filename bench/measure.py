"""Wall time and memory of commands and of the processes they start."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPEATS = 2
"""Runs of which the better counts."""
_SAMPLE = 0.005


@dataclass(frozen=True)
class Measured:
    """What a command took."""

    seconds: float
    parent: float
    """Peak resident memory of the command's own process, MiB."""
    child: float
    """Peak resident memory of the largest process it started, MiB; 0 without one."""
    said: str = ""


class _Sampler(threading.Thread):
    """Reads the high-water marks of a process and its children until they are gone (Linux)."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.parent, self.child, self.over = process, 0.0, 0.0, False

    def run(self) -> None:
        while not self.over:
            self.parent = max(self.parent, _peak(self.process))
            for child in _descendants(self.process):
                self.child = max(self.child, _peak(child))
            time.sleep(_SAMPLE)


def _peak(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) / 1024 if lines else 0.0


def _descendants(process: int) -> list[int]:
    try:
        children = [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []
    return children + [one for child in children for one in _descendants(child)]


def measure(command: Sequence[str], *, cwd: Path, environ: Mapping[str, str]) -> Measured:
    """Run `command`, which must succeed, and measure it."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    sampler = _Sampler(process.pid)
    sampler.start()
    said, _ = process.communicate()
    seconds = time.perf_counter() - begin
    sampler.over = True
    sampler.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    return Measured(seconds, sampler.parent, sampler.child, said)
