"""`hatch-flyte publish`: register archives in the chosen clusters."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from hatch_flyte.config import Target
    from hatch_flyte.publish import Approve
    from hatch_flyte.report_text import Published


@click.command()
@click.argument("archives", nargs=-1, type=click.Path(path_type=Path), metavar="[ARCHIVE|FOLDER]...")
@click.option("--build", is_flag=True, default=None, help="Build the wheel first, and publish the archive it gives.")
@click.option("-c", "--cluster", multiple=True, metavar="NAME", help="Publish to this cluster, or @GROUP; repeatable.")
@click.option("--version", metavar="VERSION", help="Version to register under; the distribution's by default.")
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option(
    "--plan",
    "approved",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Do exactly what this plan of `plan --out` says, or say what moved since.",
)
@click.option("--dry-run", is_flag=True, default=None, help="Look and compare, write nothing.")
@click.option("--keep-going", is_flag=True, default=None, help="Register what doesn't depend on what was refused.")
@click.option(
    "--activate",
    multiple=True,
    metavar="MODE|NAME",
    help="Activate these launch plans, not what the clusters say: none, declared, scheduled, or NAME; repeatable.",
)
@click.option("--prune", is_flag=True, default=None, help="Deactivate launch plans that this release no longer has.")
@click.option("--independent", is_flag=True, default=None, help="Activate in each cluster that is done.")
@click.option("--allow-breaking", multiple=True, metavar="NAME", help="Let this entity's users break; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Show unchanged and all skipped entities too.")
@click.option("--json", "as_json", is_flag=True, help="Print every outcome as JSON.")
def publish(archives: tuple[Path, ...], approved: Path | None, **options: Any) -> None:
    """Register ARCHIVEs in every chosen cluster.

    Without ARCHIVE: the one of this project's current version in its build directory; with a FOLDER, in it. A FOLDER
    with a pyproject.toml is a project of its own: with its configuration, the archive in its build directory.
    Publishing again what is there already changes nothing.
    """
    from hatch_flyte.build_first import built_first
    from hatch_flyte.cli.status import print_line, waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.deploy import deployment
    from hatch_flyte.outcome import exit_code
    from hatch_flyte.projects import Project, projects_of
    from hatch_flyte.report_text import to_json

    verbose, as_json = options.pop("verbose"), options.pop("as_json")

    def project(root: Path) -> Project:
        sources = Sources(root=root, environ=os.environ, options=given(options), option_style="--")
        return Project(config=load(sources))

    def on_step(target: Target, text: str) -> None:
        say(f"{target.cluster}: {text}")

    with built_first(projects_of(archives, find_root(), project), print_line) as projects, waiting("Publishing") as say:
        published = deployment(projects, on_step).publish(_approval(approved))
    code = exit_code(tuple(one.report for one in published))
    if as_json:
        click.echo(json.dumps(to_json(published, code)))
    for one in () if as_json else published:
        show_published(one, verbose=verbose)
    click.get_current_context().exit(code)


def show_published(one: Published, *, verbose: bool) -> None:
    """Print what came of an archive in one cluster."""
    from hatch_flyte.cli.status import print_error
    from hatch_flyte.report_text import closing, heading, outcome_lines, shown

    click.echo(heading(one))
    for outcome in shown(one.report, verbose=verbose):
        for line in outcome_lines(outcome):
            click.secho(line, fg=COLOURS.get(outcome.status.name))
    if one.report.error:
        print_error(str(one.report.error))
    click.secho(closing(one.report), fg=None if one.report.ok else "red")


def _approval(approved: Path | None) -> Approve | None:
    """Return what holds the publish to the plan in a file, if there is one."""
    from hatch_flyte.plan_file import check_same, read_plan

    return partial(check_same, read_plan(approved)) if approved else None


COLOURS = {"CREATED": "green", "CONFLICT": "red", "FAILED": "red", "SKIPPED": "yellow"}
