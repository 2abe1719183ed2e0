"""What a terminal shows: progress while work goes on (nothing where there is no terminal), tables, errors."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from hatch_flyte.deploy import Deployment
    from hatch_flyte.events import Event


@contextlib.contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """Show `text` on stderr, with a spinner, while the body runs; gives a function that changes the text."""
    if not is_terminal(sys.stderr):
        yield lambda _text: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(text)) as status:
        yield lambda changed: status.update(Text(changed))


def telling(say: Callable[[str], None]) -> Callable[[Event], None]:
    """Return what tells `say` which cluster is at what, event by event."""
    from hatch_flyte.event_text import step_words

    def on_event(event: Event) -> None:
        if words := step_words(event):
            say(f"{event.target.cluster}: {words}")

    return on_event


def print_table(headers: list[str], rows: list[list[str]]) -> None:
    """Print a table on stdout: ruled on a terminal, plain and unwrapped elsewhere."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    on_terminal = is_terminal(sys.stdout)
    table = Table(box=SIMPLE_HEAD if on_terminal else None, pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=not on_terminal)
    for row in rows:
        # Text, not markup: names come from archives and registries.
        table.add_row(*(Text(cell) for cell in row))
    if sys.stdout:
        Console(width=None if on_terminal else 10_000).print(table)


def print_line(text: str) -> None:
    """Print a line of what goes on, on stderr."""
    from hatch_flyte.report_text import printable

    click.echo(printable(text), err=True)


def print_warning(text: str) -> None:
    """Print what the user should know on stderr."""
    from hatch_flyte.report_text import printable

    click.secho("warning: ", fg="yellow", bold=True, nl=False, err=True)
    click.echo(printable(text), err=True)


def warned(made: Deployment) -> Deployment:
    """Print what the user must know before `made` is carried out, and return it."""
    for caution in made.cautions:
        print_warning(str(caution))
    return made


def print_error(text: str) -> None:
    """Print what went wrong on stderr."""
    from hatch_flyte.report_text import printable

    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(printable(text), err=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody looks at `stream`; None stands for one that was closed before the start."""
    return stream is not None and stream.isatty()
