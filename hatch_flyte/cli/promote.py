"""`hatch-flyte promote`: what one cluster holds is published to another."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import given

if TYPE_CHECKING:
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.life.promotion import Promotion


@click.command()
@click.argument("archive", required=False, type=click.Path(path_type=Path))
@click.option("--from", "sources", multiple=True, required=True, metavar="NAME", help="It holds ARCHIVE; repeatable.")
@click.option(
    "--to",
    "goals",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Publish there; repeatable.",
)
@click.option("--version", metavar="VERSION", help="Registered version; the distribution's by default.")
@click.option("--dry-run", is_flag=True, default=None, help="Prove it, look and compare, write nothing.")
@click.option("--activate", multiple=True, metavar="MODE|NAME", help="Activate these launch plans; as for `publish`.")
@click.option("--prune", is_flag=True, default=None, help="Deactivate launch plans that this release no longer has.")
@click.option("--independent", is_flag=True, default=None, help="Activate in each cluster that is done.")
@click.option("--allow-breaking", multiple=True, metavar="NAME", help="Let this entity's users break; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Show unchanged and all skipped entities too.")
@click.option("--json", "as_json", is_flag=True, help="Print proof and outcomes as JSON.")
def promote(archive: Path | None, sources: tuple[str, ...], goals: tuple[str, ...], **options: Any) -> None:
    """Publish ARCHIVE to other clusters, if those it comes from hold exactly it.

    Without ARCHIVE: the one of this project's current version in its build directory; with a FOLDER, in it, or, if that
    is a project, in that one's.
    """
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.cli.rendering import show_published
    from hatch_flyte.cli.status import telling, waiting, warned
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root
    from hatch_flyte.deploy import deployment
    from hatch_flyte.life.calls import aimed, targets_of
    from hatch_flyte.life.promotion import promote as promoted
    from hatch_flyte.projects import Project, projects_of

    verbose, as_json = options.pop("verbose"), options.pop("as_json")

    def project(root: Path) -> Project:
        loaded = load(Sources(root=root, environ=os.environ, options=given(options), option_style="--"))
        return Project(config=aimed(loaded, goals, "--to"))

    [one] = projects_of([archive] if archive else [], find_root(), project)
    holding = targets_of(aimed(one.config, sources, "--from"))
    with waiting("Promoting") as say:
        promotion = promoted(warned(deployment([one], telling(say))), holding)
    outlet = Outlet()
    if as_json:
        outlet.say(json.dumps(_json(promotion)))
    else:
        _show_proof(promotion, outlet)
        for published in promotion.published:
            show_published(published, outlet, int(verbose))
    click.get_current_context().exit(outlet.exit_code(promotion.exit_code))


def _show_proof(promotion: Promotion, outlet: Outlet) -> None:
    """Print what was found in the clusters promoted from, and why that is no proof."""
    from hatch_flyte.cli.plan import COLOURS
    from hatch_flyte.life.promotion import unlike
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan_text import plan_lines
    from hatch_flyte.report_text import printable

    for one in promotion.proof:
        if isinstance(one, Report):
            outlet.complain(f"cluster {one.target.cluster}: {one.error or 'interrupted'}")
        elif got := unlike(one):
            for about, line in plan_lines(one, verbose=False):
                outlet.say(line, fg=COLOURS.get(about))
            outlet.complain(
                f"cluster {one.target.cluster}: expected exactly the archive (got {got})\n"
                "Nothing was published. Publish it there first, or promote the archive that is there."
            )
        else:
            subject = f"{one.distribution} {one.version}".strip()
            outlet.say(printable(f"{one.target.cluster}: holds exactly this, {subject}"))


def _json(promotion: Promotion) -> dict[str, Any]:
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan_text import plan_json
    from hatch_flyte.report_text import to_json

    proof = [
        {"cluster": one.target.cluster, "error": str(one.error or "interrupted")}
        if isinstance(one, Report)
        else plan_json(one)
        for one in promotion.proof
    ]
    published = to_json(promotion.published, promotion.exit_code)
    return {**published, "proven": promotion.proven, "proof": proof}
