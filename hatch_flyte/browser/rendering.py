"""From a page's values to HTML. The one place that knows jinja2.

Everything is escaped. What could steer a reader's eye, as a mark that turns the direction of writing, is shown as what
it is; long texts are folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hatch_flyte.report_text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from hatch_flyte.browser.model import Page

SHORT: Final = 96
"""Characters of a text where there is room for one line."""
FOLDED: Final = 240
"""Characters beyond which a text is folded."""


def renderer(style: str, icon: str) -> Environment:
    """Return what renders pages; `style` and `icon` are the addresses of the two files."""
    environment = Environment(
        loader=PackageLoader("hatch_flyte.browser"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"plain": plain, "short": short, "shown": shown, "lines": lines, "moment": moment}
    environment.filters["drawn"] = Markup  # what `graph.svg` made, which escapes by itself
    environment.globals |= {"style": style, "icon": icon, "FOLDED": FOLDED}
    return environment


def render(environment: Environment, page: Page) -> str:
    """Return a page as HTML."""
    return environment.get_template("page.html").render(page=page)


def plain(text: str) -> str:
    r"""Return a text in one line, in which nothing is hidden: `\u202e` for a mark that can't be seen."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def short(text: str) -> str:
    """Return so much of it as a line has room for."""
    words = plain(text)
    return words if len(words) <= SHORT else f"{words[: SHORT - 1]}…"


def shown(text: str) -> Markup:
    """Return a short text that stands for itself, whichever direction its letters have."""
    return Markup("<bdi>{}</bdi>").format(short(text))


def lines(text: str) -> Markup:
    """Return a text with its line breaks, nothing hidden."""
    return escape(printable(text))


def moment(time: datetime) -> str:
    """Return a time as people read it."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")
