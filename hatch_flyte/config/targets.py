"""Which clusters a publish takes: a function of what is configured and what one call says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.config.activate import activation_of
from hatch_flyte.config.assembly import Assembly
from hatch_flyte.config.checks import LOCAL
from hatch_flyte.config.groups import MARK, expand, known_names, unknown_name
from hatch_flyte.config.target import Target
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.paths import Anchor
    from hatch_flyte.config.values import Call, Cluster, Publishing, Setting
    from hatch_flyte.config.when import BranchFacts

LOCAL_PROJECT = "flytesnacks"
LOCAL_DOMAIN = "development"

NAMING = "`-c NAME`, `-o cluster=NAME` (hatch publish) or HATCH_FLYTE_CLUSTER"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the choice of clusters depends on."""

    publishing: Publishing
    call: Call
    settings: Mapping[str, Setting]
    """Says where the chosen names stand, for messages."""
    anchor: Anchor
    facts: BranchFacts | None
    in_ci: bool
    """Whether this runs in CI, where nobody looks for a registry on the build machine."""


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether `CI` is set, as all CI systems have it."""
    return environ.get("CI", "").lower() not in {"", "0", "false"}


def choose_targets(choice: Choice) -> tuple[Target, ...]:
    """Return the targets of a publish, in the order they were named, each once.

    The named clusters, else `default-clusters`, else the only one configured; with none configured the local registry,
    which in CI must be named. A group stands for its clusters. Raises `ConfigError`: nothing or too much to choose
    from, an unknown name, every cluster that lacks a required key, chosen or not, unless others inherit from it, and
    what only a publish asks: files, variables, a rule that fits.
    """
    names = choice.call.cluster or choice.publishing.default_clusters or _only_cluster(choice)
    implicit = names == ()
    chosen = expand(names, choice.publishing.groups) or (LOCAL,)
    problems = [*_unknown(choice, chosen), *_missing(choice, chosen)]
    if problems:
        raise ConfigError(problems)
    assembly = Assembly(choice.call, choice.settings, choice.anchor, choice.facts)
    clusters = choice.publishing.clusters
    targets = tuple(
        _local(choice.call, implicit=implicit) if name == LOCAL else assembly.target(clusters[name]) for name in chosen
    )
    if assembly.problems:
        raise ConfigError(assembly.problems)
    return targets


def _only_cluster(choice: Choice) -> tuple[str, ...]:
    """Return the one cluster to take where none is named, or nothing for the local registry."""
    names = sorted(choice.publishing.clusters)
    if len(names) > 1:
        raise ConfigError(
            [Problem("cluster", f"expected a choice among {', '.join(names)} (got none)")],
            hint=f"Name one with {NAMING}, or set `default-clusters` in [tool.hatch-flyte].",
        )
    if not names and choice.in_ci:
        raise ConfigError(
            [Problem("cluster", "expected a cluster, since CI is set and none is configured (got none)")],
            hint=(
                "Configure one in [tool.hatch-flyte.clusters.NAME], or name the local registry, "
                f"{LOCAL!r}, with {NAMING}."
            ),
        )
    return tuple(names)


def _unknown(choice: Choice, chosen: tuple[str, ...]) -> list[Problem]:
    setting = choice.settings["cluster" if choice.call.cluster else "default-clusters"]
    known = known_names(choice.publishing.clusters, choice.publishing.groups)
    unknown = [name for name in chosen if name.startswith(MARK) or name not in known]
    return [Problem(setting.where, unknown_name(name, known)) for name in unknown]


def _missing(choice: Choice, chosen: tuple[str, ...]) -> list[Problem]:
    clusters = choice.publishing.clusters
    bases = {cluster.inherits for cluster in clusters.values()}
    found: list[Problem] = []
    for name, cluster in clusters.items():
        if name in chosen:
            found += cluster.faults
        if name in chosen or name not in bases:
            found += _lacking(choice.call, cluster)
    return found


def _lacking(call: Call, cluster: Cluster) -> list[Problem]:
    return [
        Problem(cluster.where(key), f"expected {what} (got none)")
        for key, what, value in (
            # It may stand in the file that could not be taken over.
            ("endpoint", "an endpoint", cluster.endpoint or cluster.faults),
            ("project", "a Flyte project", call.project or cluster.project or _ruled(cluster, "project")),
            ("domain", "a Flyte domain", call.domain or cluster.domain or _ruled(cluster, "domain")),
        )
        if not value
    ]


def _ruled(cluster: Cluster, key: str) -> bool:
    """Return whether one of a cluster's rules may say a key; whether it fits is asked for chosen ones only."""
    return any(getattr(rule, key) for rule in cluster.when)


def _local(call: Call, *, implicit: bool) -> Target:
    return Target(
        LOCAL,
        endpoint=None,
        insecure=False,
        project=call.project or LOCAL_PROJECT,
        domain=call.domain or LOCAL_DOMAIN,
        implicit=implicit,
        activation=activation_of(call.activate),
    )
