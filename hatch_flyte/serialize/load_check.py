"""The load check: every task is loaded once more, as a pod would, from what the wheel ships alone.

The parent's side. It starts the program early, so that flytekit is imported there while the worker still runs.
What the program reports of imports is judged in `pod_imports`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.serialize import files_to_unpack
from hatch_flyte.serialize.failures import error_of, loading_error
from hatch_flyte.serialize.pod_imports import judge
from hatch_flyte.serialize.process import InsideProcess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hatch_flyte.caution import Caution
    from hatch_flyte.serialize import Serialized, Settings
    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel, WheelFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is checked."""

    wheel: Wheel
    files: Sequence[WheelFile]
    """What a pod has of the wheel."""
    interpreter: Interpreter
    settings: Settings
    root: Path
    """The project's folder: what is imported from there is not shipped."""


class LoadCheck(AbstractContextManager["LoadCheck"]):
    """A check that runs; `start` and `finish` it, once each."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._process: InsideProcess | None = None
        self._stack = ExitStack()

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self) -> None:
        """Start the program and give it the wheel."""
        subject = self._subject
        self._process = self._stack.enter_context(InsideProcess("loading", subject.interpreter, quiet=True))
        request = {
            "files": files_to_unpack(subject.wheel, subject.files),
            "sys_path": subject.interpreter.sys_path,
            "seconds": subject.settings.seconds,
        }
        self._process.request(request, subject.wheel.path)

    def finish(self, serialized: Serialized) -> list[Caution]:
        """Load the tasks among what was `serialized`; return what to warn of.

        Raises `SerializeError` for tasks that do not load or are others than serialized, and for imports that a pod
        cannot make.
        """
        assert self._process is not None  # noqa: S101 # it was started
        loaders = [
            {**entity.loader, "file": entity.file, "stock": entity.loader["image"] == serialized.default_image}
            for entity in serialized.entities
            if entity.loader
        ]
        self._process.tell(loaders)
        message, _ = self._process.answer()
        if "failed" in message:
            raise error_of(
                message["failed"], self._subject.wheel, self._subject.interpreter, self._subject.settings.places
            )
        report = message["done"]
        if report["problems"]:
            raise loading_error(report["problems"], {one.name: one.place for one in serialized.entities})
        return judge(self._subject, report, loaders)
