"""A project folder to write configuration into, and to load it from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Config, Sources, load
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Project:
    """A folder; nothing of this machine's environment or user gets in."""

    root: Path

    def load(self, pyproject: str = "", *, hatch: str | None = None, **sources: Any) -> Config:
        """Write the files and load them; `sources` as `Sources` has them."""
        (self.root / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        if hatch is not None:
            (self.root / "hatch.toml").write_text(hatch, encoding="utf-8")
        clean: dict[str, Any] = {"root": self.root, "environ": {}, "user_table": {}}
        return load(Sources(**clean | sources))

    def error(self, pyproject: str = "", *, hatch: str | None = None, **sources: Any) -> ConfigError:
        """Return the error that loading ends with."""
        with pytest.raises(ConfigError) as caught:
            self.load(pyproject, hatch=hatch, **sources)
        return caught.value

    def problems(self, pyproject: str = "", *, hatch: str | None = None, **sources: Any) -> list[str]:
        """Return what is wrong, a line each."""
        return [str(problem) for problem in self.error(pyproject, hatch=hatch, **sources).problems]
