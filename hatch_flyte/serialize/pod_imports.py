"""Which of the imports that the load check saw a pod may be unable to make.

They are from a distribution that neither the wheel nor flytekit brings, from none at all, or not in flytekit's image.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_flyte.caution import Caution, joined
from hatch_flyte.config.templates import STOCK
from hatch_flyte.errors import SerializeError
from hatch_flyte.serialize.closure import Installed, closure, unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_flyte.serialize.load_check import Subject

_FLYTEKIT = Requirement("flytekit")
_DECLARE = "Declare it under `dependencies` in [project], or import it in a `try` if the tasks can do without it."
_SHIP = (
    "Have the wheel ship it: move it into the package, or have the build include it (hatchling: "
    "[tool.hatch.build.targets.wheel]; setuptools: `packages`)."
)
_OTHER_IMAGE = (
    'Name an image that has it instead of "stock", for all tasks (`image`) or some (`tasks`), under [tool.hatch-flyte].'
)


@dataclass(frozen=True, slots=True)
class _Import:
    """An import of something that is neither Python's nor the wheel's."""

    file: str
    line: int
    module: str
    distribution: str
    path: str

    def __str__(self) -> str:
        source = f"of the distribution {self.distribution}" if self.distribution else f"from {self.path}"
        return f"{self.file}:{self.line}: `{self.module}`, {source},"

    def is_of(self, names: set[str]) -> bool:
        """Return whether its distribution is one of these."""
        return bool(self.distribution) and canonicalize_name(self.distribution) in names


def judge(subject: Subject, report: Mapping[str, Any], loaders: Sequence[Mapping[str, Any]]) -> list[Caution]:
    """Return what to warn of in the load check's `report` on the tasks that `loaders` describe.

    Raises `SerializeError` for requirements that are not met as the wheel has them, and imports that no pod can make.
    """
    requires = subject.wheel.requires
    distributions = [Installed(name, **facts) for name, facts in report["distributions"].items()]
    for requirement, version in unmet(requires, distributions, report["environment"]):
        raise SerializeError(
            f"load check: expected {requirement.name}{requirement.specifier}, as {subject.wheel.path.name} requires "
            f"(got {version})",
            hint=f"A pod gets another version than the one serialized with. The interpreter is {subject.interpreter}.",
        )
    brought = closure([*requires, _FLYTEKIT], distributions, report["environment"])
    in_stock = closure([_FLYTEKIT], distributions, report["environment"])
    stock_files = _reached(report["imports"], loaders) if subject.settings.image == STOCK else set()
    cautions, errors = [], []
    for found in _external(report["imports"]):
        if not_shipped := _not_shipped(found, subject):
            errors.append(not_shipped)
        elif found.file in stock_files and not found.is_of(in_stock):
            what = (
                f"{found} is not in flytekit's own image (that has flytekit {report['flytekit']} and what it requires)"
            )
            errors.append(Caution(what, _OTHER_IMAGE))
        elif not found.is_of(brought):
            what = (
                f"{found} is not among what {subject.wheel.path.name} requires: unless the image has it all the same, "
                "the pod ends with ModuleNotFoundError"
            )
            cautions.append(Caution(what, _DECLARE))
    if errors:
        refused = joined(errors)
        message = f"load check: imports that a pod cannot make\n{refused.message}"
        raise SerializeError(message, hint=refused.hint)
    return cautions


def _not_shipped(found: _Import, subject: Subject) -> Caution | None:
    """Return what is wrong with an import of something that is the project's own, and not in the wheel."""
    if found.is_of({canonicalize_name(subject.wheel.name)}):
        return Caution(f"{found} is not in the wheel (got a copy that is installed)", _SHIP)
    if not found.distribution and _is_below(found.path, subject.root):
        return Caution(f"{found} is not in the wheel", _SHIP)
    return None


def _is_below(path: str, folder: Path) -> bool:
    """Return whether a module lies in the project's folder, and not in an environment there."""
    resolved = Path(path).resolve()
    return resolved.is_relative_to(folder.resolve()) and "site-packages" not in resolved.parts


def _external(imports: Sequence[Mapping[str, Any]]) -> Iterator[_Import]:
    """Give what comes from outside of the wheel, for each file each distribution once."""
    seen = set()
    for one in imports:
        if "of_wheel" not in one:
            key = one["file"], one["distribution"] or one["module"].partition(".")[0]
            if key not in seen:
                seen.add(key)
                yield _Import(**one)


def _reached(imports: Sequence[Mapping[str, Any]], loaders: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the files of the wheel that are imported to load the tasks in flytekit's own image."""
    edges: dict[str, set[str]] = {}
    for one in imports:
        if "of_wheel" in one:
            edges.setdefault(one["file"], set()).add(one["of_wheel"])
    open_ones = [loader["file"] for loader in loaders if loader["stock"]]
    reached: set[str] = set()
    while open_ones:
        file = open_ones.pop()
        if file not in reached:
            reached.add(file)
            open_ones += [*edges.get(file, ()), *_packages_above(file)]
    return reached


def _packages_above(file: str) -> Iterator[str]:
    folders = file.split("/")[:-1]
    for end in range(1, len(folders) + 1):
        yield "/".join([*folders[:end], "__init__.py"])
