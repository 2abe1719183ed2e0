"""The use case `package`: a wheel and its configuration become an archive.

Knows the order of the steps; how each is done is with the adapters. Never prints, exits or reads the environment.
"""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from hatch_flyte import __version__
from hatch_flyte.archive import DEFAULT_TIME, Archive, archive_name, members_of, write_archive
from hatch_flyte.bundling import bundled, check_sizes, shipped_files
from hatch_flyte.caution import Caution, joined
from hatch_flyte.config.templates import fill_image
from hatch_flyte.errors import ConfigError, HatchFlyteError, SerializeError
from hatch_flyte.leaks import Machine
from hatch_flyte.manifest import Manifest, ManifestEntity
from hatch_flyte.packaging_rules import cautions_about, check_closed, check_leaks
from hatch_flyte.serialize import Settings, serialize
from hatch_flyte.serialize.interpreter import Request, choose_interpreter
from hatch_flyte.serialize.load_check import LoadCheck, Subject
from hatch_flyte.wheel import read_wheel
from hatch_flyte.wheel_tags import misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hatch_flyte.archive import Member
    from hatch_flyte.bundle import SpooledBundle
    from hatch_flyte.check.selection import Selection
    from hatch_flyte.config import Packaging
    from hatch_flyte.serialize import Serialized, UnbuiltImage
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
    dirty: Callable[[], bool]
    """Tells whether tracked files were changed, asked only if a template wants the commit; may raise `ConfigError`."""
    machine: Machine = field(default_factory=Machine)
    """What tells this machine from others, and must not be in an archive."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables to set for the interpreter."""
    virtual_env: str | None = None
    """Path of the active environment, if any."""
    time: int = DEFAULT_TIME
    """Seconds since 1970, UTC: stamped on the archive's members."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """An archive that was written."""

    path: Path
    manifest: Manifest
    interpreter: Interpreter
    cautions: tuple[Caution, ...] = ()
    """What to warn of."""
    unbuilt: tuple[UnbuiltImage, ...] = ()
    """Images that somebody has to build."""


def archive_path(wheel: Wheel, output: Path) -> Path:
    """Return where the archive of `wheel` goes."""
    return output / archive_name(wheel.name, wheel.version)


def package(wheel_path: Path, packaging: Packaging, around: Surroundings, *, checked: bool = True) -> Packaged:
    """Serialize the wheel at `wheel_path` and write its archive; the wheel is only read.

    `checked` says whether what `check` finds counts. Raises `WheelError`, `ConfigError` (no image, a template, a rule
    that isn't one), `InterpreterError`, `SerializeError` (also for what a control plane would refuse, and for anything
    that would be a caution, if `packaging.strict`), `ArchiveError` (no room for the bundle), and `HatchFlyteError`
    where the archive cannot be written. No archive is left behind then.
    """
    packaging.require_image()
    selection = _rules(packaging)
    wheel = read_wheel(wheel_path)
    settings = _settings(wheel, packaging, around)
    interpreter = _interpreter(wheel, packaging, around)
    files = shipped_files(wheel, packaging, around.root)
    with contextlib.ExitStack() as stack:
        cautions, bundle = _dirty(packaging, around), None
        if packaging.code == "wheel":
            cautions += check_sizes(wheel, files, packaging)
            bundle = stack.enter_context(bundled(wheel, files, packaging, around.machine))
        subject = Subject(wheel=wheel, files=files, interpreter=interpreter, settings=settings, root=around.root)
        serialized, found = _serialized(subject, load_check=packaging.load_check)
        cautions += found
        members = members_of([(entity.kind, entity.name, entity.data) for entity in serialized.entities])
        manifest = _manifest(wheel, settings, serialized, members, bundle.digest if bundle else "")
        check_leaks(serialized, manifest.to_json(), around.machine)
        archive = Archive(members, manifest=manifest)
        cautions += _broken_rules(archive, selection) if checked else []
        if cautions and packaging.strict:
            errors = joined(cautions, f"{packaging.places.where('strict')} makes errors of warnings.")
            raise SerializeError(errors.message, hint=errors.hint)
        path = archive_path(wheel, around.output)
        _write(path, archive, bundle, around.time)
    return Packaged(path, manifest, interpreter, tuple(cautions), serialized.unbuilt)


def _rules(packaging: Packaging) -> Selection:
    from hatch_flyte.check.selection import selected

    return selected(packaging)


def _broken_rules(archive: Archive, selection: Selection) -> list[Caution]:
    from hatch_flyte.check.archive_check import check
    from hatch_flyte.check.judgement import judged

    return judged(check(archive, selection))


def _interpreter(wheel: Wheel, packaging: Packaging, around: Surroundings) -> Interpreter:
    request = Request(
        requires=wheel.requires,
        requires_python=wheel.requires_python,
        configured=packaging.python,
        configured_where=packaging.places.where("python"),
        root=around.root,
        virtual_env=around.virtual_env,
    )
    return replace(choose_interpreter(request), variables=around.variables)


def _settings(wheel: Wheel, packaging: Packaging, around: Surroundings) -> Settings:
    def filled(image: str) -> str:
        return fill_image(image, name=wheel.name, version=wheel.version, commit=around.commit) if image else ""

    return Settings(
        modules=packaging.modules,
        exclude=packaging.exclude,
        optional=packaging.optional_modules,
        seconds=packaging.import_timeout,
        image=filled(packaging.image),
        images={name: filled(image) for name, image in packaging.images.items()},
        env=packaging.env,
        resources=packaging.resources,
        tasks=tuple(replace(one, image=filled(one.image)) for one in packaging.tasks),
        default_launch_plans=packaging.default_launch_plans,
        code=packaging.code,
        destination=packaging.destination,
        places=packaging.places,
        ownership=wheel.name if packaging.ownership_annotation else None,
    )


def _serialized(subject: Subject, *, load_check: bool) -> tuple[Serialized, list[Caution]]:
    """Return what was serialized, and what to warn of; the load check runs beside the worker."""
    wheel, settings, interpreter = subject.wheel, subject.settings, subject.interpreter
    if not load_check:
        serialized = serialize(wheel, settings, interpreter, meanwhile=_import_rules)
        return serialized, _judged(wheel, settings, serialized)
    with LoadCheck(subject) as check:

        def meanwhile() -> None:
            check.start()
            _import_rules()

        serialized = serialize(wheel, settings, interpreter, meanwhile=meanwhile)
        cautions = _judged(wheel, settings, serialized)
        return serialized, [*cautions, *check.finish(serialized)]


def _import_rules() -> None:
    """Import what is needed once the worker is done, while it works."""
    import hatch_flyte.check.archive_check  # noqa: F401 # for later


def _judged(wheel: Wheel, settings: Settings, serialized: Serialized) -> list[Caution]:
    if not SpecifierSet(wheel.requires_python).contains(serialized.python, prereleases=True):
        raise SerializeError(
            f"{wheel.path.name}: expected Python {wheel.requires_python}, as it requires (got {serialized.python})",
            hint="Name another interpreter with `python` under [tool.hatch-flyte].",
        )
    if settings.code == "wheel" and (reason := misfit(wheel, serialized.python)):
        raise SerializeError(
            f"{wheel.path.name}: {reason}",
            hint='With code = "wheel" a pod unpacks the wheel: build it for the image\'s platform, or install it in '
            'the image and say code = "image".',
        )
    check_closed(serialized, settings.exclude)
    return list(cautions_about(serialized, settings.places))


def _dirty(packaging: Packaging, around: Surroundings) -> list[Caution]:
    """Warn of changes that no image has whose tag is the commit."""
    templates = [packaging.image, *packaging.images.values(), *(one.image for one in packaging.tasks)]
    if not any("{commit}" in template for template in templates):
        return []
    try:
        dirty = around.dirty()
    except ConfigError:  # no checkout: somebody said the commit, and nobody knows more
        return []
    told = Caution("{commit}: the checkout has changes that are not committed (the image can't have them)")
    return [told] if dirty else []


def _manifest(
    wheel: Wheel, settings: Settings, serialized: Serialized, members: Sequence[Member], bundle: str
) -> Manifest:
    return Manifest(
        name=wheel.name,
        version=wheel.version,
        code=settings.code,
        bundle=bundle,
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


def _write(path: Path, archive: Archive, bundle: SpooledBundle | None, time: int) -> None:
    try:
        write_archive(path, archive, bundle=bundle, time=time)
    except OSError as problem:
        room = "Make room there, or name" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "Name"
        raise HatchFlyteError(
            f"{path}: the archive cannot be written ({problem.strerror or problem})",
            hint=f"{room} another folder with `output-dir`.",
        ) from problem
