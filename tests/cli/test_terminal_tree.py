from __future__ import annotations

from typing import TYPE_CHECKING

from cli.test_terminal_status import on_terminal

from hatch_flyte.cli.tree import print_tree
from hatch_flyte.node_tree import TreeNode

if TYPE_CHECKING:
    import pytest

TREE = TreeNode(
    "workflow w", nodes=(TreeNode("task [bold]a[/nothing]\x1b\n", "n0", "if x > 3"), TreeNode("task b", "n1"))
)

ON_TERMINAL = f"""
from hatch_flyte.cli.tree import print_tree
from hatch_flyte.node_tree import TreeNode

print_tree({TREE!r})
"""


def test_a_terminal_shows_guide_lines_and_names_to_the_letter() -> None:
    said = on_terminal(ON_TERMINAL)

    assert "├── if x > 3: n0  task [bold]a[/nothing]\\x1b\\n" in said
    assert "└── n1  task b" in said


def test_elsewhere_a_tree_is_indented_and_never_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300

    print_tree(TreeNode("workflow w", nodes=(TreeNode(long, "n0", nodes=(TreeNode("task a", "n1"),)),)))

    assert capsys.readouterr().out == f"workflow w\n  n0  {long}\n    n1  task a\n"
