"""`--output github`: a publish in a job's log, at the lines of the source, and in the job's summary."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from hatch_flyte.cli.rendering import Text
from hatch_flyte.cli.repository import in_repository, repository
from hatch_flyte.github_text import annotation_lines, summary
from hatch_flyte.report_text import report_lines
from hatch_flyte.workflow_commands import command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.errors import HatchFlyteError

SUMMARY: Final = "GITHUB_STEP_SUMMARY"


class GitHub(Text):
    """Lines for the log, then annotations; and a summary for the job's page, where GitHub names a file for it."""

    def __init__(self, outlet: Outlet, verbosity: int, roots: Sequence[Path]) -> None:
        super().__init__(outlet, verbosity)
        self._roots = roots

    def finish(self, code: int) -> None:
        """See `Renderer.finish`."""
        self._log()
        whole = repository()
        for published in self.done:
            for line in annotation_lines(published, lambda path: in_repository(path, self._roots, whole)):
                self.outlet.say(line)
        self._summarize(summary(self.done, code))

    def fail(self, problem: HatchFlyteError) -> None:
        """See `Renderer.fail`."""
        self.outlet.say(command("error", {"title": "hatch-flyte"}, str(problem)))

    def _log(self) -> None:
        """Write the lines for people. Until the token comes again no line of them is a command, whoever wrote it."""
        token = secrets.token_hex(16)
        self.outlet.say(command("stop-commands", {}, token))
        for published in self.done:
            for _, line in report_lines(published, self.verbosity):
                self.outlet.say(line)
        self.outlet.say(command(token, {}, ""))

    def _summarize(self, text: str) -> None:
        path = os.environ.get(SUMMARY)
        if not path:
            return
        try:
            with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 # GitHub's own path
                file.write(text)
        except OSError as problem:
            self.outlet.warn(f"{SUMMARY}: cannot be written ({problem.strerror or problem})")
