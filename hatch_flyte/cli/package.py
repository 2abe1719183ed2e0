"""`hatch-flyte package`: the archive of a wheel that any backend built."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("wheel", type=click.Path(exists=True, path_type=Path), default=Path(), metavar="[WHEEL|FOLDER]")
@click.option("--modules", multiple=True, metavar="NAME", help="Serialize this module and those below it; repeatable.")
@click.option("--image", metavar="IMAGE", help="Image of the tasks that name none.")
@click.option("--code", type=click.Choice(["image", "wheel"]), help="Where the code is at run time.")
@click.option("--destination", metavar="FOLDER", help="Where a task unpacks its bundle.")
@click.option("--python", metavar="PYTHON", help="Interpreter that has the project's dependencies.")
@click.option("--output-dir", metavar="FOLDER", help="Folder of the archive; beside the wheel by default.")
@click.option("--json", "as_json", is_flag=True, help="Print the archive's path and counts as JSON.")
def package(wheel: Path, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's calling convention
    """Serialize a wheel into a Flyte archive.

    With a project FOLDER (this one by default) the wheel is the one in its build directory.
    """
    from hatch_flyte.cli.status import waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.frontend import surroundings
    from hatch_flyte.outcome import by_kind
    from hatch_flyte.package import package as run

    root = wheel if wheel.is_dir() else Path()
    config = load(Sources(root=root, environ=os.environ, options=given(options), option_style="--"))
    if wheel.is_dir():
        wheel = find_wheel(root / config.build_directory)
    named = config.packaging.output_dir
    output = root / named if named else wheel.parent
    with waiting(f"Serializing {wheel.name}"):
        packaged = run(wheel, config.packaging, surroundings(root, output, os.environ))
    counts = by_kind(entity.kind for entity in packaged.manifest.entities)
    if as_json:
        entities = [{"kind": one.kind.value, "name": one.name} for one in packaged.manifest.entities]
        click.echo(json.dumps({"archive": str(packaged.path), "entities": entities}))
    else:
        click.echo(packaged.path)
        click.echo(f"{counts}, serialized with {packaged.interpreter.why}", err=True)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, under the keys of the configuration."""
    return {key.replace("_", "-"): value for key, value in options.items() if value not in (None, (), False)}


def find_wheel(folder: Path) -> Path:
    """Return the one wheel in `folder`."""
    from hatch_flyte.errors import WheelError

    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) == 1:
        return wheels[0]
    if not wheels:
        got = "none" if folder.is_dir() else "no such folder"
        raise WheelError(
            f"{folder.absolute()}: expected a wheel (got {got})",
            hint=(
                "Build it first (`hatch build -t wheel`, `python -m build --wheel` or `uv build --wheel`), "
                "name a wheel, or go to the project's folder."
            ),
        )
    listed = "".join(f"\n  {path}" for path in wheels)
    raise WheelError(f"{folder}: expected one wheel (got {len(wheels)}){listed}", hint="Name the one to package.")
