"""The use case `package`: a wheel and its configuration become an archive.

Knows the order of the steps; how each is done is with the adapters. Never prints, exits or reads the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte import __version__
from hatch_flyte.archive import DEFAULT_TIME, Archive, archive_name, members_of, write_archive
from hatch_flyte.bundle import Bundle, BundledFile, make_bundle
from hatch_flyte.config.templates import fill_image
from hatch_flyte.errors import ArchiveError
from hatch_flyte.manifest import Manifest, ManifestEntity
from hatch_flyte.serialize import Settings, serialize
from hatch_flyte.serialize.interpreter import Request, choose_interpreter
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hatch_flyte.config import Packaging
    from hatch_flyte.serialize import Serialized
    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What packaging needs to know of the place it runs in."""

    root: Path
    """The project's folder, for relative paths in the configuration."""
    output: Path
    """The folder that the archive goes to."""
    commit: Callable[[], str]
    """Gives the commit, asked only if a template wants it; may raise `ConfigError`."""
    virtual_env: str | None = None
    """Path of the active environment, if any."""
    time: int = DEFAULT_TIME
    """Seconds since 1970, UTC: stamped on the archive's members."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """An archive that was written."""

    path: Path
    archive: Archive
    interpreter: Interpreter

    @property
    def manifest(self) -> Manifest:
        """The manifest; what `package` writes always has one."""
        assert self.archive.manifest is not None  # noqa: S101 # `package` below is the one place that makes these
        return self.archive.manifest


def archive_path(wheel: Wheel, output: Path) -> Path:
    """Return where the archive of `wheel` goes."""
    return output / archive_name(wheel.name, wheel.version)


def package(wheel_path: Path, packaging: Packaging, around: Surroundings) -> Packaged:
    """Serialize the wheel at `wheel_path` and write its archive; the wheel is only read.

    Raises `WheelError`, `ConfigError` (no image, a template), `InterpreterError`, `SerializeError`, and `ArchiveError`
    where the archive cannot be written. No archive is left behind then.
    """
    template = packaging.require_image()
    wheel = read_wheel(wheel_path)

    def filled(image: str) -> str:
        return fill_image(image, name=wheel.name, version=wheel.version, commit=around.commit)

    settings = Settings(
        modules=packaging.modules,
        image=filled(template),
        images={name: filled(image) for name, image in packaging.images.items()},
        code=packaging.code,
        destination=packaging.destination,
        ownership=wheel.name if packaging.ownership_annotation else None,
    )
    interpreter = choose_interpreter(
        Request(
            requires=wheel.requires,
            configured=packaging.python,
            root=around.root,
            virtual_env=around.virtual_env,
        )
    )
    archive = _archive(wheel, settings, serialize(wheel, settings, interpreter))
    path = archive_path(wheel, around.output)
    try:
        write_archive(path, archive, time=around.time)
    except OSError as problem:
        raise ArchiveError(
            f"{path}: the archive cannot be written ({problem.strerror or problem})",
            hint="Free some space, or name another folder with `output-dir`.",
        ) from problem
    return Packaged(path, archive, interpreter)


def _archive(wheel: Wheel, settings: Settings, serialized: Serialized) -> Archive:
    members = members_of([(entity.kind, entity.name, entity.data) for entity in serialized.entities])
    bundle = _bundle(wheel) if settings.code == "wheel" else None
    manifest = Manifest(
        name=wheel.name,
        version=wheel.version,
        code=settings.code,
        bundle=bundle.digest if bundle else "",
        destination=settings.destination if bundle else "",
        images={"default": serialized.default_image, **settings.images},
        python=serialized.python,
        flytekit=serialized.flytekit,
        generator=f"hatch-flyte {__version__}",
        entities=tuple(
            ManifestEntity(
                file=member.file,
                kind=entity.kind,
                name=entity.name,
                digest=member.digest,
                module=entity.module,
                source=entity.file,
                line=entity.line,
                activate=entity.auto_activate,
            )
            for member, entity in zip(members, serialized.entities, strict=True)
        ),
    )
    return Archive(members, bundle, manifest)


def _bundle(wheel: Wheel) -> Bundle:
    return make_bundle(BundledFile(file.name, wheel.read(file.name), file.executable) for file in wheel.files)
