"""`hatch-flyte list`: what a registry holds."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from hatch_flyte.cli.package import given
from hatch_flyte.entity import Kind

KINDS = {"tasks": Kind.TASK, "workflows": Kind.WORKFLOW, "launch-plans": Kind.LAUNCH_PLAN}


@click.command("list")
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)))
@click.option("-c", "--cluster", multiple=True, metavar="NAME", help="Ask this cluster; repeatable.")
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option("--name", default="", metavar="NAME", help="Only entities of this name.")
@click.option("--version", default="", metavar="VERSION", help="Only entities of this version.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_entities(kinds: tuple[str, ...], name: str, version: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """List the entities of a cluster's project and domain, the newest first.

    KINDS: tasks, workflows, launch-plans; all by default.
    """
    import asyncio

    from hatch_flyte.cli.status import print_table, waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.listing import COLUMNS, Wanted, listing
    from hatch_flyte.registry.connect import Surroundings, open_registry
    from hatch_flyte.report_text import named, printable
    from hatch_flyte.source_control import Checkout

    config = load(Sources(root=find_root(), environ=os.environ, options=given(options), option_style="--"))
    asked = [KINDS[kind] for kind in kinds or KINDS]
    found = []
    for target in config.targets(Checkout(config.root, config.environ)):
        with waiting(f"Asking {target.cluster}"):
            registry = open_registry(target, Surroundings.of(config))
            listed = asyncio.run(listing(registry, target, Wanted(asked, name, version)))
        found.append({"cluster": target.cluster, "entities": [one.to_json() for one in listed]})
        if not as_json:
            nothing = "" if listed else f": {_nothing(kinds, name, version)}"
            click.echo(f"{named(target)}: {target.project}/{target.domain}, at {registry.place}{nothing}", err=True)
            rows = [[printable(cell) for cell in one.to_json().values()] for one in listed]
            print_table(list(COLUMNS), rows)
    if as_json:
        click.echo(json.dumps(found))


def _nothing(kinds: tuple[str, ...], name: str, version: str) -> str:
    """Return what to say of an empty list: one that was narrowed says little of what is registered."""
    narrowed = name or version or not set(KINDS) <= {*(kinds or KINDS)}
    return "nothing matches" if narrowed else "nothing is registered there"
