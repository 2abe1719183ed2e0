from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support_doors import uncovered
from support_wheels import WheelSource, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.flytekit

TESTS = Path(__file__).parent.parent


@contextmanager
def sleeping_build(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that serializes a module which never ends; gives it and the worker's process id."""
    temporary = folder / "temporary"
    temporary.mkdir()
    source = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)\n"
    wheel = build_wheel(folder, WheelSource({"sleeps.py": source}))
    script = (
        "import sys\nfrom pathlib import Path\nfrom support_serialize import HERE, SETTINGS\n"
        "from hatch_flyte.serialize import serialize\nfrom hatch_flyte.wheel import read_wheel\n"
        f"serialize(read_wheel(Path({str(wheel)!r})), SETTINGS, HERE)\n"
    )
    environment = {
        **uncovered(),
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
    }
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        yield process, int(process.stderr.readline())
        process.stderr.read()  # ends when the worker has ended too: it has the same standard error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_worker_ends_with_its_parent_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    started = time.monotonic()
    with sleeping_build(tmp_path) as (process, _):
        process.send_signal(number)
    assert time.monotonic() - started < 60
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_signalled_itself_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with sleeping_build(tmp_path) as (process, worker):
        os.kill(worker, number)
    assert process.returncode == 1
    assert list((tmp_path / "temporary").iterdir()) == []
