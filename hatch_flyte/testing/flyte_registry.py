"""`FlyteRegistry`: a registry to be used in tests, without asyncio, and served to Flyte clients once that is asked for.

Owns the words a test uses. What a registry does is `registry`'s, publishing is `register`'s.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.testing.background import Background, Served

if TYPE_CHECKING:
    import os
    from types import TracebackType

    from flyteidl.admin.launch_plan_pb2 import LaunchPlan
    from flyteidl.admin.task_pb2 import Task
    from flyteidl.admin.workflow_pb2 import Workflow

    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.backing import Backing
    from hatch_flyte.registry.port import Registry

PROJECT: Final = "flytesnacks"
DOMAIN: Final = "development"


@final
class FlyteRegistry:
    """A local registry, open until `close` or the end of a `with` block.

    `folder` is where it keeps its data, made if it isn't there; without one all is in memory, but for uploaded files,
    which lie in a temporary folder. It may be used from any thread, and from inside of a running event loop.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._opened = ExitStack()
        with ExitStack() as opened:
            self._backing = _backing(folder, opened)
            self._background = Background()
            opened.callback(self._background.close)
            self._opened = opened.pop_all()
        self._served: Served | None = None

    def __enter__(self) -> FlyteRegistry:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _problem: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server, if there is one, and let go of all files. May be called again."""
        self._opened.close()

    @property
    def port(self) -> Registry:
        """The registry as publishing sees it: the protocol `hatch_flyte.registry.port.Registry`, for async code."""
        from hatch_flyte.testing.port import SharedRegistry

        return SharedRegistry(self._backing)

    @property
    def address(self) -> str:
        """`HOST:PORT` for Flyte clients, without TLS. The first use starts the server (the extra `server`)."""
        if self._served is None:
            self._served = Served(self._background, self._backing)
            self._opened.callback(self._served.close)
        return self._served.address

    @property
    def environ(self) -> dict[str, str]:
        """Variables that lead flytekit here, in this process or in another: `pyflyte`, `Config.auto()`."""
        return {"FLYTE_PLATFORM_URL": self.address, "FLYTE_PLATFORM_INSECURE": "true"}

    def publish(
        self, archive: str | os.PathLike[str], *, version: str = "", project: str = PROJECT, domain: str = DOMAIN
    ) -> Report:
        """Register an archive as `hatch-flyte publish` does, and return what came of each entity.

        `archive` is a file, or a folder with one archive in it; `version` is what it is registered under, by default
        its own. A project is made if there is none of that name. Raises what stopped it, from `hatch_flyte.errors`:
        `ArchiveError`, `ConflictError` where the version is there with other content, another `RegistryError`.
        """
        from hatch_flyte.testing.publishing import Place, publish_into

        return self._background.run(publish_into(self.port, Path(archive), Place(project, domain, version)))

    def registered(self, kind: Kind | None = None) -> list[Identifier]:
        """Return what is registered, in any project: of each kind (or of one), in the order in which it was created."""
        from hatch_flyte.testing.lookup import identifiers

        return [one for each in ([kind] if kind else Kind) for one in self._do(identifiers, each)]

    def task(self, name: str, version: str = "", *, project: str = PROJECT, domain: str = DOMAIN) -> Task:
        """Return a version of a task, the newest by default; `NotFoundError` where there is none."""
        return self._find(Identifier(Kind.TASK, project, domain, name, version))

    def workflow(self, name: str, version: str = "", *, project: str = PROJECT, domain: str = DOMAIN) -> Workflow:
        """Return a version of a workflow, compiled, the newest by default; `NotFoundError` where there is none."""
        return self._find(Identifier(Kind.WORKFLOW, project, domain, name, version))

    def launch_plan(self, name: str, version: str = "", *, project: str = PROJECT, domain: str = DOMAIN) -> LaunchPlan:
        """Return a version of a launch plan, the newest by default; `NotFoundError` where there is none."""
        return self._find(Identifier(Kind.LAUNCH_PLAN, project, domain, name, version))

    def active_launch_plan(self, name: str, *, project: str = PROJECT, domain: str = DOMAIN) -> LaunchPlan:
        """Return the active version of a launch plan; `NotFoundError` where none is."""
        from hatch_flyte.testing.lookup import active

        return self._do(active, Identifier(Kind.LAUNCH_PLAN, project, domain, name, ""))

    def create_project(self, project: str) -> None:
        """Make a project if there is none of that name; clients can register in no other. One is there: `PROJECT`."""
        from hatch_flyte.testing.lookup import create_project

        self._do(create_project, project)

    def clear(self) -> None:
        """Forget everything that was registered. Uploaded files stay: a bundle's address is that of its content."""
        from hatch_flyte.testing.lookup import clear

        self._do(clear)

    def _find(self, identifier: Identifier) -> Any:
        from hatch_flyte.testing.lookup import found

        return self._do(found, identifier)

    def _do(self, work: Any, *arguments: Any) -> Any:
        """Do `work` with the store where all is done with it."""
        return self._backing.thread.submit(work, self._backing.store, *arguments).result()


def _backing(folder: Path | None, opened: ExitStack) -> Backing:
    from hatch_flyte.registry.backing import Backing

    if folder is None:
        files = opened.enter_context(tempfile.TemporaryDirectory(prefix="flyte-registry-"))
        backing = Backing.in_memory(Path(files))
    else:
        backing = Backing.open(folder)
    opened.callback(backing.close)
    return backing
