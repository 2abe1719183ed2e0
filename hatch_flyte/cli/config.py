"""`hatch-flyte config`: every setting, its value and where it comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hatch_flyte.config import Config


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print settings, values and sources as JSON.")
def config(as_json: bool) -> None:  # noqa: FBT001 # click's calling convention
    """Show the configuration of the project that this folder is in: each value, and where it comes from."""
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import PYPROJECT, find_root

    root = find_root()
    loaded = load(Sources(root=root, environ=os.environ))
    settings = loaded.settings
    _tell_faults(loaded)
    if not (root / PYPROJECT).exists():
        click.echo(f"{Path.cwd()}: no {PYPROJECT} here or above", err=True)
    elif root != Path():
        click.echo(f"{root}: the project that this folder is in", err=True)
    if as_json:
        table: dict[str, Any] = {key: {"value": one.value, "source": one.source} for key, one in settings.items()}
        table["interpreter"] = _interpreter(loaded)
        click.echo(json.dumps(table, indent=2, default=list))
        return
    from hatch_flyte.cli.status import print_table
    from hatch_flyte.report_text import printable

    rows = [[key, printable(json.dumps(one.value, default=list)), one.source] for key, one in settings.items()]
    print_table(["key", "value", "source"], rows)
    for name, text in _interpreter(loaded).items():
        click.echo(f"\n{name}: {printable(text)}")


def _tell_faults(loaded: Config) -> None:
    """Tell what is wrong with clusters that only a publish needs."""
    from hatch_flyte.cli.status import print_warning
    from hatch_flyte.report_text import printable

    for cluster in loaded.publishing.clusters.values():
        for fault in cluster.faults:
            print_warning(printable(f"cluster {cluster.name}: {fault}"))


def _interpreter(loaded: Config) -> dict[str, str]:
    """Return which interpreter would serialize and why, or the problem with all of them."""
    from hatch_flyte.config.files import read_project
    from hatch_flyte.errors import InterpreterError
    from hatch_flyte.serialize.interpreter import Request, choose_interpreter

    packaging = loaded.packaging
    request = Request(
        requires=read_project(loaded.root).requirements,
        configured=packaging.python,
        configured_where=packaging.places.where("python"),
        root=loaded.root,
        virtual_env=loaded.environ.get("VIRTUAL_ENV"),
    )
    try:
        return {"interpreter": str(choose_interpreter(request))}
    except InterpreterError as problem:
        return {"no interpreter": str(problem)}
