"""What a publish is asked to do with one archive: a value that every step of it shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hatch_flyte.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to register, under which version, and how."""

    archive: Archive
    version: str
    dry_run: bool = False
    keep_going: bool = False
    """Go on with what doesn't depend on an entity that was refused."""
    prune: bool = False
    """Deactivate the distribution's active launch plans that the archive no longer has."""
    allow_breaking: tuple[str, ...] = ()
    """Names of entities, and globs, whose breaking changes no cluster refuses."""

    @property
    def distribution(self) -> str:
        """The name of the archive's distribution; empty for an archive of `pyflyte package`."""
        return self.archive.manifest.name if self.archive.manifest else ""
