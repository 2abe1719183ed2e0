"""What the configuration says, as frozen values, with the source of each.

Knows neither where a value was read nor how it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hatch_flyte.config.spots import Spot
    from hatch_flyte.config.target import BreakingPolicy
    from hatch_flyte.config.when import Rule


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from."""

    value: Any
    """As the key's kind keeps it: a string, a boolean or a tuple of strings; JSON can write it."""
    source: str
    """For people: `pyproject.toml [tool.hatch-flyte]`, `environment variable HATCH_FLYTE_IMAGE`, `default`."""
    where: str = ""
    """Full name of the key as the user wrote it, for messages; empty for a default."""
    folder: str = ""
    """Folder that a relative path in it counts from; empty: the project's."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the user said what, for messages."""

    said: Mapping[str, str]
    """Full names of keys, as they stand in a table, a variable or an option, by key; empty for a default."""

    def where(self, key: str) -> str:
        """Return the full name of a key; where nobody said it, as it would stand in pyproject.toml."""
        return self.said.get(key) or f"tool.hatch-flyte.{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefaults:
    """What is said of some tasks, for where they say nothing themselves."""

    pattern: str
    """Name of a task, or of a module for the tasks in and below it, or a glob."""
    image: str = ""
    """A template; empty: not said."""
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    """Quantities by `requests.NAME` and `limits.NAME`; NAME is `cpu`, `mem`, `gpu` or `ephemeral-storage`."""
    where: str = ""
    """Full name of its table, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """What packaging is told."""

    modules: tuple[str, ...]
    """Dotted names and globs; none means every module of the wheel."""
    exclude: tuple[str, ...]
    optional_modules: tuple[str, ...]
    import_timeout: int
    """Seconds for one module."""
    image: str
    """A template, `stock`, or empty where none is configured."""
    images: Mapping[str, str]
    """Templates by name."""
    env: Mapping[str, str]
    resources: Mapping[str, str]
    """As in `TaskDefaults`."""
    tasks: tuple[TaskDefaults, ...]
    """The weakest first: each key of a later one that fits a task replaces an earlier one's."""
    default_launch_plans: bool
    code: Literal["image", "wheel"]
    destination: str
    """Absolute POSIX path."""
    python: tuple[str, ...]
    """The interpreter's command, its first word perhaps a path relative to the project folder; empty: to be found."""
    load_check: bool
    strict: bool
    """Whether warnings are errors."""
    select_rules: tuple[str, ...]
    """Names of rules; none means every rule."""
    ignore_rules: tuple[str, ...]
    ignore_files: tuple[str, ...]
    allow: tuple[str, ...]
    """Globs of files that are no secrets."""
    bundle_warn_size: int
    """In MB, 10^6 bytes."""
    bundle_max_size: int
    output_dir: str
    """Relative to the project folder; empty: beside the wheel."""
    ownership_annotation: bool
    places: Places = field(default_factory=lambda: Places({}))

    def require_image(self) -> str:
        """Return the image's template; `ConfigError` where none is configured."""
        if not self.image:
            raise ConfigError(
                [Problem(self.places.where("image"), "expected an image for the tasks that name none (got none)")],
                hint=(
                    'Set it in pyproject.toml ([tool.hatch-flyte] image = "ghcr.io/acme/pipelines:{version}"), in the '
                    "environment (HATCH_FLYTE_IMAGE), or with `hatch-flyte package --image`."
                ),
            )
        return self.image


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A configured cluster, with what it inherits. What is empty is configured nowhere."""

    name: str
    spot: Spot
    """Where its table stands."""
    faults: tuple[Problem, ...] = ()
    """What is wrong with its `config-file`; told once somebody needs the cluster."""
    endpoint: str = ""
    insecure: bool | None = None
    """None: TLS for all but loopback."""
    project: str = ""
    domain: str = ""
    auth: tuple[str, ...] = ()
    """As in `Auth.of`."""
    inherits: str = ""
    config_file: str = ""
    when: tuple[Rule, ...] = ()
    ca_file: str = ""
    """Paths are as they were written; see `Anchor.path`."""
    client_certificate: str = ""
    client_key: str = ""
    insecure_skip_verify: bool = False
    proxy: str | None = None
    """Empty: none; None: what the environment says."""
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """As `MetadataTable` keeps it."""
    keep_alive: int = 0
    deadline: int = 300
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_account: str = ""
    raw_output_prefix: str = ""
    image_registry: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    activate: tuple[str, ...] = ()
    """As `Activate` keeps it; empty: nothing is activated."""
    breaking_changes: BreakingPolicy = "warn"
    require_clean: bool = False
    console_endpoint: str = ""

    def where(self, key: str) -> str:
        """Return the full name of one of its keys, for messages."""
        return self.spot.where(f"clusters.{self.name}.{key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What publishing is told by tables."""

    default_clusters: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    """Clusters, and groups after `@`, by the group's name."""
    clusters: Mapping[str, Cluster]
    version: str
    """A template; empty: the distribution's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call is told, by options and variables."""

    cluster: tuple[str, ...]
    """Clusters, and groups after `@`, to publish to; none means what `targets.choose_targets` says."""
    project: str
    domain: str
    dry_run: bool
    keep_going: bool
    build: bool
    """Whether to build the wheel first."""
    activate: tuple[str, ...]
    """As `Activate` keeps it; empty: what the clusters say."""
    prune: bool
    independent: bool
    allow_breaking: tuple[str, ...]
    """Names of entities."""
    data: Path | None
    """Folder of the local registry, as given; None: in the user's data folder."""
    commit: str
