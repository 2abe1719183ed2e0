"""The build hook for hatchling: an archive beside every wheel that is kept.

Translates hatchling's calls, options and errors; packaging itself is `package`'s.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from hatch_flyte.archive import archive_name
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.frontend import (
    FLYTEKIT_PYTHON_END,
    calling_command,
    is_editable_request,
    is_thrown_away,
    surroundings,
    will_be_thrown_away,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config import Config
    from hatch_flyte.package import Packaged

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""


class FlyteBuildHook(BuildHookInterface[BuilderConfig]):
    """Serializes the wheel that was just built."""

    PLUGIN_NAME = "flyte"

    _finalized = False

    def dependencies(self) -> list[str]:
        """Return the project's own dependencies and flytekit, if a wheel is built that will be serialized here."""
        if self.target_name != "wheel" or is_editable_request() or sys.version_info >= FLYTEKIT_PYTHON_END:
            return []
        if not self._named_output() and will_be_thrown_away(os.environ, calling_command(os.getppid())):
            return []
        from hatch_flyte.serialize.interpreter import OLDEST_FLYTEKIT

        try:
            if self._load().packaging.python:
                return []
        except HatchFlyteError as problem:
            self._abort(problem)
        return [*self.metadata.core.dependencies, f"flytekit>={OLDEST_FLYTEKIT}"]

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 # hatchling's
        """Write the archive for the wheel at `artifact_path`, or take the wheel away and end the build."""
        if self.target_name != "wheel" or version == "editable":
            return
        wheel = Path(artifact_path)
        if not self._named_output() and is_thrown_away(wheel.parent, os.environ):
            self.app.display_debug(f"flyte: {wheel.name} is not kept, so it is not serialized")
            return
        self._finalized = True
        try:
            packaged = self._package(wheel)
        except HatchFlyteError as problem:
            self._discard(wheel)
            self._abort(problem)
        except KeyboardInterrupt:
            self._discard(wheel)
            self.app.abort("flyte: interrupted", code=INTERRUPTED)
        except BaseException:
            self._discard(wheel)
            raise
        else:
            self._tell(packaged)

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 # hatchling's
        """Remove this project's archives; not the one just made (`--clean-hooks-after` asks right after a build)."""
        if self.target_name == "wheel" and not self._finalized:
            named = self._named_output()
            for folder in {Path(self.directory), *([Path(self.root, named)] if named else [])}:
                for path in folder.glob(archive_name(self.metadata.core.name, "*")):
                    path.unlink()

    def _package(self, wheel: Path) -> Packaged:
        from hatch_flyte.package import package

        config = self._load()
        self.app.display_info(f"flyte: serializing {wheel.name}")
        return package(wheel, config.packaging, surroundings(Path(self.root), self._output(config, wheel), os.environ))

    def _load(self) -> Config:
        from hatch_flyte.config import Sources, load

        return load(Sources(root=Path(self.root), environ=os.environ, hook_table=self.config))

    def _named_output(self) -> str:
        """Return the folder that archives are to go to, or nothing, without judging the rest of the configuration.

        Installing a package must not fail over a key that only matters where archives are made.
        """
        tables: list[Mapping[str, Any]] = [self.config, self.metadata.config.get("tool", {}).get("hatch-flyte", {})]
        named = [os.environ.get("HATCH_FLYTE_OUTPUT_DIR"), *(table.get("output-dir") for table in tables)]
        return next((str(name) for name in named if name), "")

    def _abort(self, problem: HatchFlyteError) -> NoReturn:
        from hatch_flyte.report_text import printable

        self.app.abort(f"flyte: {printable(str(problem))}", code=problem.exit_code)
        raise AssertionError from problem  # hatchling's abort is not declared to end the process

    def _output(self, config: Config, wheel: Path) -> Path:
        named = config.packaging.output_dir
        return Path(self.root, named) if named else wheel.parent

    def _discard(self, wheel: Path) -> None:
        """Leave neither a wheel without its archive nor the archive of an earlier build of this version."""
        named = self._named_output()
        folder = Path(self.root, named) if named else wheel.parent
        wheel.unlink(missing_ok=True)
        (folder / archive_name(self.metadata.core.name, self.metadata.version)).unlink(missing_ok=True)

    def _tell(self, packaged: Packaged) -> None:
        from hatch_flyte.outcome import by_kind

        counts = by_kind(entity.kind for entity in packaged.manifest.entities)
        self.app.display_info(f"flyte: {counts} in {packaged.path}")
        self.app.display_debug(f"flyte: serialized with {packaged.interpreter.why}")
