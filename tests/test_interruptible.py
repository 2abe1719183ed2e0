from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.interruptible import run

if TYPE_CHECKING:
    import asyncio

TWICE = """
import asyncio, os, signal
from hatch_flyte.interruptible import run

async def stubborn(stop):
    os.kill(os.getpid(), signal.SIGINT)
    await stop.wait()
    os.kill(os.getpid(), signal.SIG{second})
    await asyncio.sleep(60)

try:
    run(stubborn)
except KeyboardInterrupt:
    print("cut off")
"""


def test_the_result_is_returned() -> None:
    async def use_case(stop: asyncio.Event) -> int:
        return 7 if not stop.is_set() else 0

    assert run(use_case) == 7


def test_an_error_leaves() -> None:
    async def use_case(_stop: asyncio.Event) -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        run(use_case)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_event_tells_and_lets_the_use_case_end(number: signal.Signals) -> None:
    told: list[str] = []

    async def use_case(stop: asyncio.Event) -> str:
        os.kill(os.getpid(), number)
        await stop.wait()
        return "ended in order"

    assert run(use_case, lambda: told.append("stopping")) == "ended in order"
    assert told == ["stopping"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


IGNORED = """
import asyncio, os, signal
from hatch_flyte.interruptible import run

async def use_case(stop):
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0)
    return stop.is_set()

signal.signal(signal.SIGHUP, signal.SIG_IGN)
print(run(use_case), signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""


def test_a_terminal_that_is_closed_is_nothing_to_what_nohup_started() -> None:
    done = subprocess.run([sys.executable, "-c", IGNORED], capture_output=True, text=True, check=True, timeout=30)

    assert done.stdout == "False True\n"


def test_a_second_ctrl_c_cuts_it_off() -> None:
    script = TWICE.format(second="INT")

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)

    assert (done.stdout, done.stderr) == ("cut off\n", "")


def test_a_sigterm_after_it_ends_the_process() -> None:
    script = TWICE.format(second="TERM")

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == -signal.SIGTERM
