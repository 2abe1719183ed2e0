"""`hatch-flyte check`: what a control plane would refuse, found before anything leaves this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hatch_flyte.cli.package import find_wheel, from_here, given, is_folder
from hatch_flyte.cli.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatch_flyte.archive import Archive
    from hatch_flyte.check.finding import Finding
    from hatch_flyte.config import Config

FOUND = 1
COLOURS = {"error": "red", "warning": "yellow", "fix": "green"}


def _rules(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return an option that takes rules; `name` is short for the key of the configuration."""

    def complete(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
        from hatch_flyte.rules.catalogue import checked_rules

        return [rule for rule in checked_rules() if rule.startswith(incomplete)]

    key = f"{name}-rules"
    options = (f"--{name}", f"--{key}", key.replace("-", "_"))
    return click.option(*options, multiple=True, metavar="RULE", help=text, shell_complete=complete)


@click.command(cls=Verdict)
@click.argument("path", type=click.Path(path_type=Path), required=False, metavar="[ARCHIVE|WHEEL|FOLDER]")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="How to tell it.")
@_rules("select", "Only by this rule; repeatable.")
@_rules("ignore", "Not by this rule; repeatable.")
@click.option("--strict/--no-strict", default=None, help="Let warnings count as errors.")
def check(path: Path | None, form: str, **options: Any) -> None:
    """Check what a control plane would refuse, without one.

    A WHEEL is packaged for it. With a project FOLDER (by default the one that this folder is in) it is the wheel of the
    current version in its build directory.

    The exit code is 0 if nothing is wrong, 1 if something is, 2 or more if it could not be found out. Warnings alone
    are 0, unless --strict.
    """
    from hatch_flyte.archives import inside
    from hatch_flyte.check.archive_check import check as findings_of
    from hatch_flyte.check.selection import selected
    from hatch_flyte.config import Sources, load
    from hatch_flyte.config.files import find_root

    root = path if path and is_folder(path) else find_root()
    chosen = from_here(given(options), root)
    config = load(Sources(root=root, environ=os.environ, options=chosen, option_style="--"))
    selection = selected(config.packaging)
    archive, origin = _opened(path, config)
    with inside(origin):
        findings = findings_of(archive, selection)
    counted = [one for one in findings if one.is_error or config.packaging.strict]
    code = FOUND if counted else 0
    if form == "json":
        _print_json(findings, code)
    elif form == "github":
        _annotate(findings, root)
    else:
        _print_text(findings)
    if form != "json":
        _sum_up(findings, archive)
    click.get_current_context().exit(code)


def _opened(path: Path | None, config: Config) -> tuple[Archive, Path]:
    """Return the archive to check, and the file that it is from."""
    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.config.files import read_project

    if path is None or is_folder(path):
        path = find_wheel(config.root / config.build_directory, read_project(config.root).distribution)
    archive = _packaged(path, config) if path.suffix == ".whl" else read_archive(path)
    return archive, path


def _packaged(wheel: Path, config: Config) -> Archive:
    """Return the archive that `package` would make of a wheel, if it left it to this command what is wrong with it."""
    import tempfile
    from dataclasses import replace

    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.cli.status import waiting
    from hatch_flyte.frontend import surroundings
    from hatch_flyte.package import package

    with tempfile.TemporaryDirectory(prefix="hatch-flyte-") as folder, waiting(f"Serializing {wheel.name}"):
        around = surroundings(config.root, Path(folder), os.environ)
        return read_archive(package(wheel, replace(config.packaging, strict=False), around, checked=False).path)


def _print_json(findings: Sequence[Finding], code: int) -> None:
    from hatch_flyte.check_text import to_json

    click.echo(json.dumps(to_json(findings, code)))


def _print_text(findings: Sequence[Finding]) -> None:
    from hatch_flyte.check_text import finding_lines

    for word, line in finding_lines(findings):
        click.secho(line, fg=COLOURS.get(word), bold=word == "entity")


def _sum_up(findings: Sequence[Finding], archive: Archive) -> None:
    """Print on stderr how much was found, in how much."""
    from hatch_flyte.check_text import summary
    from hatch_flyte.outcome import by_kind

    counts = by_kind(member.kind for member in archive.members)
    click.echo(f"{summary(findings)} in {counts}", err=True)
    if archive.manifest is None:
        click.echo("checked without a manifest, which would say files and lines: made by `pyflyte package`", err=True)


def _annotate(findings: Sequence[Finding], root: Path) -> None:
    from hatch_flyte.check_text import github_line
    from hatch_flyte.cli.repository import in_repository, repository

    whole = repository()
    for finding in findings:
        click.echo(github_line(finding, lambda path: in_repository(path, [root], whole)))
