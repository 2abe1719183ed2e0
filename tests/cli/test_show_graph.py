from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, launch_plan, task, workflow
from wire.workflows import every_place

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door


def several(folder: Path) -> Path:
    archive = archive_of(task(), workflow(), workflow("acme.other"), launch_plan())
    write_archive(folder / "several.tgz", archive)
    return folder / "several.tgz"


def test_a_graph_is_written_as_svg(door: Door, tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    file = tmp_path / "flow.svg"

    said = door("show", door.archive(), "--graph", "acme.flow", "-o", file)

    root = ET.fromstring(file.read_bytes())  # noqa: S314 # what was just written
    assert [one.text for one in root[:2]] == ["Graph of acme.flow", "1 nodes: 1 task"]
    assert (said.out, said.err) == ("", f"{file}: graph of acme.flow\n")


def test_the_only_workflow_needs_no_name_and_gives_the_same_bytes_twice(door: Door, tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    archive = door.archive()

    for name in ("one.svg", "other.svg"):
        door("show", archive, "--graph", "--output", tmp_path / name)

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_without_a_file_a_graph_is_a_tree(door: Door, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", archive_of(every_place()))

    graph = door("show", tmp_path / "a.tgz", "--graph", "outer").out

    assert graph == door("show", tmp_path / "a.tgz", "--tree", "outer").out
    assert "  n4  workflow inner\n    n0  task f\n" in graph


def test_of_several_workflows_one_must_be_named(door: Door, tmp_path: Path) -> None:
    said = door("show", several(tmp_path), "--graph", "-o", tmp_path / "x.svg", code=2)

    assert "--output: expected one workflow (got acme.flow, acme.other); name it" in said.err
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "x.svg"], "--output is for --graph, and writes SVG"),
        (["--graph", "--json", "-o", "x.svg"], "--output is for --graph, and writes SVG"),
        (["--graph", "--tree"], "--tree and --graph: one at a time"),
        (["--graph", "acme.flo"], "the archive has no workflow acme.flo"),
    ],
)
def test_wrong_use_is_said(door: Door, arguments: list[str], complaint: str) -> None:
    assert complaint in door("show", door.archive(), *arguments, code=2).err


def test_a_file_that_cannot_be_written_is_said(door: Door, tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    file = tmp_path / "nowhere" / "x.svg"

    assert (
        f"{file}: cannot be written (No such file or directory)"
        in door("show", door.archive(), "--graph", "-o", file, code=1).err
    )


def test_without_pygraphviz_it_is_said_how_to_install_it(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)

    said = door("show", door.archive(), "--graph", "-o", tmp_path / "x.svg", code=1)

    assert "pygraphviz not installed" in said.err
    assert "pip install 'hatch-flyte[graph]'" in said.err
