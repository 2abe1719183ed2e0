"""What every test run says at its end: which tests were not run, and how to run them."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

collect_ignore = ["layouts"]  # projects of users, some with tests of their own

NOT_RUN: Counter[str] = Counter()

LONG = "long: `hatch run test-all` runs them"
NO_FLYTEKIT = "need flytekit, which this Python has not"


def pytest_configure() -> None:
    # Where it is set each of the processes that tests start compiles all that it imports: half of what it takes.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Tests send it, here and to what they start; `nohup` has it ignored.
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("flytekit") is not None:
        return
    without = [item for item in items if item.get_closest_marker("flytekit")]
    NOT_RUN[NO_FLYTEKIT] += len(without)
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    NOT_RUN[LONG] += sum(item.get_closest_marker("long") is not None for item in items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist: each collects all tests
        session.config.workeroutput["not run"] = dict(NOT_RUN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    told = getattr(node, "workeroutput", {})  # nothing of one that crashed
    NOT_RUN.update(Counter(told.get("not run", {})) - NOT_RUN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for why, count in NOT_RUN.items():
        if count:
            terminalreporter.write_line(f"not run: {count} ({why})", yellow=True)
