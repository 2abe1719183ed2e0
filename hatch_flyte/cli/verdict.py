"""Commands whose exit code is an answer: 0 and 1 are two answers, everything else is trouble.

As diff(1) and linters have it: who asks in a script has to be able to tell a "no" from "it could not be found out".
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, Final

import click

from hatch_flyte.errors import HatchFlyteError

TROUBLE: Final = 2


class TroubleError(HatchFlyteError):
    """What is wrong is no answer: any code but 0 and 1."""

    exit_code = TROUBLE


class Verdict(click.Command):
    """A command that ends with 0 and 1 for nothing but its answers."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and keep 0 and 1 for it."""
        try:
            return super().invoke(ctx)
        except HatchFlyteError as problem:
            if problem.exit_code != HatchFlyteError.exit_code:
                raise
            raise TroubleError(problem.message, hint=problem.hint) from problem
        except OSError as problem:
            if problem.errno == errno.EPIPE:
                # Nobody reads on. click ends quietly too, but with 1. What is left to write goes nowhere.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                ctx.exit(TROUBLE)
            raise TroubleError(f"output: cannot be written ({problem.strerror or problem})") from problem
