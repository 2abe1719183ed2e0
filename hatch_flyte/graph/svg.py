"""Graphs as SVG.

Owns the picture as a whole. Nothing in it refers to anything: no identifiers, so that a page can have many pictures; no
scripts, no addresses but those of the links; no styles, unless the file stands alone. The writer of the standard
library escapes texts, which `text` has made harmless for readers before.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING, Final

from hatch_flyte.graph.boxes import draw_node
from hatch_flyte.graph.elements import element, group, into, number, path, said
from hatch_flyte.graph.model import EdgeKind, NodeKind
from hatch_flyte.graph.style import PREFIX, stylesheet
from hatch_flyte.graph.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from xml.etree.ElementTree import Element

    from hatch_flyte.entity import Identifier
    from hatch_flyte.graph.layout import Box, Curve, Layout, Point

    Link = Callable[[Identifier], str | None]

BORDER: Final = 20
"""Around the whole picture."""
_TIP_LENGTH: Final = 8.0
_TIP_HALF: Final = 3.5
_UNCOUNTED: Final = {NodeKind.START, NodeKind.END, NodeKind.CHOICE}


def no_link(_entity: Identifier) -> str | None:
    """Return None: a link for pictures without links."""
    return None


def svg(layout: Layout, name: str, link: Link = no_link, *, alone: bool = False) -> str:
    """Return the picture of a workflow called `name`, an `svg` element.

    `link` gives the address of an entity's page, or None where there is none. With `alone` the picture has a style of
    its own, as a file needs; otherwise the page it stands in serves `stylesheet()`.
    """
    addresses = {id(box): link(box.node.entity) for box in every_box(layout) if box.node.entity is not None}
    # What is inside of an image can't be reached: one with links is a document.
    role = "graphics-document document" if any(addresses.values()) else "img"
    width, height = layout.width + 2 * BORDER, layout.height + 2 * BORDER
    size = {"viewBox": f"0 0 {number(width)} {number(height)}", "width": number(width), "height": number(height)}
    root = element("svg", xmlns="http://www.w3.org/2000/svg", **size, role=role, class_=PREFIX)
    said(root, "title", f"Graph of {visible(name)}")
    said(root, "desc", _description(layout))
    if alone:
        said(root, "style", stylesheet())
        into(root, "rect", class_="canvas", width="100%", height="100%")
    _draw(group(root, BORDER, BORDER), layout, addresses)
    return ET.tostring(root, encoding="unicode")


def every_box(layout: Layout) -> Iterator[Box]:
    """Yield all boxes, each before those inside of it."""
    for box in layout.boxes:
        yield box
        if box.inside is not None:
            yield from every_box(box.inside)


def _description(layout: Layout) -> str:
    kinds = [box.node.kind for box in every_box(layout) if box.node.kind not in _UNCOUNTED]
    counted = ", ".join(f"{count} {kind.value}" for kind, count in Counter(kinds).items())
    left_out = layout.left_out + sum(box.inside.left_out for box in every_box(layout) if box.inside)
    more = f"; {left_out} edges that follow from others are not drawn" if left_out else ""
    return f"{len(kinds)} nodes: {counted}{more}"


def _draw(parent: Element, layout: Layout, addresses: dict[int, str | None]) -> None:
    for curve in layout.curves:
        _draw_curve(parent, curve)
    for box in layout.boxes:
        draw_node(parent, box, addresses.get(id(box)))
        if box.inside is not None:
            start = group(parent, box.corner.x + box.start.x, box.corner.y + box.start.y)
            _draw(start, box.inside, addresses)


def _draw_curve(parent: Element, curve: Curve) -> None:
    first, *rest = curve.points
    numbers = [number for one in rest for number in (one.x, one.y)]
    look = "edge order" if curve.edge.kind is EdgeKind.ORDER else "edge"
    line = into(parent, "path", class_=look, d=path("M", (first.x, first.y), "C", numbers))
    if curve.edge.names:
        said(line, "title", visible(", ".join(curve.edge.names)))
    into(parent, "path", class_="tip", d=_arrow(curve.points[-1], curve.tip))
    if curve.names is not None and curve.middle is not None:
        x, y = curve.middle.x, curve.middle.y + 4
        into(parent, "text", class_="code beside", x=x, y=y, text_anchor="middle").text = curve.names.text


def _arrow(base: Point, tip: Point) -> str:
    """Return a triangle that points to `tip` from where its curve ends."""
    angle = math.atan2(tip.y - base.y, tip.x - base.x)
    x, y = tip.x - math.cos(angle) * _TIP_LENGTH, tip.y - math.sin(angle) * _TIP_LENGTH
    across, down = -math.sin(angle) * _TIP_HALF, math.cos(angle) * _TIP_HALF
    return path("M", (tip.x, tip.y), "L", (x + across, y + down), "L", (x - across, y - down), "z")
