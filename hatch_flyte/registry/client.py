"""The registry that is a cluster: the port over gRPC, with uploads over HTTP.

Puts the pieces together: which call serves which method, and that every call goes through the one place that repeats.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.errors import AlreadyExistsError, NotFoundError, RejectedError
from hatch_flyte.registry.connection import Connection, Patience
from hatch_flyte.registry.port import Location, Traffic
from hatch_flyte.registry.redaction import Secrets
from hatch_flyte.registry.retry import Retries, TransientError
from hatch_flyte.registry.settling import Settling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier, Kind
    from hatch_flyte.registry.requests import Call
    from hatch_flyte.registry.upload import Destination

__all__ = ["ClusterRegistry", "Connection", "Patience", "connect"]


def connect(connection: Connection, patience: Patience | None = None) -> ClusterRegistry:
    """Return the registry at `connection`. Nothing is sent, and gRPC not imported, before its first call."""
    return ClusterRegistry(connection, patience or Patience())


class ClusterRegistry:
    """A `Registry` over one gRPC channel. Use it in one event loop, and close it there."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        from hatch_flyte.registry.channel import Channel

        self._connection, self._patience = connection, patience
        self._retries = Retries(connection.deadline, patience)
        self._secrets = Secrets()
        self._secrets.add(*connection.metadata.values(), *connection.proxies.secrets)
        self._channel = Channel(connection, patience, self._retries.remaining, self._secrets)
        self._settling = Settling(patience.settle)
        self._uploads = 0

    @property
    def place(self) -> str:
        """Where this registry is, for people."""
        return self._connection.place

    @property
    def retries(self) -> int:
        """How many calls and uploads so far repeated one that failed."""
        return self._retries.count

    @property
    def traffic(self) -> Traffic:
        """See `Registry.traffic`."""
        return Traffic(self._channel.reads, self._channel.writes + self._uploads, self._retries.count)

    async def domains(self, project: str) -> frozenset[str] | None:
        """See `Registry.domains`."""
        from hatch_flyte.registry.requests import domains_of, project_call

        return domains_of(await self._call(project_call(project)), project)

    async def list(
        self, kind: Kind, project: str, domain: str, *, name: str = "", version: str = ""
    ) -> AsyncIterator[Message]:
        """See `Registry.list`. Asks for the next page when it is needed."""
        from hatch_flyte.registry.requests import Listing

        listing = Listing(kind, project, domain, name, version)
        async for page in self._pages(listing.call):
            for entity in listing.items(page):
                yield entity

    async def get(self, identifier: Identifier) -> Message:
        """See `Registry.get`."""
        from hatch_flyte.registry.requests import get_call

        return cast("Message", await self._call(get_call(identifier)))

    async def create(self, identifier: Identifier, spec: Message) -> None:
        """See `Registry.create`; an `admin.LaunchPlan` is taken too.

        Once sent it is not cut off: when cancelled it ends when the answer is there. After a repetition an
        `AlreadyExistsError` may be about the attempt before.
        """
        from hatch_flyte.registry.requests import create_call

        await self._call(create_call(identifier, spec))

    async def active(self, project: str, domain: str) -> AsyncIterator[Message]:
        """See `Registry.active`. Asks for the next page when it is needed."""
        from hatch_flyte.registry.requests import active_call

        async for page in self._pages(partial(active_call, project, domain)):
            for launch_plan in page.launch_plans:
                yield launch_plan

    async def activate(self, identifier: Identifier) -> None:
        """See `Registry.activate`."""
        from hatch_flyte.registry.requests import update_call

        await self._call(update_call(identifier, active=True))

    async def deactivate(self, identifier: Identifier) -> None:
        """See `Registry.deactivate`."""
        from hatch_flyte.registry.requests import update_call

        await self._call(update_call(identifier, active=False))

    async def locate(self, project: str, domain: str, bundle: Bundle) -> Location:
        """See `Registry.locate`."""
        from hatch_flyte.registry.requests import location_call

        try:
            answer = await self._call(location_call(project, domain, bundle, with_hash=False))
        except AlreadyExistsError as problem:
            return await self._stored(project, domain, bundle, problem)
        return Location(answer.native_url, stored=False)

    async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
        """See `Registry.upload`."""
        from hatch_flyte.registry.requests import location_call, stored_at
        from hatch_flyte.registry.upload import Destination

        try:
            answer = await self._call(location_call(project, domain, bundle, with_hash=True))
        except AlreadyExistsError as problem:
            # Somebody stored the same content in the meantime, compressed differently.
            return Location(_address(stored_at(problem.message), problem), stored=True)
        destination = Destination(answer.signed_url, answer.native_url, dict(answer.headers))
        await self._secrets.guard(self._retries.run(partial(self._put, destination, bundle.data)))
        return Location(answer.native_url, stored=True)

    async def close(self) -> None:
        """See `Registry.close`. Creates in flight are awaited."""
        await self._channel.close()

    async def _stored(self, project: str, domain: str, bundle: Bundle, answer: AlreadyExistsError) -> Location:
        """Return the address that `answer` names; where it names none, ask with the hash, which the same bytes pass."""
        from hatch_flyte.registry.requests import location_call, stored_at

        url = stored_at(answer.message)
        if not url:
            try:
                url = (await self._call(location_call(project, domain, bundle, with_hash=True))).native_url
            except AlreadyExistsError as problem:
                url = _address(stored_at(problem.message), problem)
        return Location(url, stored=True)

    async def _pages(self, call: Callable[[str], Call]) -> AsyncIterator[Any]:
        """Yield the answers to `call`, which makes a call from the token of the page before; the first one's is empty.

        A server that gives a page's own token again has come to its end too.
        """
        token = ""
        while True:
            answer = await self._call(call(token))
            yield answer
            if answer.token in {"", token}:
                return
            token = answer.token

    async def _call(self, call: Call) -> Any:
        return await self._secrets.guard(self._retries.run(partial(self._attempt, call)))

    async def _attempt(self, call: Call) -> Any:
        """Send `call` once. What was written a moment ago, or is said to be there, may not be found yet."""
        try:
            answer = await self._channel.attempt(call)
        except AlreadyExistsError:
            self._settling.add(call.identifier)
            raise
        except NotFoundError as problem:
            if not self._settling.has(call.identifier, call.needs):
                raise
            raise TransientError(problem, limit=self._patience.settle) from problem
        if call.writes:
            self._settling.add(call.identifier)
        return answer

    async def _put(self, destination: Destination, data: bytes) -> None:
        from hatch_flyte.registry.upload import Way, put

        self._uploads += 1
        await put(destination, data, Way(self._patience, self._connection.trust, self._connection.proxies))


def _address(url: str, answer: AlreadyExistsError) -> str:
    if not url:
        raise RejectedError(f"{answer.message}: expected the address that it is stored at") from answer
    return url
