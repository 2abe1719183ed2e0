"""The command line: `hatch-flyte`.

Owns words on the terminal and exit codes. Everything heavy is imported by the command that needs it: `--help` costs
click alone.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from hatch_flyte import __version__
from hatch_flyte.cli.status import print_error
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.signals import INTERRUPTED


class _Group(click.Group):
    """A group whose commands end in one message and the error's exit code."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **options)
        except KeyboardInterrupt:
            _interrupted()

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HatchFlyteError as problem:
            print_error(str(problem))
            ctx.exit(problem.exit_code)
        except OSError as problem:
            if problem.errno == errno.EPIPE:
                raise  # click ends quietly when nobody reads on
            print_error(f"{problem.filename or 'output'}: cannot be read or written ({problem.strerror or problem})")
            ctx.exit(HatchFlyteError.exit_code)
        except KeyboardInterrupt:
            _interrupted()


def _interrupted() -> NoReturn:
    # click's own would be "Aborted!", and 1.
    click.echo("interrupted", err=True)
    sys.exit(INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hatch-flyte")
@click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Act as if started in this folder.",
)
def main(directory: Path | None) -> None:
    """Build Flyte archives with your wheels, and register them in named clusters.

    Shell completion: see `docs/cli.md`.
    """
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
    if directory:
        os.chdir(directory)


def _add_commands() -> None:
    from hatch_flyte.cli.check import check
    from hatch_flyte.cli.config import config
    from hatch_flyte.cli.diff import diff
    from hatch_flyte.cli.history import history
    from hatch_flyte.cli.list import list_entities
    from hatch_flyte.cli.package import package
    from hatch_flyte.cli.plan import plan
    from hatch_flyte.cli.promote import promote
    from hatch_flyte.cli.publish import publish
    from hatch_flyte.cli.registry import registry
    from hatch_flyte.cli.rollback import rollback
    from hatch_flyte.cli.serve import serve
    from hatch_flyte.cli.show import show
    from hatch_flyte.cli.standing import status

    publishing = (plan, publish, status, history, rollback, promote)
    for command in (package, check, show, diff, *publishing, list_entities, serve, registry, config):
        main.add_command(command)


_add_commands()
