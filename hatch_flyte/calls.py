"""One call of the Python API: what its arguments mean, and what is to be published where.

The same as one call of the command line: an option here is the option of that name there, and stands above all other
sources. Knows nothing of event loops.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from hatch_flyte.archive import Archive
from hatch_flyte.config import Sources, Target, load
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.files import find_root
from hatch_flyte.deploy import Deployment, deployment
from hatch_flyte.errors import ConfigError, Problem
from hatch_flyte.outcome import exit_code
from hatch_flyte.projects import Project
from hatch_flyte.report_text import CONFLICT_HINT
from hatch_flyte.trouble import trouble_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hatch_flyte.config import Config
    from hatch_flyte.events import Event
    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.authenticator import Authenticator
    from hatch_flyte.registry.borrowed import Channel
    from hatch_flyte.registry.port import Registry

    Archives = str | Path | Archive | Iterable[str | Path | Archive]
    """Paths of archives, and archives that were read already."""
    Clusters = str | Target | Iterable[str] | Iterable[Target]
    """Names of clusters (and groups, after `@`) that pyproject.toml has, or targets."""

Item = TypeVar("Item")


class Options(TypedDict, total=False):
    """What a call may say besides what to publish, and where. All of it may be left out."""

    root: str | Path
    """The folder of the project whose configuration counts; by default the one that the current folder is in."""
    version: str
    """Version to register under, a template; the distribution's by default."""
    project: str
    """Flyte project, instead of the cluster's."""
    domain: str
    dry_run: bool
    keep_going: bool
    """Register what doesn't depend on what was refused."""
    activate: str | Sequence[str]
    """`none`, `declared`, `scheduled`, or names of launch plans, instead of what the clusters say."""
    prune: bool
    """Deactivate launch plans that this release no longer has."""
    independent: bool
    """Activate in each cluster that is done, whatever becomes of the others."""
    allow_breaking: Sequence[str]
    """Names of entities whose users may break."""
    environ: Mapping[str, str]
    """Instead of the process's environment: `HATCH_FLYTE_*`, and where tokens stand."""
    authenticator: Authenticator
    """Gives the bearer tokens, instead of what the clusters' `auth` says."""
    channel: Channel
    """A channel of the caller's own, which stays open; of the event loop that runs, and for one cluster."""
    open_registry: Callable[[Target], Registry]
    """Opens the registry of a target, instead of all that is said of how to reach it; it is closed at the end."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What came of a publish: a report for each archive in each cluster, cluster by cluster."""

    reports: tuple[Report, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be, everywhere."""
        return all(report.ok for report in self.reports)

    @property
    def exit_code(self) -> int:
        """What the command line would end with (docs/exit-codes.md)."""
        return exit_code(self.reports)

    def raise_for_failure(self) -> None:
        """Raise the `HatchFlyteError` that stopped the first cluster that is not as it should be; else do nothing."""
        for report in self.reports:
            if problem := trouble_of(report, CONFLICT_HINT):
                raise problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How clusters are reached, where the caller says it."""

    authenticator: Authenticator | None = field(default=None, repr=False)
    channel: Channel | None = None
    open_registry: Callable[[Target], Registry] | None = None

    def opener(self, config: Config) -> Callable[[Target], Registry] | None:
        """Return what opens a target's registry; None where the caller says nothing of it."""
        if self.open_registry or not (self.authenticator or self.channel):
            return self.open_registry
        from hatch_flyte.registry.connect import Surroundings, open_registry

        around = replace(Surroundings.of(config), authenticator=self.authenticator, channel=self.channel)
        return partial(open_registry, around=around)


def prepared(
    archives: Archives, clusters: Clusters, on_event: Callable[[Event], None], options: Mapping[str, Any]
) -> Deployment:
    """Return what a call publishes, and where. Sends nothing.

    Raises `ConfigError`, `ArchiveError` and `ConflictError`, as `deploy.deployment`; `TypeError` for an option that
    there is none.
    """
    project = asked(clusters, options)
    given = _each(archives, (str, Path, Archive))
    ready = replace(
        project,
        paths=tuple(Path(one) for one in given if not isinstance(one, Archive)),
        archives=tuple(one for one in given if isinstance(one, Archive)),
    )
    made = deployment([ready], on_event)
    if project.open_registry and options.get("channel") and len(made.shares) > 1:
        raise TypeError("channel: expected one cluster, since a channel leads to one (got several)")
    return made


def asked(clusters: Clusters, options: Mapping[str, Any]) -> Project:
    """Return the project that a call is about, with the clusters that it chooses."""
    _check_names(options)
    named = _each(clusters, (str, Target))
    targets = tuple(one for one in named if isinstance(one, Target))
    if targets and len(targets) < len(named):
        raise TypeError("clusters: expected names or targets (got both)")
    said = {key.replace("_", "-"): value for key, value in options.items() if key in _CONFIGURED and value is not None}
    if named and not targets:
        said["cluster"] = tuple(named)
    root = Path(options["root"]) if "root" in options else find_root()
    environ = options.get("environ", os.environ)
    config = load(Sources(root=root, environ=environ, options=said, option_style="--"))
    reach = Reach(**{key: options[key] for key in _REACH if key in options})
    return Project(config=config, targets=targets, open_registry=reach.opener(config))


def target(endpoint: str, *, project: str, domain: str, name: str = "", insecure: bool | None = None) -> Target:
    """Return a target that no file names; `dataclasses.replace` gives it the rest of what a cluster's table can say.

    `endpoint` is as in that table: `dns:///flyte.acme.io`. `insecure` None means TLS for all but loopback; `name` is
    the endpoint's by default. Raises `ConfigError`.
    """
    try:
        where, plain = parse_endpoint(endpoint, insecure=insecure)
    except ValueError as problem:
        raise ConfigError([Problem("endpoint", f"expected {problem} (got {endpoint!r})")]) from problem
    return Target(name or str(where), where, insecure=plain, project=project, domain=domain)


_REACH = ("authenticator", "channel", "open_registry")
_CONFIGURED = frozenset(Options.__annotations__) - {"root", "environ", *_REACH}


def _check_names(options: Mapping[str, Any]) -> None:
    if unknown := sorted(options.keys() - Options.__annotations__.keys()):
        known = ", ".join(Options.__annotations__)
        raise TypeError(f"expected options among {known} (got {', '.join(unknown)})")


def _each(given: Any, single: tuple[type, ...]) -> list[Any]:
    return [given] if isinstance(given, single) else list(given)
