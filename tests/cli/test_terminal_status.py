from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from hatch_flyte.cli.status import print_error, print_table, waiting

if TYPE_CHECKING:
    import pytest

ON_TERMINAL = """
from hatch_flyte.cli.status import print_table, waiting

with waiting("Serializing") as say:
    say("registering [bold]x[/nothing]")
print_table(["name"], [["[bold]a[/nothing]"]])
"""


def on_terminal(script: str) -> str:
    """Return what a script writes on a terminal."""
    ours, theirs = pty.openpty()
    parts: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:  # Linux's way to say that the last writer is gone
            pass

    reader = threading.Thread(target=read)
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environ.pop("NO_COLOR", None)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    reader.start()
    assert process.wait() == 0
    reader.join()
    os.close(ours)
    return b"".join(parts).decode()


def test_a_terminal_shows_progress_and_a_ruled_table_with_names_to_the_letter() -> None:
    said = on_terminal(ON_TERMINAL)

    assert "registering [bold]x[/nothing]" in said
    assert "[bold]a[/nothing]" in said
    assert "───" in said


def test_elsewhere_there_is_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("Serializing") as say:
        say("registering")

    assert capsys.readouterr() == ("", "")


def test_elsewhere_a_table_is_plain_and_never_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300

    print_table(["kind", "name"], [["task", long], ["workflow", "[bold]y[/nothing]"]])

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["kind", "name"],
        ["task", long],
        ["workflow", "[bold]y[/nothing]"],
    ]


def test_an_error_stands_on_stderr_and_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("a.tgz: expected\n\x1b[31m")

    assert capsys.readouterr() == ("", "error: a.tgz: expected\n\\x1b[31m\n")
