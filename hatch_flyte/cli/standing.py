"""`hatch-flyte status`: which release is live where."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from hatch_flyte.life.survey import Survey


@click.command("status")
@click.argument("distribution", required=False, default="")
@click.option(
    "-c", "--cluster", multiple=True, metavar="NAME", help="Ask this cluster, or @GROUP, not all; repeatable."
)
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option("--all", "everything", is_flag=True, help="Every distribution that a launch plan there belongs to.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(distribution: str, everything: bool, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """Show which release of DISTRIBUTION is live where, what is scheduled, and in what clusters differ.

    Without DISTRIBUTION: the one of this project. The exit code is 0 if every cluster could be asked.
    """
    from hatch_flyte.cli.status import waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.life import calls, status_text

    if everything and distribution:
        raise click.UsageError("--all and DISTRIBUTION exclude each other")
    config = load(Sources(root=find_root(), environ=os.environ, options=given(options), option_style="--"))
    name = "" if everything else calls.distribution_of(config, distribution)
    with waiting("Asking"):
        survey = calls.status(calls.all_clusters(config), name)
    if as_json:
        click.echo(json.dumps(status_text.status_json(survey)))
    else:
        _show(survey)
    click.get_current_context().exit(survey.exit_code)


def _show(survey: Survey) -> None:
    from hatch_flyte.cli.status import print_error, print_table
    from hatch_flyte.life import status_text

    if rows := status_text.standing_rows(survey):
        print_table(status_text.COLUMNS, rows)
    for line in status_text.empty_lines(survey):
        click.echo(line)
    if rows := status_text.schedule_rows(survey):
        click.echo()
        print_table(status_text.SCHEDULES, rows)
    for line in status_text.drift_lines(survey):
        click.secho(line, fg="yellow")
    for answer in survey.answers:
        if answer.error:
            print_error(status_text.error_line(answer))
