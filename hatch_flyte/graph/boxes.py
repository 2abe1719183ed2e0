"""How a node is drawn: its box, the texts on it, and its link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.graph.elements import group, into, number, path, said, written
from hatch_flyte.graph.icons import FAILURE, ICONS
from hatch_flyte.graph.label import HEADER, ICON, NODE, PADDING, ROLE, STACK, words
from hatch_flyte.graph.model import ON_FAILURE, NodeKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from hatch_flyte.entity import Identifier
    from hatch_flyte.graph.icons import Icon
    from hatch_flyte.graph.layout import Box

    Link = Callable[[Identifier], str | None]

_ROUND: Final = 8
_GLYPH: Final = 16
_ENDS: Final = {NodeKind.START, NodeKind.END, NodeKind.CHOICE}


def draw_node(parent: Element, box: Box, address: str | None) -> None:
    """Draw a node without what is inside of it, as a link if it has an address."""
    if box.node.kind in _ENDS:
        _draw_end(parent, box)
        return
    place = {"transform": f"translate({number(box.corner.x)} {number(box.corner.y)})"}
    # A group has a role so that its title is read; a link has one of its own.
    node = into(parent, "a", href=address, **place) if address else into(parent, "g", role="group", **place)
    said(node, "title", words(box.node))
    icon = FAILURE if box.node.role == ON_FAILURE else ICONS[box.node.kind]
    _draw_box(node, box, icon)
    top = _draw_role(node, box, icon)
    middle = top + (HEADER if box.inside else NODE) / 2
    _draw_icon(node, icon, middle)
    _draw_texts(node, box, middle)


def _draw_box(node: Element, box: Box, icon: Icon) -> None:
    width, height = box.width, box.height
    if box.node.many:
        width, height = width - STACK, height - STACK
        into(node, "rect", class_="box", x=STACK, y=STACK, width=width, height=height, rx=_ROUND)
    marked = f" edged {icon.accent}" if icon is FAILURE or box.node.kind is NodeKind.ERROR else " edged"
    look = "frame" if box.inside else "box"
    if box.inside and box.node.many:
        into(node, "rect", class_="canvas", width=width, height=height, rx=_ROUND)
    into(node, "rect", class_=look + marked, width=width, height=height, rx=_ROUND)


def _draw_role(node: Element, box: Box, icon: Icon) -> float:
    """Draw the strip that says when a node runs; return how high it is."""
    if not box.label.role.text:
        return 0
    width, accent = box.width - STACK * box.node.many, icon.accent if icon is FAILURE else "choice"
    corner: Final = (_ROUND, _ROUND, 0, 0, 1)
    outline = path(
        "M",
        (0, ROLE),
        "V",
        (_ROUND,),
        "A",
        (*corner, _ROUND, 0),
        "H",
        (width - _ROUND,),
        "A",
        (*corner, width, _ROUND),
        "V",
        (ROLE,),
        "z",
    )
    into(node, "path", class_=f"strip {accent}", d=outline)
    written(node, box.label.role, PADDING, ROLE - 7, "role")
    return ROLE


def _draw_icon(node: Element, icon: Icon, middle: float) -> None:
    size = ICON - 4
    into(node, "rect", class_=f"tile {icon.accent}", x=PADDING - 2, y=middle - size / 2, width=size, height=size, rx=6)
    inset = (size - _GLYPH) / 2
    place = group(node, PADDING - 2 + inset, middle - size / 2 + inset)
    into(place, "path", class_=f"icon {icon.accent}", d=icon.path)


def _draw_texts(node: Element, box: Box, middle: float) -> None:
    start = PADDING + ICON + 4
    if box.inside:
        written(node, box.label.name, start, middle + 4.5, "name")
        written(node, box.label.about, start + box.label.name.width + PADDING, middle + 4.5, "about")
    else:
        written(node, box.label.name, start, middle - 3, "name")
        written(node, box.label.about, start, middle + 13, "about")


def _draw_end(parent: Element, box: Box) -> None:
    """Draw where a graph begins or ends, or a condition chooses."""
    half = box.width / 2
    middle = {"cx": box.corner.x + half, "cy": box.corner.y + half}
    if box.node.kind is NodeKind.CHOICE:
        x, y = box.corner.x, box.corner.y
        corners = path(
            "M", (x + half, y), "L", (x + box.width, y + half), "L", (x + half, y + box.height), "L", (x, y + half), "z"
        )
        into(parent, "path", class_="box edged choice", d=corners)
    elif box.node.kind is NodeKind.START:
        into(parent, "circle", class_="dot", r=half, **middle)
    else:
        end = into(parent, "g", role="group")
        said(end, "title", words(box.node))
        into(end, "circle", class_="ring", r=half - 1, **middle)
        into(end, "circle", class_="dot", r=half - 4, **middle)
