"""What goes to which cluster, in which order, where several projects are published at once.

Projects share a cluster if both name and endpoint are the same; each keeps its own Flyte project, domain and overrides
there. Sends nothing: what cannot go together is found here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.entries import fill_entries
from hatch_flyte.errors import ConfigError, ConflictError, Problem
from hatch_flyte.wire.identifiers import Fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.order import Order
    from hatch_flyte.projects import Project


@dataclass(frozen=True, slots=True)
class Errand:
    """One archive for one cluster."""

    order: Order
    target: Target
    project: Project

    @property
    def subject(self) -> str:
        """The archive, and its project's folder, for messages."""
        manifest = self.order.archive.manifest
        name = f"{manifest.name} {manifest.version}" if manifest else f"version {self.order.version}"
        return f"{name} ({self.project.label})" if self.project.label else name


def by_cluster(errands: Iterable[Errand]) -> list[list[Errand]]:
    """Return the errands of each cluster, the clusters in the order in which they come up.

    Raises `ConfigError` for projects that reach one cluster in different ways: one connection serves them all.
    """
    shares: defaultdict[object, list[Errand]] = defaultdict(list)
    for errand in errands:
        shares[errand.target.cluster, errand.target.endpoint].append(errand)
    problems = [problem for share in shares.values() for problem in _several_ways(share)]
    if problems:
        raise ConfigError(problems, hint="Say the same in each project, or publish them one by one.")
    return list(shares.values())


def _several_ways(share: Sequence[Errand]) -> list[Problem]:
    first, *others = share
    differing: dict[str, Problem] = {}
    for other in others:
        for key in ("insecure", "auth", "transport"):
            if getattr(other.target, key) != getattr(first.target, key):
                where = f"{other.project.label}: cluster {other.target.cluster}"
                what = f"expected it to be reached as in {first.project.label} (got another {key})"
                differing[where] = Problem(where, what)
    return list(differing.values())


def refuse_clashes(share: Sequence[Errand]) -> None:
    """Raise `ConflictError` where two archives have different content for one entity of one cluster.

    Alike content may come twice: tasks of a library that several projects import, for instance.
    """
    seen: dict[Identifier, tuple[Errand, Entry]] = {}
    for errand in share if len(share) > 1 else ():
        for entry in _entries(errand):
            other, same = seen.setdefault(entry.identifier, (errand, entry))
            if same.spec != entry.spec:
                raise ConflictError(
                    f"cluster {errand.target.cluster}: expected one content for {entry.identifier} "
                    f"(got two, of {other.subject} and {errand.subject})",
                    hint='Register them under different versions (`version = "{name}-{version}"`), or leave the entity '
                    "out of one with `exclude`.",
                    identifier=entry.identifier,
                )


def _entries(errand: Errand) -> list[Entry]:
    """Return the entities as they would be registered, with the bundle's digest for its address."""
    bundle = errand.order.archive.bundle
    place = Fill(
        project=errand.target.project,
        domain=errand.target.domain,
        version=errand.order.version,
        bundle_url=bundle.digest if bundle else None,
    )
    return fill_entries(errand.order.archive, place, errand.target.overrides)
