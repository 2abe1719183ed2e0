"""Which of the files in a build directory are of the project's current version: the same for archives and for wheels.

What a file says of itself counts, not its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hatch_flyte.untrusted import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hatch_flyte.distribution import Distribution
    from hatch_flyte.errors import ArchiveError

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Built(Generic[Content]):
    """A file that was built, and read."""

    path: Path
    content: Content
    distribution: Distribution | None
    """What it says it is; None if it says nothing."""

    def __str__(self) -> str:
        said = escaped(str(self.distribution)) if self.distribution else "nothing said of whose it is"
        return f"{said}, in {self.path.name}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    project: Distribution
    """The project as it would be built now, as far as that is known."""
    noun: str
    """`archive` or `wheel`."""
    error: type[ArchiveError]

    def includes(self, one: Built[Content]) -> bool:
        """Return whether `one` is of the project's current version, as far as that is known."""
        return not self.project.name or bool(one.distribution and self.project.is_met_by(one.distribution))


def current(folder: Path, built: Iterable[Built[Content]], wanted: Wanted) -> list[Built[Content]]:
    """Return those of `built`, the files in `folder`, that are wanted; the others are let go of, one by one.

    Raises `wanted.error` if there is none.
    """
    found, others = [], []
    for one in built:
        if wanted.includes(one):
            found.append(one)
        else:
            others.append(str(one))
    if found:
        return found
    got = others[0] if len(others) == 1 else f"{len(others)} others"
    listed = "".join(f"\n  {one}" for one in others) if len(others) > 1 else ""
    article = "an" if wanted.noun == "archive" else "a"
    raise wanted.error(
        f"{folder}: expected {article} {wanted.noun} of {wanted.project} (got {got}){listed}",
        hint=f"Build again (`hatch build`, `python -m build` or `uv build`), or name the {wanted.noun}.",
    )
