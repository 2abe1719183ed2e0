"""Publishing an archive for a test: what stopped it is raised, since a report that nobody reads hides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.archives import read_named, with_versions
from hatch_flyte.config import Target
from hatch_flyte.distribution import Distribution
from hatch_flyte.order import Order
from hatch_flyte.register import register
from hatch_flyte.trouble import trouble_of
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.port import Registry

CONFLICT_HINT: Final = "Publish under another version, or `clear` the registry before."


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as which version to register."""

    project: str
    domain: str
    version: str
    """Empty: the archive's own."""


async def publish_into(registry: Registry, archive: Path, place: Place) -> Report:
    """Register the archive at a path, or the one in a folder; return the report, or raise what stopped it."""
    found = read_named([archive], Distribution(""))
    [(content, version)] = with_versions(found, lambda _name, own: place.version or own, place.version)
    target = Target("local", None, insecure=False, project=place.project, domain=place.domain)
    report = await register(Order(archive=content, version=version), target, registry, Watch())
    if problem := trouble_of(report, CONFLICT_HINT):
        raise problem
    return report
