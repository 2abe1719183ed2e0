from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_doors import Door, isolate, serving_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Door:
    folder = tmp_path / "project"
    folder.mkdir()
    isolate(folder, monkeypatch)
    return Door(folder, capfd)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a local registry that is served."""
    with serving_here(tmp_path / "served") as address:
        yield address
