"""How graphs look: one stylesheet, for a page's own and for files that stand alone.

Colours are custom properties with their values at hand, for programs that know none. Light and dark follow the reader's
settings; a page may set the properties itself.
"""

from __future__ import annotations

import re
from typing import Final

PREFIX: Final = "flyte-graph"
"""The class of a picture; the properties begin with it too."""

_LIGHT: Final = {
    "canvas": "#ffffff",
    "surface": "#ffffff",
    "text": "#1b1f2a",
    "muted": "#5b6373",
    "border": "#c6ccd8",
    "line": "#8a93a6",
    "frame": "#1f3a8a",
    "focus": "#1d4ed8",
    "task": "#6d28d9",
    "workflow": "#1d4ed8",
    "plan": "#0f766e",
    "choice": "#b45309",
    "gate": "#be185d",
    "bad": "#b91c1c",
}
_DARK: Final = {
    "canvas": "#12151c",
    "surface": "#1d222d",
    "text": "#e8ebf2",
    "muted": "#a3abbb",
    "border": "#414a5c",
    "line": "#78829a",
    "frame": "#b8c7ff",
    "focus": "#7aa7ff",
    "task": "#b79bff",
    "workflow": "#7aa7ff",
    "plan": "#4fd1bd",
    "choice": "#f0b35a",
    "gate": "#f58ac0",
    "bad": "#ff8d87",
}
_RULES: Final = """
& text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: $text; }
& .name, & .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
& .name { font-size: 13px; font-weight: 600; }
& .about, & .beside { fill: $muted; }
& .canvas { fill: $canvas; }
& .box { fill: $surface; stroke: $border; }
& .frame { fill: $frame; fill-opacity: 0.035; stroke: $border; }
& .edge { fill: none; stroke: $line; stroke-width: 1.5px; }
& .edge.order { stroke-dasharray: 5 4; }
& .tip, & .dot { fill: $line; }
& .ring { fill: none; stroke: $line; stroke-width: 1.5px; }
& .tile, & .strip { fill-opacity: 0.13; }
& .icon { fill: none; stroke-width: 1.5px; stroke-linecap: round; stroke-linejoin: round; }
& .bold { stroke-width: 2px; }
& a { cursor: pointer; text-decoration: none; outline: none; }
& a:hover .edged, & a:focus .edged { stroke: $focus; stroke-width: 2px; }
"""
_ACCENT: Final = """
& .tile.NAME, & .strip.NAME { fill: $NAME; }
& .icon.NAME, & .edged.NAME { stroke: $NAME; }
"""
ACCENTS: Final = ("task", "workflow", "plan", "choice", "gate", "bad")
"""Classes of colours, one for each sort of node."""
_COLOUR: Final = re.compile(r"(fill|stroke): \$(\w+);")


def stylesheet() -> str:
    """Return the rules for every picture, wherever it stands: the same ones for a page and for a file."""
    rules = _RULES.strip() + "".join(_ACCENT.rstrip().replace("NAME", name) for name in ACCENTS)
    dark = " ".join(f"--{PREFIX}-{name}: {colour};" for name, colour in _DARK.items())
    everywhere = _COLOUR.sub(_twice, rules.replace("&", f".{PREFIX}"))
    return f"{everywhere}\n@media (prefers-color-scheme: dark) {{ .{PREFIX} {{ {dark} }} }}\n"


def _twice(found: re.Match[str]) -> str:
    """Return a rule's colour as it is in light, and once more as the property that may change it."""
    what, name = found.groups()
    return f"{what}: {_LIGHT[name]}; {what}: var(--{PREFIX}-{name}, {_LIGHT[name]});"
