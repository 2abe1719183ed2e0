"""The build hook for hatchling: an archive beside every wheel that is kept.

Translates hatchling's calls, options and errors; what is done with a wheel is `wheel_build`'s.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from hatch_flyte.archive import archive_name
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.frontend import is_editable_request
from hatch_flyte.wheel_build import BuiltWheel, Project, abort, finish, requirements

if TYPE_CHECKING:
    from hatchling.bridge.app import Application


class FlyteBuildHook(BuildHookInterface[BuilderConfig]):
    """Serializes the wheel that was just built."""

    PLUGIN_NAME = "flyte"

    _finalized = False

    def dependencies(self) -> list[str]:
        """Return the project's own dependencies and flytekit, if a wheel is built that will be serialized here."""
        if self.target_name != "wheel" or is_editable_request():
            return []
        try:
            return requirements(self._project(), lambda: self.metadata.core.dependencies)
        except HatchFlyteError as problem:
            abort(_Host(self.app), problem)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 # hatchling's
        """Write the archive for the wheel at `artifact_path`, or take the wheel away and end the build."""
        if self.target_name != "wheel" or version == "editable":
            return
        self._finalized = True
        path = Path(artifact_path)
        wheel = BuiltWheel(path=path, folder=path.parent, name=self.metadata.core.name, version=self.metadata.version)
        finish(self._project(), wheel, _Host(self.app))

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 # hatchling's
        """Remove this project's archives; not the one just made (`--clean-hooks-after` asks right after a build)."""
        if self.target_name == "wheel" and not self._finalized:
            folder = Path(self.directory)
            for place in {folder, self._project().output(folder)}:
                for path in place.glob(archive_name(self.metadata.core.name, "*")):
                    path.unlink()

    def _project(self) -> Project:
        shared = self.metadata.config.get("tool", {}).get("hatch-flyte", {})
        return Project(root=Path(self.root), tool_table=shared, hook_table=self.config, environ=os.environ)


class _Host:
    """hatchling, as `wheel_build.Host`."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self.info = app.display_info
        self.debug = app.display_debug
        self.warning = app.display_warning

    def abort(self, text: str, code: int) -> NoReturn:
        """End the build; hatchling shows the message alone."""
        self._app.abort(text, code=code)
        raise AssertionError(text)  # hatchling's abort is not declared to end the process
