"""The local registry in this process: the port over a file, without sockets or gRPC."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flyteidl.admin.launch_plan_pb2 import ACTIVE, INACTIVE

from hatch_flyte.entity import Kind
from hatch_flyte.registry.backing import Backing
from hatch_flyte.registry.blobs import Key, blob_key
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.port import Location, Traffic, error_for
from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.rules.listing import Condition, Query
from hatch_flyte.rules.projects import DOMAINS
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier

    Answer = TypeVar("Answer")

PAGE = 1000
"""Entities read at once."""


def default_folder() -> Path:
    """Return where the local registry keeps its data unless told otherwise: in the user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("hatch-flyte", appauthor=False))


def open_local(data: Path | None) -> LocalRegistry:
    """Open the local registry in the folder `data`, or in the default one. Raises `RegistryError`."""
    return LocalRegistry(Backing.open(data or default_folder()))


class LocalRegistry:
    """The local registry, open. Implements `port.Registry`.

    It has the three domains of every control plane; a project is made when something is first registered in it.
    """

    def __init__(self, backing: Backing) -> None:
        self._store, self._blobs, self._thread = backing.store, backing.blobs, backing.thread
        self._plane, self._office = ControlPlane(self._store), ProjectOffice(self._store)
        self._traffic = Traffic()

    @property
    def place(self) -> str:
        """The registry's file."""
        return self._store.place

    @property
    def traffic(self) -> Traffic:
        """How often it was asked, and told."""
        return self._traffic

    async def domains(self, project: str) -> frozenset[str] | None:
        """Return the three domains, or None for an archived project."""
        self._count(reads=1)
        usable = await self._do(lambda: self._office.is_usable(project))
        return frozenset(DOMAINS) if usable else None

    async def list(
        self, kind: Kind, project: str, domain: str, *, name: str = "", version: str = ""
    ) -> AsyncIterator[Message]:
        """Yield the entities of a project and domain, the newest first."""
        wanted = {"project": project, "domain": domain, "name": name, "version": version}
        conditions = tuple(Condition(column, "eq", (value,)) for column, value in wanted.items() if value)
        async for message in self._listed(kind, conditions):
            yield message

    async def get(self, identifier: Identifier) -> Message:
        """Return the whole entity."""
        self._count(reads=1)
        return await self._do(lambda: self._plane.found(identifier), identifier)

    async def create(self, identifier: Identifier, spec: Message) -> None:
        """Create an entity, and its project if there is none of that name."""
        self._count(writes=1)
        await self._do(lambda: self._create(identifier, spec), identifier)

    async def active(self, project: str, domain: str) -> AsyncIterator[Message]:
        """Yield the active launch plans of a project and domain."""
        conditions = (
            Condition("project", "eq", (project,)),
            Condition("domain", "eq", (domain,)),
            Condition("state", "eq", (ACTIVE,)),
        )
        async for message in self._listed(Kind.LAUNCH_PLAN, conditions):
            yield message

    async def activate(self, identifier: Identifier) -> None:
        """Make a launch plan version the active one."""
        await self._update(identifier, ACTIVE)

    async def deactivate(self, identifier: Identifier) -> None:
        """Make a launch plan version inactive."""
        await self._update(identifier, INACTIVE)

    async def locate(self, project: str, domain: str, bundle: Bundle) -> Location:
        """Return where `bundle` is or would be."""
        self._count(reads=1)
        return await self._do(lambda: self._location(project, domain, bundle)[1])

    async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
        """Store `bundle` unless it is there."""
        self._count(writes=1)
        return await self._do(lambda: self._upload(project, domain, bundle))

    async def close(self) -> None:
        """Let go of the file."""
        await self._do(self._store.close)
        self._thread.shutdown()

    async def _listed(self, kind: Kind, conditions: tuple[Condition, ...]) -> AsyncIterator[Message]:
        """Yield what fits the conditions, the newest first; read page by page, for those who want only the first."""
        query = Query(kind, conditions, sort_by="created_at", descending=True, limit=PAGE)
        while True:
            self._count(reads=1)
            page = await self._do(partial(self._plane.listed, query, kind))
            for message in page:
                yield message
            if len(page) < PAGE:
                return
            query = replace(query, offset=query.offset + PAGE)

    async def _update(self, identifier: Identifier, state: int) -> None:
        self._count(writes=1)
        await self._do(lambda: self._plane.update_launch_plan(from_identifier(identifier), state), identifier)

    def _create(self, identifier: Identifier, spec: Message) -> None:
        if identifier.domain in DOMAINS:
            self._office.ensure(identifier.project)
        self._plane.create(identifier.kind, from_identifier(identifier), spec)

    def _location(self, project: str, domain: str, bundle: Bundle) -> tuple[Key, Location]:
        key = blob_key(project, domain, bundle.digest, bundle.file_name)
        return key, Location(self._blobs.url(key), self._blobs.has(key))

    def _upload(self, project: str, domain: str, bundle: Bundle) -> Location:
        key, location = self._location(project, domain, bundle)
        if not location.stored:
            with self._blobs.writing(key) as file:
                file.write(bundle.data)
        return Location(location.url, stored=True)

    def _count(self, *, reads: int = 0, writes: int = 0) -> None:
        self._traffic = Traffic(self._traffic.reads + reads, self._traffic.writes + writes)

    async def _do(self, work: Callable[[], Answer], identifier: Identifier | None = None) -> Answer:
        """Do `work` beside the event loop: a file on a slow disk, or locked, holds up no other registry."""
        with refusals_translated(identifier):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


@contextmanager
def refusals_translated(identifier: Identifier | None) -> Iterator[None]:
    """Turn a refusal into the error that the port promises."""
    try:
        yield
    except RefusalError as refusal:
        raise error_for(refusal.code, refusal.message, identifier=identifier) from refusal
