"""Clusters: settings become one value for each cluster, with what it inherits and what its `config-file` says.

Knows nothing of which clusters a publish takes, nor whether anything is missing: that is `targets`' affair, since a
build must not fail for a cluster that it does not need.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hatch_flyte.config.cluster_keys import CLUSTER_KEYS
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.flyte_settings import FlyteSettings, read_flyte_settings
from hatch_flyte.config.groups import unknown_name
from hatch_flyte.config.keys import field_name
from hatch_flyte.config.metadata import MetadataTable
from hatch_flyte.config.tables import Table
from hatch_flyte.config.values import Cluster, Setting
from hatch_flyte.config.when import Rule
from hatch_flyte.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_flyte.config.paths import Anchor
    from hatch_flyte.config.reader import Reader

_PAIR = ("client-certificate", "client-key")


def read_clusters(reader: Reader, anchor: Anchor | None) -> dict[str, Cluster]:
    """Return the clusters that `reader` has read, by name, each with what it inherits.

    Inherited settings, those of a `config-file`, and `insecure` where it follows from the endpoint, are added to the
    reader's. An `inherits` that names no cluster, or leads back to where it began, is a problem, and so is a
    certificate without its key. `anchor` says where a `config-file` is; None: they are not read, as in a build.
    """
    names = reader.tables["clusters"]
    lines = {name: _line(name, reader) for name in names}
    for name in names:
        _check_pair(name, reader)
    files = {name: _flyte_settings(name, reader.settings, anchor) for name in names} if anchor else {}
    found = {name: _Found(line, reader.settings, files) for name, line in lines.items()}
    for name, one in found.items():
        reader.settings |= {_dotted(name, key): setting for key, setting in one.settings.items()}
    return {name: _cluster(name, reader, found[name].faults) for name in names}


class _Found:
    """What counts for the first cluster of a line: of each key, and each entry of a table, what is said nearest."""

    def __init__(
        self, line: Sequence[str], settings: Mapping[str, Setting], files: Mapping[str, FlyteSettings | None]
    ) -> None:
        self.settings: dict[str, Setting] = {}
        self._open: dict[str, Problem] = {}
        """What is wrong with the nearest file, of keys that nobody nearer says."""
        # A nearer file replaces another one: what only one of them says must not get to the other's cluster.
        holder = next((name for name in line if files.get(name)), None)
        for name in reversed(line):
            file = files.get(name) if name == holder else None
            if file:
                self._take(name, line[0], file.settings)
                self._open = dict(file.problems)
            own = _own(name, settings)
            if "domain" in own and "when" not in own:
                self.settings.pop("when", None)
            self._take(name, line[0], own)
            for key in own.keys() - {"config-file"}:
                self._open.pop(key, None)
        if any("auth" in _own(name, settings) for name in line):
            self._open.pop("auth", None)
        self._settle_insecure(files.get(holder) if holder else None)

    @property
    def faults(self) -> tuple[Problem, ...]:
        """What is wrong with the file that counts."""
        return tuple(self._open.values())

    def _take(self, name: str, heir: str, settings: Mapping[str, Setting]) -> None:
        for key, setting in settings.items():
            source = setting.source if name == heir else f"inherited from {name}: {setting.source}"
            self.settings[key] = replace(setting, source=source)

    def _settle_insecure(self, file: FlyteSettings | None) -> None:
        endpoint = self.settings.get("endpoint")
        if endpoint is None or "insecure" in self.settings:
            return
        # Flyte's own tools use TLS on loopback too, unless they are told not to.
        in_file = file.settings.get("endpoint") if file else None
        plain = in_file is None or in_file.where != endpoint.where
        self.settings["insecure"] = Setting(plain and parse_endpoint(endpoint.value)[1], "default")


def _dotted(cluster: str, key: str) -> str:
    return f"clusters.{cluster}.{key}"


def _own(name: str, settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return what a cluster's own tables say, by key, or key and entry; but for `inherits`, which is not inherited."""
    prefix = _dotted(name, "")
    own = {key[len(prefix) :]: setting for key, setting in settings.items() if key.startswith(prefix)}
    own.pop("inherits", None)
    return own


def _line(name: str, reader: Reader) -> list[str]:
    """Return a cluster and those it inherits from, the nearest first; each fault is reported for one cluster only."""
    line = [name]
    while setting := reader.settings.get(_dotted(line[-1], "inherits")):
        parent = setting.value
        if parent not in reader.tables["clusters"]:
            if line == [name]:
                reader.problem(setting.where, unknown_name(parent, sorted(set(reader.tables["clusters"]) - {name})))
            break
        if parent in line:
            if parent == name == min(line):
                first = reader.settings[_dotted(name, "inherits")]
                reader.problem(first.where, f"goes round in a circle ({' → '.join([*line, name])})")
            break
        line.append(parent)
    return line


def _check_pair(name: str, reader: Reader) -> None:
    """Note a certificate without a key, or a key without one: with an inherited one it would not fit."""
    said = [key for key in _PAIR if _dotted(name, key) in reader.settings]
    if len(said) == 1:
        [other] = set(_PAIR) - set(said)
        where = reader.settings[_dotted(name, said[0])].where
        reader.problem(where, f"expected `{other}` beside it, in the same cluster (got none)")


def _flyte_settings(name: str, settings: Mapping[str, Setting], anchor: Anchor) -> FlyteSettings | None:
    setting = settings.get(_dotted(name, "config-file"))
    if setting is None:
        return None
    try:
        path = anchor.path(setting)
    except ValueError as problem:
        return FlyteSettings(problems={"config-file": Problem(setting.where, str(problem))})
    return read_flyte_settings(path, setting.value, setting.where)


def _cluster(name: str, reader: Reader, faults: tuple[Problem, ...]) -> Cluster:
    values: dict[str, Any] = {}
    for key in CLUSTER_KEYS.values():
        dotted = _dotted(name, key.name)
        if isinstance(key.kind, Table | MetadataTable):
            inside = f"{dotted}."
            found = {
                one[len(inside) :]: entry.value for one, entry in reader.settings.items() if one.startswith(inside)
            }
            values[field_name(key.name)] = found
        elif dotted in reader.settings:
            values[field_name(key.name)] = reader.settings[dotted].value
    if "when" in values:
        values["when"] = tuple(Rule(**rule) for rule in values["when"])
    return Cluster(name=name, spot=reader.tables["clusters"][name], faults=faults, **values)
