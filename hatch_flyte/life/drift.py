"""In what several clusters differ from each other, for one distribution: a function of values.

A cluster that could not be asked differs from none.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.entity import Kind
    from hatch_flyte.life.standing import Standing

    Digests = Mapping[tuple[Kind, str], str]
    """Portable digests of a release's entities, by kind and name."""


_SHOWN: Final = 8
"""Hex digits of a digest that are shown."""


class Apart(enum.Enum):
    """What is not the same."""

    RELEASE = "release"
    """Not the same versions are live."""
    ACTIVE = "active"
    """The same version is live, of which not the same launch plans are active."""
    CONTENT = "content"
    """The same version was registered with different content."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between clusters."""

    distribution: str
    apart: Apart
    sides: tuple[tuple[str, tuple[str, ...]], ...]
    """What is so where: the live versions, the active launch plans, or the content's digest; and the names of the
    clusters where it is. Empty where there is none."""
    version: str = ""
    """The version that this is about; empty where versions are what differs."""
    entity: str = ""
    """The entity whose content this is about: `task acme.double`."""


def live_drift(distribution: str, standings: Mapping[str, Standing]) -> list[Drift]:
    """Return in what clusters differ in what is live; `standings` by the name of the cluster."""
    running = {cluster: tuple(release.version for release in standing.live) for cluster, standing in standings.items()}
    found = []
    if len({frozenset(live) for live in running.values()}) > 1:
        sides = {cluster: ", ".join(live) for cluster, live in running.items()}
        found.append(Drift(distribution, Apart.RELEASE, _sides(sides)))
    for version in sorted({one for live in running.values() for one in live}):
        active = {
            cluster: ", ".join(sorted(release.live))
            for cluster, standing in standings.items()
            for release in standing.live
            if release.version == version
        }
        if len(set(active.values())) > 1:
            found.append(Drift(distribution, Apart.ACTIVE, _sides(active), version))
    return found


def content_drift(distribution: str, version: str, contents: Mapping[str, Digests]) -> list[Drift]:
    """Return in what clusters differ in the content of one version, entity by entity; `contents` by cluster's name."""
    keys = sorted({key for digests in contents.values() for key in digests}, key=lambda key: (key[0].value, key[1]))
    found = []
    for kind, name in keys:
        digests = {cluster: content.get((kind, name), "") for cluster, content in contents.items()}
        if len(set(digests.values())) > 1:
            sides = {cluster: f"content {digest[:_SHOWN]}" if digest else "" for cluster, digest in digests.items()}
            found.append(Drift(distribution, Apart.CONTENT, _sides(sides), version, f"{kind.value} {name}"))
    return found


def _sides(said: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((text, tuple(one for one in said if said[one] == text)) for text in dict.fromkeys(said.values()))
