"""Trees on stdout: with guide lines on a terminal, indented elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.tree import Tree

    from hatch_flyte.node_tree import TreeNode


def print_tree(tree: TreeNode) -> None:
    """Print a tree of nodes."""
    if not (sys.stdout and sys.stdout.isatty()):
        for line in _indented(tree):
            click.echo(line)
        return
    from rich.console import Console

    Console().print(_grown(tree))


def _indented(tree: TreeNode, indent: str = "") -> Iterator[str]:
    yield f"{indent}{_text(tree)}"
    for node in tree.nodes:
        yield from _indented(node, f"{indent}  ")


def _grown(tree: TreeNode) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    # Text, not markup: names come from archives.
    grown = Tree(Text(_text(tree)))
    grown.children.extend(map(_grown, tree.nodes))
    return grown


def _text(node: TreeNode) -> str:
    from hatch_flyte.report_text import printable

    return printable(str(node)).replace("\n", "\\n").replace("\t", "\\t")
