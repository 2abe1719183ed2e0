"""Serializing: a wheel's modules become Flyte's protobufs, in a worker process that runs a chosen interpreter.

The parent's side. It imports neither flytekit nor the user's code, and does not look into the protobufs.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hatch_flyte.entity import Kind
from hatch_flyte.errors import ConfigError, Problem, SerializeError
from hatch_flyte.serialize.failures import error_of
from hatch_flyte.serialize.process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel

STOCK = "stock"
"""The word for flytekit's own default image, for the worker's Python and flytekit."""

_SHOWN_MODULES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serialize."""

    modules: tuple[str, ...] = ()
    """Where to look for entities: a name means that module and everything below it. Empty: all that the wheel ships."""
    image: str
    """The image of tasks that name none: `NAME:TAG`, `NAME@DIGEST`, or `stock`."""
    images: Mapping[str, str]
    """Images by name, for tasks that say `{{.image.NAME.fqn}}`."""
    code: Literal["image", "wheel"]
    """Where tasks find their code: in the image, or in a bundle that they download first."""
    destination: str = "/root"
    """Folder in the container that a bundle is unpacked to."""
    ownership: str | None
    """Distribution to write as annotation `hatch-flyte/distribution` on launch plans; None: no annotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerializedEntity:
    """An entity of the user's code, as Flyte's control plane takes it."""

    kind: Kind
    name: str
    data: bytes
    """`admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlan`, deterministically serialized."""
    module: str
    file: str
    """Path below the wheel's root, with `/`; empty for an entity from outside of the wheel."""
    line: int
    """1-based; 0: unknown."""
    auto_activate: bool

    @property
    def place(self) -> str:
        """Where the user wrote it, for messages."""
        return f"{self.file}:{self.line}" if self.file else f"outside of the wheel ({self.module or 'unknown module'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serialized:
    """All entities of a wheel, and what they were made with."""

    entities: tuple[SerializedEntity, ...]
    """In dependency order: what an entity refers to comes before it."""
    python: str
    flytekit: str
    default_image: str


def serialize(
    wheel: Wheel, settings: Settings, interpreter: Interpreter, on_output: Callable[[str], None] | None = None
) -> Serialized:
    """Return the entities of `wheel`.

    What the user's modules print goes to standard error as it comes, or line by line to `on_output`. Raises
    `SerializeError` (modules that do not import, definitions that flytekit refuses or that contradict each other, no
    entity at all), `InterpreterError` (the interpreter does not start, or its flytekit does not work), `WheelError`,
    and `ConfigError` for images that no task could run.
    """
    _check_images(settings)
    modules = select_modules(wheel, settings.modules)
    with WorkerProcess(interpreter, on_output) as worker:
        worker.request(_request(wheel, settings, interpreter, modules), wheel.path)
        message, blob = worker.answer()
    if "failed" in message:
        raise error_of(message["failed"], wheel, interpreter)
    done = message["done"]
    entities = tuple(_unique(_entities(done["entities"], blob)))
    if not entities:
        raise _no_entity(wheel, modules)
    return Serialized(entities=entities, python=done["python"], flytekit=done["flytekit"], default_image=done["image"])


def _check_images(settings: Settings) -> None:
    """Refuse images without a tag or digest, as flytekit does: what runs must not depend on when it is pulled."""
    images = {"image": settings.image, **{f"images.{name}": image for name, image in settings.images.items()}}
    problems = [
        Problem(f"tool.hatch-flyte.{key}", f"expected NAME:TAG or NAME@DIGEST (got `{image}`)")
        for key, image in images.items()
        if not re.search(r"[^/:@]+[:@][^/]+$", image) and not (key == "image" and image == STOCK)
    ]
    if problems:
        raise ConfigError(problems)


def select_modules(wheel: Wheel, wanted: Sequence[str]) -> list[str]:
    """Return the wheel's modules that `wanted` means, sorted; `SerializeError` for a name that means none."""
    if not wheel.modules:
        raise SerializeError(f"{wheel.path.name}: expected a wheel with Python modules (got none)")
    for name in wanted:
        if not any(_is_at_or_below(module, name) for module in wheel.modules):
            near = difflib.get_close_matches(name, wheel.modules, n=1)
            raise SerializeError(
                f"tool.hatch-flyte.modules: expected modules that the wheel ships (got `{name}`)",
                hint=f"Did you mean `{near[0]}`?" if near else f"It ships {_listed(wheel.modules)}.",
            )
    return [module for module in wheel.modules if not wanted or any(_is_at_or_below(module, name) for name in wanted)]


def _is_at_or_below(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def _request(wheel: Wheel, settings: Settings, interpreter: Interpreter, modules: Sequence[str]) -> dict[str, Any]:
    return {
        "files": [(wheel.members[file.name].filename, file.name, file.executable) for file in wheel.files],
        "modules": modules,
        "sys_path": interpreter.sys_path,
        "image": None if settings.image == STOCK else settings.image,
        "images": list(settings.images.items()),
        "fast": settings.code == "wheel",
        "destination": settings.destination,
        "ownership": settings.ownership,
    }


def _entities(facts: Sequence[Mapping[str, Any]], blob: bytes) -> Iterator[SerializedEntity]:
    start = 0
    for fact in facts:
        end = start + fact["size"]
        yield SerializedEntity(
            kind=Kind(fact["kind"]),
            name=fact["name"],
            data=blob[start:end],
            module=fact["module"],
            file=fact["file"],
            line=fact["line"],
            auto_activate=fact["activate"],
        )
        start = end


def _unique(entities: Iterator[SerializedEntity]) -> Iterator[SerializedEntity]:
    """Keep one of equal definitions, such as the same map task in two workflows; refuse contradictory ones.

    flytekit lets both through, and the registry would then refuse the second.
    """
    seen: dict[tuple[Kind, str], SerializedEntity] = {}
    for entity in entities:
        first = seen.setdefault((entity.kind, entity.name), entity)
        if first is entity:
            yield entity
        elif first.data != entity.data:
            raise SerializeError(
                f"{entity.place}: the {entity.kind.value} `{entity.name}` is defined a second time, with other content "
                f"(the first time: {first.place})",
                hint="Flyte knows an entity by its name: give one of them another.",
            )


def _no_entity(wheel: Wheel, modules: Sequence[str]) -> SerializeError:
    return SerializeError(
        f"{wheel.path.name}: expected a task, workflow or launch plan (got none in {_listed(modules)})",
        hint='Say where to look with `modules = ["PACKAGE"]` under [tool.hatch-flyte]; without it, every module that '
        "the wheel ships is looked at.",
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_MODULES
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN_MODULES])
    return f"{shown} and {more} more" if more > 0 else shown
