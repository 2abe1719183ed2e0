"""`hatch-flyte registry`: keeping house in the local registry's folder."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hatch_flyte.cli.serve import registry_folder

_DATA = click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the registry.")


@click.group()
def registry() -> None:
    """Keep house in the local registry."""


@registry.command()
@_DATA
@click.option(
    "--min-age",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="MINUTES",
    help="Keep what was stored or asked for less than so long ago.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def gc(data: Path | None, min_age: float, dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 # click's
    """Remove uploaded files that no entity refers to, and what is left of uploads that were cut off.

    Others may use the registry meanwhile. A bundle that was just uploaded is kept: its entities may be about to come.
    """
    from hatch_flyte.registry.housekeeping import leftovers

    folder = registry_folder(data)
    found = leftovers(folder, min_age * 60, remove=not dry_run)
    size = sum(one.size for one in found)
    if as_json:
        files = [{"path": one.path, "size": one.size} for one in found]
        click.echo(json.dumps({"folder": str(folder), "removed": not dry_run, "size": size, "files": files}))
        return
    verb = "would be removed" if dry_run else "removed"
    for one in found:
        click.echo(f"{verb}  {one.path}  {size_text(one.size)}")
    click.echo(f"{counted(len(found), 'file')} {verb}, {size_text(size)}, in {folder}")


@registry.command()
@_DATA
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(data: Path | None, yes: bool) -> None:  # noqa: FBT001 # click's
    """Empty the registry: remove every entity, project and uploaded file.

    Nobody else may have it open: neither `hatch-flyte serve` nor a publish.
    """
    from hatch_flyte.registry.housekeeping import contents, empty_registry

    folder = registry_folder(data)
    held = contents(folder)
    entities, projects = counted(held.entities, "entity", "entities"), counted(held.projects, "project")
    said = f"{entities}, {projects}, {counted(held.files, 'file')} ({size_text(held.size)})"
    if not yes and not _confirmed(f"Remove all that is in {folder}: {said}?"):
        click.echo("nothing was changed", err=True)
        raise SystemExit(1)
    empty_registry(folder)
    click.echo(f"{folder} is empty; it held {said}")


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # nobody answers
        click.echo("\nsay --yes where nobody can be asked", err=True)
        return False


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def size_text(size: int) -> str:
    """Return bytes as people read them: `0 B`, `1.5 MB`, in powers of ten."""
    number, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while number >= 999.5 and len(units) > 1:  # noqa: PLR2004 # would be rounded to 1000
        number, units = number / 1000, units[1:]
    return f"{number:.3g} {units[0]}"
