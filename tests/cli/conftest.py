from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_doors import Door, isolate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Door:
    folder = tmp_path / "project"
    folder.mkdir()
    isolate(folder, monkeypatch)
    return Door(folder, capfd)
