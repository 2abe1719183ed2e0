"""Registries for tests of the use cases: the real local one, and one that answers as it is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hatch_flyte.config import Target
from hatch_flyte.errors import NotFoundError, RegistryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier, Kind
    from hatch_flyte.registry.port import Location, Registry, Traffic

TARGET = Target("local", None, insecure=False, project="flytesnacks", domain="development")


class Unreliable:
    """A registry in front of a real one that records what is written and fails where it is told.

    The failures that a control plane can have are many, and the real local registry has none of them.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.writes: list[str] = []
        self.failures: dict[str, RegistryError] = {}
        """What a write answers: of a create `task acme.double`, of an update `activate acme.flow 1.0`."""
        self.lost: set[str] = set()
        """Entities that cannot be read."""
        self.hidden: set[str] = set()
        """Entities that lists don't show: somebody else registers them right after the look."""
        self.before_create: Callable[[Identifier], None] = lambda _identifier: None

    @property
    def place(self) -> str:
        return self.registry.place

    @property
    def traffic(self) -> Traffic:
        return self.registry.traffic

    async def domains(self, project: str) -> frozenset[str] | None:
        return await self.registry.domains(project)

    async def list(
        self, kind: Kind, project: str, domain: str, *, name: str = "", version: str = ""
    ) -> AsyncIterator[Message]:
        async for message in self.registry.list(kind, project, domain, name=name, version=version):
            if f"{kind.value} {message.id.name}" not in self.hidden:  # type: ignore[attr-defined] # admin messages
                yield message

    async def get(self, identifier: Identifier) -> Message:
        if key(identifier) in self.lost:
            raise NotFoundError(f"missing {key(identifier)}")
        return await self.registry.get(identifier)

    async def create(self, identifier: Identifier, spec: Message) -> None:
        self.before_create(identifier)
        await asyncio.sleep(0)
        self.writes.append(key(identifier))
        if key(identifier) in self.failures:
            raise self.failures[key(identifier)]
        await self.registry.create(identifier, spec)

    async def active(self, project: str, domain: str) -> AsyncIterator[Message]:
        async for message in self.registry.active(project, domain):
            yield message

    async def activate(self, identifier: Identifier) -> None:
        await self._write("activate", identifier)
        await self.registry.activate(identifier)

    async def deactivate(self, identifier: Identifier) -> None:
        await self._write("deactivate", identifier)
        await self.registry.deactivate(identifier)

    async def _write(self, verb: str, identifier: Identifier) -> None:
        await asyncio.sleep(0)
        self.writes.append(f"{verb} {identifier.name} {identifier.version}")
        if self.writes[-1] in self.failures:
            raise self.failures[self.writes[-1]]

    async def locate(self, project: str, domain: str, bundle: Bundle) -> Location:
        return await self.registry.locate(project, domain, bundle)

    async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
        self.writes.append("bundle")
        if "bundle" in self.failures:
            raise self.failures["bundle"]
        return await self.registry.upload(project, domain, bundle)

    async def close(self) -> None:
        await self.registry.close()


def key(identifier: Identifier) -> str:
    return f"{identifier.kind.value} {identifier.name}"
