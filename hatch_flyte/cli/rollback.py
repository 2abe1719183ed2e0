"""`hatch-flyte rollback`: an earlier release becomes live again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.life.rollback import Rollback


@click.command()
@click.argument("distribution", required=False, default="")
@click.option(
    "-c", "--cluster", multiple=True, metavar="NAME", help="Roll back there: a cluster or @GROUP; repeatable."
)
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option("--to", "version", default="", metavar="VERSION", help="Registered version to go to.")
@click.option("--dry-run", is_flag=True, default=None, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def rollback(distribution: str, version: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """Make an earlier release of DISTRIBUTION live again. Needs no archive, and registers nothing.

    Without DISTRIBUTION: the one of this project. Without --to: the newest complete release that was registered before
    the live one; which one was live before, no control plane can tell.
    """
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.cli.status import telling, waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.life import calls
    from hatch_flyte.life.release_text import rollback_json
    from hatch_flyte.life.rollback import Wish
    from hatch_flyte.outcome import common_code

    config = load(Sources(root=find_root(), environ=os.environ, options=given(options), option_style="--"))
    name = calls.distribution_of(config, distribution)
    wish = Wish(distribution=name, version=version, dry_run=config.call.dry_run)
    with waiting("Rolling back") as say:
        came = calls.rollback(config, wish, telling(say))
    code = common_code(one.exit_code for one in came)
    outlet = Outlet()
    if as_json:
        outlet.say(json.dumps(rollback_json(came, code)))
    for one in () if as_json else came:
        _show(one, outlet, named_version=bool(version))
    click.get_current_context().exit(outlet.exit_code(code))


def _show(one: Rollback, outlet: Outlet, *, named_version: bool) -> None:
    from hatch_flyte.cli.rendering import COLOURS
    from hatch_flyte.life.release_text import rollback_closing, rollback_heading, way_lines
    from hatch_flyte.report_text import moved_lines

    outlet.say(rollback_heading(one))
    for moved in one.moved:
        for line in moved_lines(moved):
            outlet.say(line, fg=COLOURS.get(moved.status.name.lower()))
    for line in way_lines(one.way, named_version=named_version) if one.way else ():
        outlet.say(line)
    if one.error:
        outlet.complain(str(one.error))
    outlet.say(rollback_closing(one), fg=None if one.ok else COLOURS["bad"])
