"""Whether a wheel can be installed where its tasks will run: on Linux, with a given Python (PEP 425, PEP 600)."""

from __future__ import annotations

from email.parser import HeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.tags import Tag

    from hatch_flyte.wheel import Wheel


def misfit(wheel: Wheel, python: str) -> str:
    """Return why the wheel does not fit Linux and a Python (`3.12.1`), or nothing; a wheel without tags fits."""
    from packaging.tags import compatible_tags, cpython_tags

    tags = _tags(wheel)
    major, minor = (int(part) for part in python.split(".")[:2])
    platforms = sorted({tag.platform for tag in tags if "linux" in tag.platform})
    interpreter = f"cp{major}{minor}"
    fitting = {
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    }
    if not tags or tags & fitting:
        return ""
    listed = ", ".join(sorted(map(str, tags)))
    where = "a wheel for Linux" if not platforms and all(tag.platform != "any" for tag in tags) else ""
    return f"expected {where or f'a wheel for Python {major}.{minor}'} (got one for {listed})"


def _tags(wheel: Wheel) -> frozenset[Tag]:
    """Return the tags that the wheel's own metadata give it (`*.dist-info/WHEEL`)."""
    from packaging.tags import parse_tag

    name = next((file.name for file in wheel.files if file.name.endswith(".dist-info/WHEEL")), "")
    text = wheel.read(name).decode(errors="replace") if name else ""
    headers = HeaderParser().parsestr(text, headersonly=True)
    return frozenset(tag for line in headers.get_all("Tag", []) for tag in parse_tag(str(line).strip()))
