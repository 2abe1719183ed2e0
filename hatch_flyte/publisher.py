"""The publisher for Hatch: `hatch publish -p flyte`.

Translates Hatch's call, options and errors; publishing itself is `deploy`'s.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch.publish.plugin.interface import PublisherInterface

from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.signals import INTERRUPTED

if TYPE_CHECKING:
    from hatch_flyte.events import Event
    from hatch_flyte.projects import Project
    from hatch_flyte.report_text import Published


class FlytePublisher(PublisherInterface):
    """Registers a project's archives in the chosen clusters."""

    PLUGIN_NAME = "flyte"

    def publish(self, artifacts: list[str], options: dict[str, Any]) -> None:
        """Publish `artifacts` (archives; without any, those of the build directory) as `options` (`-o`) say."""
        from hatch_flyte.report_text import printable

        try:
            published = self._deploy(artifacts, options)
        except HatchFlyteError as problem:
            self.app.abort(printable(str(problem)), code=problem.exit_code)
        except KeyboardInterrupt:
            self.app.abort("interrupted", code=INTERRUPTED)
        else:
            self._tell(published)

    def _deploy(self, artifacts: list[str], options: dict[str, Any]) -> tuple[Published, ...]:
        from hatch_flyte.build_first import built_first
        from hatch_flyte.deploy import deployment
        from hatch_flyte.projects import projects_of

        paths = [Path(artifact) for artifact in artifacts]
        with built_first(projects_of(paths, self._root, partial(self._project, options)), self._on_line) as projects:
            made = deployment(projects, self._on_event)
            for caution in made.cautions:
                self.app.display_warning(str(caution))
            return made.publish()

    @property
    def _root(self) -> Path:
        return Path(self.root)

    def _project(self, options: dict[str, Any], folder: Path) -> Project:
        """Return the project in `folder`: this one as Hatch knows it, another one as its files have it."""
        from hatch_flyte.config import Sources, load
        from hatch_flyte.projects import Project

        own = folder.resolve() == self._root.resolve()
        sources = Sources(
            root=folder,
            environ=os.environ,
            options=options,
            publish_table=self.project_config if own else None,
            user_table=self.plugin_config,
        )
        return Project(config=load(sources), dynamic_version=self._version if own else str)

    def _version(self) -> str:
        """Return a version that is not in pyproject.toml, if Hatch knows it without running the project's code.

        Its other sources import the project's modules, or plugins that need not be installed where Hatch is.
        """
        version = self.app.project.metadata.hatch.version
        try:
            return str(version.cached) if version.source_name in {"regex", "env"} else ""
        except Exception:  # noqa: BLE001 # hatchling's own for each mistake: a build tells of it, and here it is unknown
            return ""

    def _on_line(self, text: str) -> None:
        from hatch_flyte.report_text import printable

        self.app.display_info(printable(text))

    def _on_event(self, event: Event) -> None:
        from hatch_flyte.event_text import step_words

        if words := step_words(event):
            self.app.display_debug(f"{event.target.cluster}: {words}")

    def _tell(self, published: tuple[Published, ...]) -> None:
        from hatch_flyte.outcome import exit_code
        from hatch_flyte.report_text import report_lines

        say = {
            "error": self.app.display_error,
            "warning": self.app.display_warning,
            "good": self.app.display_success,
            "bad": self.app.display_error,
        }
        for one in published:
            for about, line in report_lines(one, self.app.verbosity):
                say.get(about, self.app.display_info)(line)
        if code := exit_code(tuple(one.report for one in published)):
            self.app.abort(code=code)
