"""`hatch-flyte diff`: what changed from one archive to another."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.errors import HatchFlyteError

if TYPE_CHECKING:
    from hatch_flyte.contents import Opened

DIFFERENT = 1
TROUBLE = 2
COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


class TroubleError(HatchFlyteError):
    """What is wrong is no difference: any code but 0 and 1."""

    exit_code = TROUBLE


class _Diff(click.Command):
    """A command that never ends with 1 but for a difference, as diff(1)."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as problem:
            if problem.errno == errno.EPIPE:
                # Nobody reads on. click ends quietly too, but with 1. What is left to write goes nowhere.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                ctx.exit(TROUBLE)
            raise TroubleError(f"output: cannot be written ({problem.strerror or problem})") from problem


@click.command(cls=_Diff)
@click.argument("old", type=click.Path(path_type=Path), metavar="A.tgz")
@click.argument("new", type=click.Path(path_type=Path), metavar="B.tgz")
@click.option("--json", "as_json", is_flag=True, help="Print every change as JSON.")
def diff(old: Path, new: Path, as_json: bool) -> None:  # noqa: FBT001 # click's calling convention
    """Show what changed from archive A.tgz to archive B.tgz.

    The exit code is 0 if nothing did, 1 if something did, 2 or more if it could not be found out.
    """
    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.archives import inside
    from hatch_flyte.change_text import change_lines, to_json
    from hatch_flyte.changes import archive_changes
    from hatch_flyte.contents import opened

    def look_into(path: Path) -> Opened:
        archive = read_archive(path)
        with inside(path):
            return opened(archive)

    changes = archive_changes(look_into(old), look_into(new))
    code = DIFFERENT if changes else 0
    if as_json:
        click.echo(json.dumps(to_json(changes, code)))
    elif changes:
        for word, line in change_lines(changes):
            click.secho(line, fg=COLOURS.get(word))
    else:
        click.echo("no difference", err=True)
    if not changes.manifests:
        click.echo("compared without manifests: `pyflyte package` makes archives that have none", err=True)
    click.get_current_context().exit(code)
