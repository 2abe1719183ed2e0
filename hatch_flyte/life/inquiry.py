"""One question put to several clusters at once: each gives its answer, or the error in its place."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hatch_flyte.errors import RegistryError
from hatch_flyte.look import check_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry

    Opener = Callable[[Target], Registry]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """What one cluster said: a value, or an error."""

    target: Target
    place: str
    """Where the registry is, for people; empty if it could not be opened."""
    value: Value | None = None
    error: RegistryError | None = None

    @property
    def exit_code(self) -> int:
        """0, or the error's code."""
        return self.error.exit_code if self.error else 0


class Inquiry:
    """Clusters whose registries are open."""

    def __init__(self, opened: Sequence[tuple[Target, Registry | RegistryError]]) -> None:
        self._opened = opened

    async def ask(self, question: Callable[[Registry, Target], Awaitable[Value]]) -> list[Answer[Value]]:
        """Return each cluster's answer, in the order of the targets. An unknown project or domain is an error."""
        return list(await asyncio.gather(*(_ask(question, target, registry) for target, registry in self._opened)))


async def _ask(
    question: Callable[[Registry, Target], Awaitable[Value]], target: Target, registry: Registry | RegistryError
) -> Answer[Value]:
    if isinstance(registry, RegistryError):
        return Answer(target, "", error=registry)
    try:
        # A list of what isn't there is just empty.
        await check_place(registry, target)
        return Answer(target, registry.place, await question(registry, target))
    except RegistryError as problem:
        return Answer(target, registry.place, error=problem)


@asynccontextmanager
async def inquiry(targets: Iterable[Target], open_registry: Opener) -> AsyncIterator[Inquiry]:
    """Open every target's registry, and let go of them at the end. One that cannot be opened answers with its error."""
    opened = [(target, _opened(target, open_registry)) for target in targets]
    try:
        yield Inquiry(opened)
    finally:
        for _, registry in opened:
            if not isinstance(registry, RegistryError):
                await registry.close()


def _opened(target: Target, open_registry: Opener) -> Registry | RegistryError:
    try:
        return open_registry(target)
    except RegistryError as problem:
        return problem
