"""Loading: all sources in their order of precedence become one `Config`, or one error with everything that is wrong.

Environment and options are parameters; the entry points read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hatch_flyte.config.clusters import read_clusters
from hatch_flyte.config.declaration import KEYS
from hatch_flyte.config.files import TOOL_SPOT, USER_SPOT, read_project, read_user_table, user_file
from hatch_flyte.config.groups import check_groups
from hatch_flyte.config.keys import Group, Place, field_name
from hatch_flyte.config.kinds import shown
from hatch_flyte.config.paths import Anchor
from hatch_flyte.config.reader import Reader
from hatch_flyte.config.tables import Lists, Quantities, Table, Tables
from hatch_flyte.config.targets import Choice, choose_targets, is_ci
from hatch_flyte.config.tasks import read_tasks
from hatch_flyte.config.templates import STOCK, registered_version
from hatch_flyte.config.values import Call, Packaging, Places, Publishing, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.files import ProjectFiles
    from hatch_flyte.config.target import Target
    from hatch_flyte.config.templates import Facts
    from hatch_flyte.config.values import Cluster
    from hatch_flyte.config.when import BranchFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a configuration is loaded from."""

    root: Path
    """The project's folder; pyproject.toml and hatch.toml may be missing."""
    environ: Mapping[str, str] = field(repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    """By key, kebab-case: texts, booleans, or sequences of texts."""
    option_style: Literal["-o", "--"] = "-o"
    """How messages write options: as `hatch publish` has them, or as `hatch-flyte`."""
    hook_table: Mapping[str, Any] | None = None
    """The build hook's table, as hatchling hands it over. None: as the files have it."""
    publish_table: Mapping[str, Any] | None = None
    """The publisher's table, as Hatch hands it over. None: as the files have it."""
    user_table: Mapping[str, Any] | None = None
    """`[publish.flyte]` of the user's Hatch configuration, as Hatch hands it over. None: as its file has it, except in
    a build (where `hook_table` is given), which doesn't depend on the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration of one call."""

    packaging: Packaging
    publishing: Publishing
    call: Call
    settings: Mapping[str, Setting]
    """Every setting by dotted key (`clusters.staging.endpoint`), defaults too, in the order of the documentation."""
    root: Path
    environ: Mapping[str, str] = field(repr=False)
    build_directory: str
    """Where the build backend puts wheels, relative to `root`."""

    @property
    def archive_directory(self) -> Path:
        """The folder to look for archives in."""
        return self.root / (self.packaging.output_dir or self.build_directory)

    def targets(self, facts: BranchFacts | None = None) -> tuple[Target, ...]:
        """Return where this call publishes to; see `targets.choose_targets`. Raises `ConfigError`.

        `facts` are asked for branch and tag where a chosen cluster has rules by them; without any that is a problem.
        """
        anchor = Anchor(self.root, self.environ)
        return choose_targets(
            Choice(self.publishing, self.call, self.settings, anchor, facts, in_ci=is_ci(self.environ))
        )

    def registered_version(self, name: str, version: str, *, digest: str, facts: Facts) -> str:
        """Return the version to register distribution `name` `version` under; see `templates.registered_version`."""
        return registered_version(self.publishing.version, name=name, version=version, digest=digest, facts=facts)


def load(sources: Sources) -> Config:
    """Return the configuration that `sources` give.

    Precedence, the weakest first: defaults, the user's Hatch configuration, `[tool.hatch-flyte]`, the hook's and the
    publisher's table, `HATCH_FLYTE_*`, options. It counts for each key, also inside tables. Raises `ConfigError` with
    everything that is wrong. What is missing is the affair of whoever needs it.
    """
    files = read_project(sources.root)
    reader = Reader()
    _read_all(reader, sources, files)
    # A build needs no cluster, and must not depend on what else is on this machine.
    clusters = read_clusters(reader, Anchor(sources.root, sources.environ) if sources.hook_table is None else None)
    check_groups(reader)
    tasks = read_tasks(reader)
    _check_stock(reader)
    reader.finish()
    settings = _with_defaults(reader.settings)
    values = {group: _values(group, settings) for group in Group}
    return Config(
        packaging=Packaging(
            tasks=tasks,
            places=Places({key: setting.where for key, setting in settings.items()}),
            **values[Group.PACKAGING],
        ),
        publishing=_publishing(values[Group.PUBLISHING], clusters),
        call=_call(values[Group.CALL]),
        settings=settings,
        root=sources.root,
        environ=sources.environ,
        build_directory=sources.environ.get("HATCH_BUILD_LOCATION") or files.build_directory,
    )


def _read_all(reader: Reader, sources: Sources, files: ProjectFiles) -> None:
    table: object = sources.user_table
    if table is None and sources.hook_table is None:
        table = read_user_table(sources.environ)
    if table is not None:
        reader.read_table(replace(USER_SPOT, folder=str(user_file(sources.environ).absolute().parent)), table)
    reader.read_table(TOOL_SPOT, files.tool_table)
    for (spot, in_file), given in ((files.hook(), sources.hook_table), (files.publisher(), sources.publish_table)):
        reader.read_table(spot, in_file if given is None else given)
    reader.read_variables(sources.environ)
    reader.read_options(Place.HATCH_OPTION if sources.option_style == "-o" else Place.FLAG, sources.options)


def _check_stock(reader: Reader) -> None:
    image = reader.settings.get("image")
    code = reader.settings.get("code")
    if image and image.value == STOCK and (code is None or code.value != "wheel"):
        reader.problem(image.where, f'expected an image of your own, unless code = "wheel" (got {shown(STOCK)})')


def _with_defaults(settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return all settings in the order of the declaration, those of a table sorted."""
    result: dict[str, Setting] = {}
    for key in KEYS.values():
        if isinstance(key.kind, Lists | Quantities | Table | Tables):
            result |= {dotted: settings[dotted] for dotted in sorted(settings) if dotted.startswith(f"{key.name}.")}
        else:
            result[key.name] = settings.get(key.name) or Setting(key.default, "default")
    return result


def _values(group: Group, settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return the values of a group's keys by their names in Python."""
    values = {}
    for key in KEYS.values():
        if key.group is not group or isinstance(key.kind, Tables):
            continue
        if isinstance(key.kind, Lists | Quantities | Table):
            prefix = f"{key.name}."
            value = {dotted[len(prefix) :]: one.value for dotted, one in settings.items() if dotted.startswith(prefix)}
        else:
            value = settings[key.name].value
        values[field_name(key.name)] = value
    return values


def _publishing(values: dict[str, Any], clusters: Mapping[str, Cluster]) -> Publishing:
    return Publishing(clusters=clusters, **values)


def _call(values: dict[str, Any]) -> Call:
    return Call(**values | {"data": Path(values["data"]) if values["data"] else None})
