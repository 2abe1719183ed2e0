"""What both programs share: from the request to the answer, whatever happens in between, and how flytekit is loaded."""

from __future__ import annotations

import platform
import signal
import traceback
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NoReturn

from hatch_flyte.serialize.inside.place import Workplace
from hatch_flyte.serialize.inside.streams import Failure, Streams
from hatch_flyte.serialize.inside.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Callable


class Program:
    """Work for the parent at the other end of the standard streams, once."""

    def __init__(self, streams: Streams, place: Workplace) -> None:
        self.streams, self.place, self.traces = streams, place, Traces(place)

    def work(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to `request`, whose parts were sent before; the wheel is the next frame."""
        raise NotImplementedError

    def run(self) -> None:
        """Answer the one request."""
        try:
            message = {"done": self.work(self.streams.receive())}
        except Failure as failure:
            message = {"failed": failure.facts}
        except EOFError:  # the parent has no more to ask
            self.place.leave(1)
        except BaseException:  # noqa: BLE001 # whatever it is, the parent is to hear of it
            message = {"failed": {"kind": "crash", "trace": traceback.format_exc()}}
        self.streams.send(message)

    def load_flytekit(self, load: Callable[[], Any]) -> Any:
        """Return what `load` makes of flytekit, whose frames are left out of traces from now on."""
        self.streams.send({"at": "importing flytekit"})
        try:
            loaded = load()
        except BaseException as problem:  # a foreign import can raise anything
            raise Failure(
                "flytekit",
                python=platform.python_version(),
                version=_version("flytekit"),
                error="".join(traceback.format_exception_only(type(problem), problem)).strip(),
            ) from problem
        for number in (signal.SIGINT, signal.SIGTERM):  # flytekit sets one that lets exit functions run
            signal.signal(number, lambda *_: self.place.leave(1))
        return loaded


def run(program: Callable[[Streams, Workplace], Program]) -> NoReturn:
    """Run a program to its end, and the process's."""
    streams, place = Streams(), Workplace()
    streams.send({"at": "starting", "folder": str(place.folder)})  # for the parent, should this process be killed
    try:
        program(streams, place).run()
    finally:
        place.leave(0)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
