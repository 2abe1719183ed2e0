"""`hatch-flyte diff`: what changed from one archive to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hatch_flyte.cli.verdict import Verdict

if TYPE_CHECKING:
    from hatch_flyte.contents import Opened

DIFFERENT = 1
COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


@click.command(cls=Verdict)
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
