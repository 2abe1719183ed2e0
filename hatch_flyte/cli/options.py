"""Options that several commands share, and what they mean together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., None]")

FORMS: Final = ("text", "json", "ndjson", "github")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command tells what it does."""

    form: str
    """One of `FORMS`."""
    verbosity: int
    """0; more to name what is unchanged too; -1 for errors and the last line only."""


def choosing_options(verb: str) -> Callable[[Command], Command]:
    """Return the options that say where to, as what, and what is to be live: clusters, version, activation and more."""
    return _all(
        click.option(
            *("-c", "--cluster"), multiple=True, metavar="NAME", help=f"{verb} this cluster, or @GROUP; repeatable."
        ),
        click.option("--version", metavar="VERSION", help="Version to register under; the distribution's by default."),
        click.option("--project", metavar="PROJECT", help="Flyte project, instead of the cluster's."),
        click.option("--domain", metavar="DOMAIN", help="Flyte domain, instead of the cluster's."),
        click.option(
            "--activate",
            multiple=True,
            metavar="MODE|NAME",
            help="Activate none, declared, scheduled, or the launch plan NAME, not what clusters say; repeatable.",
        ),
        click.option(
            "--prune", is_flag=True, default=None, help="Deactivate launch plans that this release no longer has."
        ),
        click.option(
            "--allow-breaking", multiple=True, metavar="NAME", help="Let this entity's users break; repeatable."
        ),
    )


def output_options() -> Callable[[Command], Command]:
    """Return the options that say how to tell it; `manner` reads them."""
    return _all(
        click.option("--output", "form", type=click.Choice(FORMS), help="How to tell it; text by default."),
        click.option("--json", "as_json", is_flag=True, help="Short for --output json."),
        click.option(
            *("-q", "--quiet"),
            is_flag=True,
            help="Show errors, the names of what was not sent, and the last line only.",
        ),
        click.option("-v", "--verbose", count=True, help="Show unchanged and all skipped entities too."),
    )


def manner(options: dict[str, Any]) -> Manner:
    """Take the options of `output_options` out of `options`, and return what they say together.

    Raises `click.UsageError` for those that exclude each other.
    """
    form, as_json, quiet, verbose = (options.pop(name) for name in ("form", "as_json", "quiet", "verbose"))
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    if as_json and form not in {None, "json"}:
        raise click.UsageError(f"--json and --output {form} exclude each other")
    return Manner("json" if as_json else form or "text", -1 if quiet else verbose)


def _all(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated
