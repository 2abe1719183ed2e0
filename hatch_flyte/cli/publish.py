"""`hatch-flyte publish`: register archives in the chosen clusters."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.options import choosing_options, manner, output_options
from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from hatch_flyte.cli.rendering import Renderer
    from hatch_flyte.projects import Project
    from hatch_flyte.publish import Approve


@click.command()
@click.argument("archives", nargs=-1, type=click.Path(path_type=Path), metavar="[ARCHIVE|FOLDER]...")
@click.option("--build", is_flag=True, default=None, help="Build the wheel first, and publish the archive it gives.")
@choosing_options("Publish to")
@click.option(
    "--plan",
    "approved",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Do exactly what this plan of `plan --out` says, or say what moved since.",
)
@click.option("--dry-run", is_flag=True, default=None, help="Look and compare, write nothing.")
@click.option("--keep-going", is_flag=True, default=None, help="Register what doesn't depend on what was refused.")
@click.option("--independent", is_flag=True, default=None, help="Activate in each cluster that is done.")
@output_options()
def publish(archives: tuple[Path, ...], approved: Path | None, **options: Any) -> None:
    """Register ARCHIVEs in every chosen cluster.

    Without ARCHIVE: the one of this project's current version in its build directory; with a FOLDER, in it. A FOLDER
    with a pyproject.toml is a project of its own: with its configuration, the archive in its build directory.
    Publishing again what is there already changes nothing.
    """
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.cli.rendering import renderer
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.projects import Project, projects_of

    told, outlet = manner(options), Outlet()

    def project(root: Path) -> Project:
        sources = Sources(root=root, environ=os.environ, options=given(options), option_style="--")
        return Project(config=load(sources))

    projects = projects_of(archives, find_root(), project)
    teller = renderer(told, outlet, [one.config.root for one in projects])
    with _ready(projects) as ready:
        code = _published(ready, teller, approved)
    click.get_current_context().exit(outlet.exit_code(code))


def _ready(projects: Sequence[Project]) -> AbstractContextManager[Sequence[Project]]:
    """Return the projects, with archives that were just built if their call asks for that."""
    if not projects[0].config.call.build:
        return nullcontext(projects)
    from hatch_flyte.build_first import built_first
    from hatch_flyte.cli.status import print_line

    return built_first(projects, print_line)


def _published(projects: Sequence[Project], teller: Renderer, approved: Path | None) -> int:
    """Publish, and tell it; return the exit code."""
    from hatch_flyte.cli.status import warned
    from hatch_flyte.deploy import deployment
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.outcome import exit_code

    try:
        with teller.running():
            published = warned(deployment(projects, teller.on_event)).publish(_approval(approved))
    except HatchFlyteError as problem:
        teller.fail(problem)
        raise
    code = exit_code(tuple(one.report for one in published))
    teller.finish(code)
    return code


def _approval(approved: Path | None) -> Approve | None:
    """Return what holds the publish to the plan in a file, if there is one."""
    from hatch_flyte.plan_file import check_same, read_plan

    return partial(check_same, read_plan(approved)) if approved else None
