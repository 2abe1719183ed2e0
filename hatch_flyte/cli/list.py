"""`hatch-flyte list`: what a registry holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from hatch_flyte.config import Target

KINDS = {"tasks": Kind.TASK, "workflows": Kind.WORKFLOW, "launch-plans": Kind.LAUNCH_PLAN}


@click.command("list")
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)))
@click.option("-c", "--cluster", metavar="NAME", help="The cluster to ask.")
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option("--name", default="", metavar="NAME", help="Only entities of this name.")
@click.option("--version", "wanted", default="", metavar="VERSION", help="Only entities of this version.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_entities(kinds: tuple[str, ...], name: str, wanted: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """List the entities of a cluster's project and domain, the newest first.

    KINDS: tasks, workflows, launch-plans; all by default.
    """
    from hatch_flyte.cli.status import print_table, waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.interruptible import run
    from hatch_flyte.listing import listing
    from hatch_flyte.registry.connect import open_registry
    from hatch_flyte.report_text import printable

    config = load(Sources(root=Path(), environ=os.environ, options=given(options), option_style="--"))
    [target] = config.targets()[:1]
    with waiting(f"Asking {target.cluster}"):
        asked = [KINDS[kind] for kind in kinds or KINDS]
        registry = open_registry(target, data=config.call.data)
        listed = run(lambda _stop: listing(registry, target, asked, name=name, version=wanted))
    if as_json:
        click.echo(json.dumps([one.to_json() for one in listed]))
        return
    click.echo(_where(target, registry.place), err=True)
    if listed:
        rows = [[printable(cell) for cell in (one.kind.value, one.name, one.version, one.state, one.created)] for one in listed]
        print_table(["kind", "name", "version", "state", "created"], rows)
    else:
        click.echo("nothing is registered there", err=True)


def _where(target: Target, place: str) -> str:
    return f"{target.cluster}: {target.project}/{target.domain}, at {place}"
