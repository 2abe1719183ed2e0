"""An event loop in a thread of its own, so that tests can use what is asyncio's whether they run in a loop or not."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from hatch_flyte.registry.backing import Backing
    from hatch_flyte.registry.server import Addresses

Result = TypeVar("Result")


class Background:
    """An event loop that runs until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flyte-registry", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine to its end and return its result."""
        return self.begin(work).result()

    def begin(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begin to run a coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, function: Callable[[], None]) -> None:
        """Have the loop call a function soon."""
        self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """End the loop, and wait for its threads."""
        self.run(self._loop.shutdown_default_executor())
        self.call(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Served:
    """A server for the registry on `backing` at free ports of loopback. Raises `RegistryError` if it cannot begin."""

    def __init__(self, background: Background, backing: Backing) -> None:
        from hatch_flyte.registry.server import ServeOptions, serve_backing

        self._background, self._stop = background, asyncio.Event()
        begun: Future[Addresses] = Future()
        self._ended = background.begin(
            serve_backing(lambda: backing, ServeOptions(), begun.set_result, self._stop),
        )
        self._ended.add_done_callback(lambda ended: _pass_on(ended, begun))
        self.address = begun.result().grpc

    def close(self) -> None:
        """End the server once calls that are under way have ended."""
        self._background.call(self._stop.set)
        self._ended.result()


def _pass_on(ended: Future[None], begun: Future[Addresses]) -> None:
    problem = ended.exception()
    if problem is not None and not begun.done():
        begun.set_exception(problem)
