"""What an installation of some requirements brings: a closure over the requirements of installed distributions.

A function of values. Rules of markers and extras: PEP 508, by packaging.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that is installed."""

    name: str
    version: str
    requires: Sequence[str]


def closure(roots: Iterable[Requirement], installed: Iterable[Installed], environment: Mapping[str, str]) -> set[str]:
    """Return the canonical names of everything that `roots` bring, whether it is installed or not."""
    known = {canonicalize_name(one.name): one for one in installed}
    open_ones = [(canonicalize_name(root.name), extra) for root in roots for extra in _extras(root, environment)]
    seen: set[tuple[str, str]] = set()
    while open_ones:
        name, extra = item = open_ones.pop()
        if item in seen:
            continue
        seen.add(item)
        for requirement in _requirements(known.get(name)):
            if _holds(requirement, environment, extra):
                inner = {"", *requirement.extras}
                open_ones += [(canonicalize_name(requirement.name), one) for one in inner]
    return {name for name, _ in seen}


def _extras(root: Requirement, environment: Mapping[str, str]) -> set[str]:
    return {"", *root.extras} if _holds(root, environment, "") else set()


def _holds(requirement: Requirement, environment: Mapping[str, str], extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})


def _requirements(distribution: Installed | None) -> Iterator[Requirement]:
    for line in distribution.requires if distribution else ():
        with contextlib.suppress(InvalidRequirement):  # an old distribution's own fault; pip says so on installing
            yield Requirement(line)


def unmet(
    requirements: Iterable[Requirement], installed: Iterable[Installed], environment: Mapping[str, str]
) -> Iterator[tuple[Requirement, str]]:
    """Give the requirements that an installed version does not meet, each with that version."""
    versions = {canonicalize_name(one.name): one.version for one in installed}
    for requirement in requirements:
        version = versions.get(canonicalize_name(requirement.name), "")
        if version and _holds(requirement, environment, "") and not meets(requirement, version):
            yield requirement, version


def meets(requirement: Requirement, version: str) -> bool:
    """Return whether a version is one that the requirement takes, pre-releases included."""
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True  # nothing to compare; what imports it will tell
