"""Serializing: a wheel's modules become Flyte's protobufs, in a worker process that runs a chosen interpreter.

The parent's side. It imports neither flytekit nor the user's code, and does not look into the protobufs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hatch_flyte.config.templates import STOCK
from hatch_flyte.config.values import Places
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ConfigError, Problem, SerializeError
from hatch_flyte.serialize.failures import error_of
from hatch_flyte.serialize.modules import check_patterns, fits_any, listed, select_modules
from hatch_flyte.serialize.process import InsideProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from hatch_flyte.config.values import TaskDefaults
    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel, WheelFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serialize."""

    modules: tuple[str, ...] = ()
    """Where to look for entities, as patterns (see `modules.fits`). Empty: all that the wheel ships."""
    exclude: tuple[str, ...] = ()
    """Modules that are not imported for themselves, and whose entities are left out."""
    optional: tuple[str, ...] = ()
    """Modules that may fail to import."""
    seconds: int = 300
    """How long importing one module may take."""
    image: str
    """The image of tasks that name none: `NAME:TAG`, `NAME@DIGEST`, or `stock`."""
    images: Mapping[str, str]
    """Images by name, for tasks that say `{{.image.NAME.fqn}}`."""
    code: Literal["image", "wheel"]
    """Where tasks find their code: in the image, or in a bundle that they download first."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of every task; a task's own win."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Quantities by `requests.NAME` and `limits.NAME`, for tasks that ask for none."""
    tasks: tuple[TaskDefaults, ...] = ()
    """What is said of some tasks; the last one that fits a task wins, for each thing it says."""
    default_launch_plans: bool = True
    """Whether workflows get launch plans of their own names."""
    destination: str = "/root"
    """Folder in the container that a bundle is unpacked to."""
    places: Places = field(default_factory=lambda: Places({}))
    ownership: str | None
    """Distribution to write as annotation `hatch-flyte/distribution` on launch plans; None: no annotation."""


@dataclass(frozen=True, slots=True)
class VariableRead:
    """An environment variable of the build, and the line of the wheel that read it."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class UnbuiltImage:
    """An image that an ImageSpec describes, and the first task that asks for it."""

    image: str
    task: str

    def __str__(self) -> str:
        return (
            f"{self.image}: an ImageSpec, which the task {self.task} asks for; it is not built here "
            "(`pyflyte build` can, from the module's file)"
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """Optional modules that do not import, for one reason."""

    modules: tuple[str, ...]
    error: str


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
    image: str = ""
    """Of a task: its container's, if it has one."""
    loader: Mapping[str, Any] | None = None
    """How a pod loads a task, for the load check; None if nothing is loaded."""
    variables: tuple[VariableRead, ...] = ()
    """Variables that the wheel's modules read, and whose values are in `data`."""

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
    unbuilt: tuple[UnbuiltImage, ...] = ()
    """Images that somebody has to build."""
    skipped: tuple[Skipped, ...] = ()
    unused: tuple[str, ...] = ()
    """Places in the configuration that fitted nothing: tables of tasks, names to exclude."""


def serialize(
    wheel: Wheel, settings: Settings, interpreter: Interpreter, meanwhile: Callable[[], object] = lambda: None
) -> Serialized:
    """Return the entities of `wheel`; `meanwhile` is called once the worker has all it needs, and before it is done.

    What the user's modules print goes to standard error as it comes. Raises
    `SerializeError` (modules that do not import, definitions that flytekit refuses or that contradict each other, no
    entity at all), `InterpreterError` (the interpreter does not start, or its flytekit does not work), `WheelError`,
    and `ConfigError` for images that no task could run.
    """
    _check_images(settings)
    check_patterns(settings.places.where("optional-modules"), settings.optional, wheel)
    check_patterns(settings.places.where("modules"), settings.modules, wheel)
    modules = select_modules(wheel, settings.modules, settings.exclude)
    with InsideProcess("serializing", interpreter) as worker:
        worker.request(_request(wheel, settings, interpreter, modules), wheel.path)
        meanwhile()
        message, parts = worker.answer()
    if "failed" in message:
        raise error_of(message["failed"], wheel, interpreter, settings.places)
    done = message["done"]
    found = list(_unique(map(_entity, parts)))
    entities = tuple(entity for entity in found if not fits_any(entity.module, settings.exclude))
    if not entities:
        raise _no_entity(wheel, modules)
    return Serialized(
        entities=entities,
        python=done["python"],
        flytekit=done["flytekit"],
        default_image=done["image"],
        unbuilt=tuple(UnbuiltImage(**one) for one in done["unbuilt"]),
        skipped=tuple(Skipped(tuple(one["modules"]), one["error"]) for one in done["skipped"]),
        unused=(
            *(one.where for one in settings.tasks if one.pattern not in done["used"]),
            *_idle(settings, {*wheel.modules, *(entity.module for entity in found)}),
        ),
    )


def _idle(settings: Settings, modules: Collection[str]) -> Iterator[str]:
    """Give the patterns to exclude that none of `modules` fits, by their places: most likely they are misspelled."""
    for index, pattern in enumerate(settings.exclude):
        if not any(fits_any(module, [pattern]) for module in modules):
            yield f"{settings.places.where('exclude')}[{index}]: `{pattern}`"


def _check_images(settings: Settings) -> None:
    """Refuse images without a tag or digest, as flytekit does: what runs must not depend on when it is pulled."""
    where = settings.places.where
    images = {where(f"images.{name}"): image for name, image in settings.images.items()}
    images |= {f"{one.where}.image": one.image for one in settings.tasks if one.image}
    if settings.image != STOCK:
        images = {where("image"): settings.image, **images}
    problems = [
        Problem(place, f"expected NAME:TAG or NAME@DIGEST (got `{image}`)")
        for place, image in images.items()
        if not re.search(r"[^/:@]+[:@][^/]+$", image)
    ]
    if problems:
        raise ConfigError(problems)


def _request(wheel: Wheel, settings: Settings, interpreter: Interpreter, modules: Sequence[str]) -> dict[str, Any]:
    return {
        "files": files_to_unpack(wheel, wheel.files),
        "modules": modules,
        "optional": [module for module in modules if fits_any(module, settings.optional)],
        "seconds": settings.seconds,
        "sys_path": interpreter.sys_path,
        "image": None if settings.image == STOCK else settings.image,
        "images": list(settings.images.items()),
        "env": dict(settings.env),
        "resources": dict(settings.resources),
        "tasks": [
            {"pattern": one.pattern, "image": one.image, "env": dict(one.env), "resources": dict(one.resources)}
            for one in settings.tasks
        ],
        "default_launch_plans": settings.default_launch_plans,
        "fast": settings.code == "wheel",
        "destination": settings.destination,
        "ownership": settings.ownership,
    }


def files_to_unpack(wheel: Wheel, files: Sequence[WheelFile]) -> list[tuple[str, str, bool]]:
    """Return some of the wheel's files as the programs inside unpack them: name in the zip, name, executable."""
    return [(wheel.members[file.name].filename, file.name, file.executable) for file in files]


def _entity(part: tuple[Mapping[str, Any], bytes]) -> SerializedEntity:
    facts, data = part
    return SerializedEntity(
        kind=Kind(facts["kind"]),
        name=facts["name"],
        data=data,
        module=facts["module"],
        file=facts["file"],
        line=facts["line"],
        auto_activate=facts["activate"],
        loader=facts.get("loader"),
        image=facts.get("image", ""),
        variables=tuple(VariableRead(one["variable"], f"{one['file']}:{one['line']}") for one in facts["variables"]),
    )


def _unique(entities: Iterable[SerializedEntity]) -> Iterator[SerializedEntity]:
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
        f"{wheel.path.name}: expected a task, workflow or launch plan (got none in {listed(modules)})",
        hint='Say where to look with `modules = ["PACKAGE"]` under [tool.hatch-flyte]; without it, every module that '
        "the wheel ships is looked at.",
    )
