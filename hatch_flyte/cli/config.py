"""`hatch-flyte config`: every setting, its value and where it comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print settings, values and sources as JSON.")
def config(as_json: bool) -> None:  # noqa: FBT001 # click's calling convention
    """Show the configuration of the project in this folder: each value, and where it comes from."""
    from hatch_flyte.config import Sources, load

    settings = load(Sources(root=Path(), environ=os.environ)).settings
    if not Path("pyproject.toml").exists():
        click.echo(f"{Path.cwd()}: no pyproject.toml here", err=True)
    if as_json:
        table = {key: {"value": one.value, "source": one.source} for key, one in settings.items()}
        click.echo(json.dumps(table, indent=2, default=list))
        return
    from hatch_flyte.cli.status import print_table
    from hatch_flyte.report_text import printable

    rows = [[key, printable(json.dumps(one.value, default=list)), one.source] for key, one in settings.items()]
    print_table(["key", "value", "source"], rows)
