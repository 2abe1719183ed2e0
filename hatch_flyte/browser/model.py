"""What a page is made of: frozen values, which templates turn into HTML. Texts in them are as they came: untrusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from hatch_flyte.browser.addresses import Place
    from hatch_flyte.node_tree import TreeNode


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, or a time, in a table or a list of facts."""

    text: str = ""
    href: str = ""
    """Where it leads; empty: nowhere."""
    code: bool = False
    """Whether it is what a program reads: a name, a value, a command."""
    mark: str = ""
    """Shown as a mark of this colour: `good`, `quiet`, `warn`, `bad`."""
    time: datetime | None = None
    """In UTC; shown instead of the text."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms, and what is to be said to each."""

    id: str
    title: str
    rows: tuple[tuple[str, Cell], ...]
    form: str = "facts"


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the pages beside one are; empty: there is none."""

    first: int
    last: int
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows; the first cell of each says what the row is about."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    """What is said instead of a table without rows."""
    hint: str = ""
    """What to do then: a command."""
    note: str = ""
    """What else is to be known."""
    pager: Pager | None = None
    form: str = "table"


@dataclass(frozen=True, slots=True)
class Text:
    """A longer text, shown as it is."""

    id: str
    title: str
    text: str
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes in nodes."""

    id: str
    title: str
    nodes: tuple[TreeNode, ...]
    form: str = "tree"


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG made here, and its nodes as a list."""

    id: str
    title: str
    draw: Callable[[], str]
    """Makes the SVG, while HTML is made of the page; empty where there is none."""
    nodes: tuple[TreeNode, ...]
    form: str = "picture"


Section = Facts | Table | Text | Tree | Picture


@dataclass(frozen=True, slots=True)
class Choice:
    """A form that asks which two versions to compare."""

    action: str
    versions: tuple[str, ...]
    """The newest first."""
    old: str
    new: str
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for in a place."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    title: str
    """Its heading."""
    crumbs: tuple[tuple[str, str], ...] = ()
    """What it is in, from the outermost: texts and addresses."""
    eyebrow: str = ""
    """What sort of thing it is about, before its heading."""
    marks: tuple[Cell, ...] = ()
    lead: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    place: Place | None = None
    tab: str = ""
    """Which of a place's parts it is of."""
    choice: Choice | None = None
    search: str = ""
    """What was searched for."""
    status: int = 200
    tabs: Mapping[str, str] = field(default_factory=dict)
    """A place's parts, and their addresses."""
