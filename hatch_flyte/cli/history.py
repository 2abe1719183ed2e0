"""`hatch-flyte history`: the releases of a distribution in a cluster."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from hatch_flyte.life.history import Past
    from hatch_flyte.life.inquiry import Answer


@click.command()
@click.argument("distribution", required=False, default="")
@click.option("-c", "--cluster", multiple=True, metavar="NAME", help="Ask this cluster, or @GROUP; repeatable.")
@click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's.")
@click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="Show this many releases; 0 is all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def history(distribution: str, limit: int, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """List the releases of DISTRIBUTION that are registered, the newest first.

    Without DISTRIBUTION: the one of this project.
    """
    from hatch_flyte.cli.status import waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.life import calls
    from hatch_flyte.life.release_text import history_json
    from hatch_flyte.outcome import common_code

    config = load(Sources(root=find_root(), environ=os.environ, options=given(options), option_style="--"))
    name = calls.distribution_of(config, distribution)
    with waiting("Asking"):
        answers = calls.releases(config, name, limit)
    if as_json:
        click.echo(json.dumps(history_json(answers, name)))
    for answer in () if as_json else answers:
        _show(answer, name, limit)
    click.get_current_context().exit(common_code(one.exit_code for one in answers))


def _show(answer: Answer[tuple[Past, ...]], distribution: str, limit: int) -> None:
    from hatch_flyte.cli.status import print_error, print_table
    from hatch_flyte.life.release_text import COLUMNS, past_row
    from hatch_flyte.life.status_text import error_line
    from hatch_flyte.report_text import named, printable

    if answer.error:
        print_error(error_line(answer))
        return
    found, target = answer.value or (), answer.target
    nothing = "" if found else ": nothing of it is registered there"
    more = f", the newest {limit}" if limit and len(found) == limit else ""
    place = f"{target.project}/{target.domain}, {distribution}{more}, at {answer.place}"
    click.echo(printable(f"{named(target)}: {place}{nothing}"), err=True)
    if found:
        print_table(COLUMNS, [past_row(one) for one in found])
