"""`hatch-flyte package`: the archive of a wheel that any backend built."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hatch_flyte.built import Built
    from hatch_flyte.distribution import Distribution
    from hatch_flyte.package import Packaged
    from hatch_flyte.wheel import Wheel


@click.command()
@click.argument("wheel", type=click.Path(path_type=Path), required=False, metavar="[WHEEL|FOLDER]")
@click.option("--modules", multiple=True, metavar="NAME", help="Serialize this module and those below it; repeatable.")
@click.option("--exclude", multiple=True, metavar="NAME", help="Leave this module and those below it out; repeatable.")
@click.option("--optional-modules", multiple=True, metavar="NAME", help="This module may fail to import; repeatable.")
@click.option("--import-timeout", metavar="SECONDS", help="How long importing one module may take.")
@click.option("--image", metavar="IMAGE", help="Image of the tasks that name none.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Variable of every task; repeatable.")
@click.option("--resources", multiple=True, metavar="GROUP.NAME=QUANTITY", help="As requests.cpu=1; repeatable.")
@click.option("--default-launch-plans/--no-default-launch-plans", default=None, help="A launch plan for each workflow.")
@click.option("--code", type=click.Choice(["image", "wheel"]), help="Where the code is at run time.")
@click.option("--destination", metavar="FOLDER", help="Where a task unpacks its bundle.")
@click.option("--python", metavar="PYTHON", help="Interpreter that has the project's dependencies.")
@click.option("--load-check/--no-load-check", default=None, help="Load every task once more, as a pod would.")
@click.option("--strict/--no-strict", default=None, help="Make errors of warnings.")
@click.option("--output-dir", metavar="FOLDER", help="Folder of the archive; beside the wheel by default.")
@click.option("--verify", is_flag=True, help="Package twice, in other surroundings, and compare.")
@click.option("--json", "as_json", is_flag=True, help="Print the archive's path and counts as JSON.")
def package(wheel: Path | None, verify: bool, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # as click calls
    """Serialize a wheel into a Flyte archive.

    With a project FOLDER (by default the one that this folder is in) it is the wheel of the current version in its
    build directory.
    """
    from hatch_flyte.cli.status import waiting
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root, read_project
    from hatch_flyte.frontend import surroundings
    from hatch_flyte.outcome import by_kind
    from hatch_flyte.package import package as run
    from hatch_flyte.verify import verify as verify_archive

    folder = wheel if wheel and is_folder(wheel) else None
    root = folder or find_root()
    config = load(Sources(root=root, environ=os.environ, options=from_here(given(options), root), option_style="--"))
    if wheel is None or folder:
        wheel = find_wheel(root / config.build_directory, read_project(root).distribution)
    named = config.packaging.output_dir
    output = root / named if named else wheel.parent
    around = surroundings(root, output, os.environ)
    with waiting(f"Serializing {wheel.name}"):
        packaged = run(wheel, config.packaging, around)
        if verify:
            verify_archive(wheel, config.packaging, around, packaged)
    _warn(packaged)
    counts = by_kind(entity.kind for entity in packaged.manifest.entities)
    if as_json:
        entities = [{"kind": one.kind.value, "name": one.name} for one in packaged.manifest.entities]
        click.echo(json.dumps({"archive": str(packaged.path), "entities": entities}))
    else:
        click.echo(packaged.path)
        click.echo(f"{counts}, serialized with {packaged.interpreter.why}", err=True)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, under the keys of the configuration."""
    return {key.replace("_", "-"): value for key, value in options.items() if value not in (None, ())}


def _warn(packaged: Packaged) -> None:
    from hatch_flyte.cli.status import print_warning
    from hatch_flyte.report_text import printable

    for caution in packaged.cautions:
        print_warning(str(caution))
    for one in packaged.unbuilt:
        click.echo(printable(str(one)), err=True)


def is_folder(path: Path) -> bool:
    """Return whether it is a folder and not a file; `WheelError`, as for a file that is no wheel, if it is neither."""
    from hatch_flyte.errors import WheelError

    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as problem:
        raise WheelError(f"{path}: cannot be read ({problem.strerror})") from problem


def from_here(options: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return `options` with paths that are relative to the current folder, as those on a command line are.

    In the configuration they are relative to the project's, `root`.
    """
    if root == Path():
        return options
    paths = {key: options[key] for key in ("output-dir", "python") if key in options}
    if Path(paths.get("python", "")).name == paths.get("python"):
        del paths["python"]  # a command, to look for on PATH
    return options | {key: str(Path.cwd() / path) for key, path in paths.items()}


def find_wheel(folder: Path, project: Distribution) -> Path:
    """Return the one wheel of `project` in `folder`; any, as far as the project's name and version aren't known."""
    from hatch_flyte.built import Wanted, current
    from hatch_flyte.errors import WheelError

    paths = sorted(folder.glob("*.whl"))
    if not paths:
        got = "none" if folder.is_dir() else "no such folder"
        raise WheelError(
            f"{folder.absolute()}: expected a wheel (got {got})",
            hint=(
                "Build it first (`hatch build -t wheel`, `python -m build --wheel` or `uv build --wheel`), "
                "name a wheel, or go to the project's folder."
            ),
        )
    wheels = [one.path for one in current(folder, map(_built, paths), Wanted(project, "wheel", WheelError))]
    if len(wheels) == 1:
        return wheels[0]
    listed = "".join(f"\n  {path}" for path in wheels)
    raise WheelError(f"{folder}: expected one wheel (got {len(wheels)}){listed}", hint="Name the one to package.")


def _built(path: Path) -> Built[Wheel]:
    from hatch_flyte.built import Built
    from hatch_flyte.distribution import Distribution
    from hatch_flyte.wheel import read_wheel

    wheel = read_wheel(path)
    return Built(path, wheel, Distribution(wheel.name, wheel.version))
