"""The project's pages as data: fenced blocks, links, and what a reader is told to write and to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unreleased import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = [
    *sorted(CHECKOUT.glob("*.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
    CHECKOUT / "example_project" / "README.md",
]

_FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./-]+)`:\n\n\Z")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    file: str
    """The file whose content it is: the block follows a line that ends with the file's name and a colon."""


@dataclass(frozen=True)
class Command:
    """What a reader types, what is said to follow, and the exit code."""

    line: str
    output: str
    code: int


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        named = _FILE.search(text[: match.start()])
        found.append(Block(match[1], match[2], named[1] if named else ""))
    return found


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a console block. `echo $?` after one says which exit code it must have, else it is 0."""
    typed = [part.split("\n", 1) for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]]
    for (line, output), following in zip(typed, [*typed[1:], ["", ""]], strict=True):
        if line != "echo $?":
            yield Command(line, output, int(following[1]) if following[0] == "echo $?" else 0)


def says(expected: str, got: str) -> bool:
    """Return whether the output `got` has the lines `expected`, in their order; `…` stands for anything."""
    pieces = [re.escape(piece.rstrip()) for piece in re.split(r"…\n?", expected)]
    return re.search("(?s:.*?)".join(pieces), re.sub(r"[ \t]+$", "", got, flags=re.MULTILINE)) is not None


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _CODE_BLOCKS.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


_CODE_BLOCKS = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
