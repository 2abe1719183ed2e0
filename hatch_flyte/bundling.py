"""The bundle of a wheel: which of its files go into it, checked and written while they are read."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from hatch_flyte.bundle import StreamedFile, spooled_bundle
from hatch_flyte.bundle_rules import MEGABYTE, Budget, ContentCheck, check_size, select_files
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hatch_flyte.bundle import SpooledBundle
    from hatch_flyte.caution import Caution
    from hatch_flyte.config import Packaging
    from hatch_flyte.leaks import Machine
    from hatch_flyte.wheel import Wheel, WheelFile


def shipped_files(wheel: Wheel, packaging: Packaging, root: Path) -> tuple[WheelFile, ...]:
    """Return the files of `wheel` that a pod has: all, or with `code = "wheel"` those of the bundle.

    `root` is the project's folder, for ignore files. Raises `SerializeError` where none is left, and `ConfigError` for
    an ignore file that was asked for and is not there.
    """
    if packaging.code != "wheel":
        return wheel.files
    texts = {name: _text(root / name, packaging.places.where("ignore-files")) for name in packaging.ignore_files}
    names = [file.name for file in wheel.files]
    kept = set(select_files(names, texts, lambda path: (root / path).exists()).names)
    return tuple(file for file in wheel.files if file.name in kept)


def _text(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        raise ConfigError(
            [Problem(where, f"expected the file {path} ({problem.strerror or problem})")],
            hint="Write it, or don't ask for it.",
        ) from problem


def check_sizes(wheel: Wheel, files: Sequence[WheelFile], packaging: Packaging) -> list[Caution]:
    """Return what to warn of in a bundle of `files`; raises `SerializeError` for one that is too large."""
    budget = Budget(packaging.bundle_warn_size * MEGABYTE, packaging.bundle_max_size * MEGABYTE)
    caution = check_size({file.name: wheel.size(file.name) for file in files}, budget)
    return [caution] if caution else []


@contextlib.contextmanager
def bundled(
    wheel: Wheel, files: Sequence[WheelFile], packaging: Packaging, machine: Machine
) -> Iterator[SpooledBundle]:
    """Give the bundle of `files`; it is gone afterwards.

    Raises `SerializeError` for what looks like a secret or belongs to `machine`, `WheelError` where the wheel is
    damaged, and `ArchiveError` where there is no room.
    """
    check = ContentCheck(packaging.allow, machine)
    streamed = [
        StreamedFile(file.name, wheel.size(file.name), partial(wheel.pieces, file.name), file.executable)
        for file in files
    ]
    with spooled_bundle(check.watch(streamed)) as bundle:
        check.finish()
        yield bundle
