"""Which clusters a publish takes: a function of what is configured and what one call says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.config.auth import Auth
from hatch_flyte.config.checks import LOCAL
from hatch_flyte.config.clusters import unknown_cluster
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.target import Target
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.values import Call, Publishing, Setting

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
    in_ci: bool
    """Whether this runs in CI, where nobody looks for a registry on the build machine."""


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether `CI` is set, as all CI systems have it."""
    return environ.get("CI", "").lower() not in {"", "0", "false"}


def choose_targets(choice: Choice) -> tuple[Target, ...]:
    """Return the targets of a publish, in the order they were named, each once.

    The named clusters, else `default-clusters`, else the only one configured; with none configured the local registry,
    which in CI must be named. Raises `ConfigError`: nothing or too much to choose from, an unknown name, and every
    cluster that lacks a required key, chosen or not, unless others inherit from it.
    """
    names = choice.call.cluster or choice.publishing.default_clusters or _only_cluster(choice)
    implicit = names == ()
    chosen = tuple(dict.fromkeys(names)) or (LOCAL,)
    problems = [*_unknown(choice, chosen), *_missing(choice, chosen)]
    if problems:
        raise ConfigError(problems)
    return tuple(_target(choice, name, implicit=implicit) for name in chosen)


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
    known = [*sorted(choice.publishing.clusters), LOCAL]
    return [Problem(setting.where, unknown_cluster(name, known)) for name in chosen if name not in known]


def _missing(choice: Choice, chosen: tuple[str, ...]) -> list[Problem]:
    clusters = choice.publishing.clusters
    bases = {cluster.inherits for cluster in clusters.values()}
    needed = [cluster for name, cluster in clusters.items() if name in chosen or name not in bases]
    return [
        Problem(cluster.where(key), f"expected {what} (got none)")
        for cluster in needed
        for key, what, value in (
            ("endpoint", "an endpoint", cluster.endpoint),
            ("project", "a Flyte project", choice.call.project or cluster.project),
            ("domain", "a Flyte domain", choice.call.domain or cluster.domain),
        )
        if not value
    ]


def _target(choice: Choice, name: str, *, implicit: bool) -> Target:
    call = choice.call
    if name == LOCAL:
        return Target(
            LOCAL,
            endpoint=None,
            insecure=False,
            project=call.project or LOCAL_PROJECT,
            domain=call.domain or LOCAL_DOMAIN,
            implicit=implicit,
        )
    cluster = choice.publishing.clusters[name]
    endpoint, insecure = parse_endpoint(cluster.endpoint, insecure=cluster.insecure)
    return Target(
        name,
        endpoint=endpoint,
        insecure=insecure,
        project=call.project or cluster.project,
        domain=call.domain or cluster.domain,
        auth=Auth.of(cluster.auth),
    )
