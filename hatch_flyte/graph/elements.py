"""Elements of SVG, with attributes as SVG has them: the one place that writes numbers and texts into them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from hatch_flyte.graph.text import CODE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from hatch_flyte.graph.label import Line

    Value = str | float


def element(tag: str, **attributes: Value) -> Element:
    """Return an element; `class_` stands for `class`, an underscore for a hyphen, and lengths are pixels."""
    return ET.Element(tag, _attributes(attributes))


def into(parent: Element, tag: str, **attributes: Value) -> Element:
    """Return an element at the end of `parent`."""
    return ET.SubElement(parent, tag, _attributes(attributes))


def said(parent: Element, tag: str, text: str) -> None:
    """Put an element with nothing but a text at the end of `parent`."""
    into(parent, tag).text = text


def group(parent: Element, x: float, y: float) -> Element:
    """Return a group whose origin is at `x` and `y`."""
    return into(parent, "g", transform=f"translate({number(x)} {number(y)})")


def written(parent: Element, line: Line, x: float, y: float, classes: str) -> None:
    """Write a line, its baseline at `y`. What is wider than was measured is cut off: no text leaves its box."""
    if not line.text:
        return
    size = line.font.size
    # An `svg` inside of another one cuts off what leaves it, without a name for where.
    room = into(parent, "svg", x=x, y=y - size * 1.2, width=line.width + 2, height=size * 1.7)
    classes = f"{classes} code" if line.font is CODE else classes
    into(room, "text", class_=classes, x=0, y=size * 1.2).text = line.text


def path(*parts: str | Sequence[float]) -> str:
    """Return a path: letters and the numbers between them."""
    return "".join(part if isinstance(part, str) else " ".join(map(number, part)) for part in parts)


def number(value: float) -> str:
    """Return a number to a tenth, as short as it can be: finer than can be seen, and the same on every machine."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _attributes(attributes: dict[str, Value]) -> dict[str, str]:
    return {
        name.removesuffix("_").replace("_", "-"): value if isinstance(value, str) else number(value)
        for name, value in attributes.items()
    }
