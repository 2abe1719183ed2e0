"""`hatch-flyte plan`: what publishing would do to each cluster."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hatch_flyte.cli.options import choosing_options
from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.plan import Plan

CHANGES: Final = 20
"""Exit code with `--detailed-exitcode`: there is something to do."""
REFUSED: Final = 21
"""The same: something stands against it."""
COLOURS: Final = {"new": "green", "gone": "yellow", "wrong": "red", "move": "cyan"}


@click.command()
@click.argument("archives", nargs=-1, type=click.Path(path_type=Path), metavar="[ARCHIVE|FOLDER]...")
@choosing_options("Plan for")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the plan to FILE too, for `publish --plan`.",
)
@click.option(
    "--detailed-exitcode",
    "detailed",
    is_flag=True,
    help=f"Exit with {CHANGES} where there is something to do, {REFUSED} where something stands against it.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what is unchanged too.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(archives: tuple[Path, ...], **options: Any) -> None:
    """Show what publishing ARCHIVEs would do to every chosen cluster. Writes and uploads nothing.

    Without ARCHIVE: the one of this project's current version in its build directory; with a FOLDER, in it. A FOLDER
    with a pyproject.toml is a project of its own.
    """
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.cli.status import telling, waiting, warned
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.deploy import deployment
    from hatch_flyte.outcome import Report, exit_code
    from hatch_flyte.plan_file import write_plan
    from hatch_flyte.projects import Project, projects_of

    out, detailed, verbose, as_json = (options.pop(name) for name in ("out", "detailed", "verbose", "as_json"))
    call = given(options | {"dry_run": True})

    def project(root: Path) -> Project:
        return Project(config=load(Sources(root=root, environ=os.environ, options=call, option_style="--")))

    with waiting("Planning") as say:
        found = warned(deployment(projects_of(archives, find_root(), project), telling(say))).plan()
    plans = [one for one in found if not isinstance(one, Report)]
    failed = tuple(one for one in found if isinstance(one, Report))
    code = exit_code(failed) or (_detailed(plans) if detailed else 0)
    if out and not failed:
        write_plan(out, plans)
    outlet = Outlet()
    _show(plans, failed, outlet, code if as_json else None, verbose=verbose)
    click.get_current_context().exit(outlet.exit_code(code))


def _detailed(plans: Sequence[Plan]) -> int:
    if any(one.halting for one in plans):
        return REFUSED
    return 0 if all(one.is_empty for one in plans) else CHANGES


def _show(
    plans: Sequence[Plan], failed: Sequence[Any], outlet: Outlet, json_code: int | None, *, verbose: bool
) -> None:
    from hatch_flyte.plan_text import plan_lines, to_json

    if json_code is not None:
        errors = [{"cluster": one.target.cluster, "error": str(one.error or "interrupted")} for one in failed]
        outlet.say(json.dumps(to_json(plans, json_code) | {"errors": errors}))
        return
    for one in plans:
        for about, line in plan_lines(one, verbose=verbose):
            outlet.say(line, fg=COLOURS.get(about))
    for one in failed:
        outlet.complain(f"cluster {one.target.cluster}: {one.error or 'interrupted'}")
