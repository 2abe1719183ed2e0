"""Clusters: settings become one value for each cluster, with what it inherits.

Knows nothing of which clusters a publish takes, nor whether anything is missing: that is `targets`' affair, since a
build must not fail for a cluster that it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.declaration import CLUSTER_KEYS
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.keys import field_name
from hatch_flyte.config.refusals import near_miss
from hatch_flyte.config.values import Cluster, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_flyte.config.reader import Reader
    from hatch_flyte.config.spots import Spot


def read_clusters(reader: Reader) -> dict[str, Cluster]:
    """Return the clusters that `reader` has read, by name, each with what it inherits.

    Inherited settings, and `insecure` where it follows from the endpoint, are added to the reader's. An `inherits`
    that names no cluster, or leads back to where it began, is a problem.
    """
    lines = {name: _line(name, reader) for name in reader.tables["clusters"]}
    added: dict[str, Setting] = {}
    for name, line in lines.items():
        own = _inherited(line, reader.settings)
        added |= {_dotted(name, key): setting for key, setting in own.items()}
    reader.settings |= added
    for name in lines:
        _settle_insecure(name, reader.settings)
    return {name: _cluster(name, spot, reader.settings) for name, spot in reader.tables["clusters"].items()}


def unknown_cluster(name: str, known: Sequence[str]) -> str:
    """Return what is wrong with a cluster's name that nobody knows."""
    match = near_miss(name, known)
    meant = f", did you mean {match!r}?" if match else ""
    return f"no cluster {name!r} is configured{meant} (known: {', '.join(known) or 'none'})"


def _dotted(cluster: str, key: str) -> str:
    return f"clusters.{cluster}.{key}"


def _line(name: str, reader: Reader) -> list[str]:
    """Return a cluster and those it inherits from, the nearest first; each fault is reported for one cluster only."""
    line = [name]
    while setting := reader.settings.get(_dotted(line[-1], "inherits")):
        parent = setting.value
        if parent not in reader.tables["clusters"]:
            if line == [name]:
                reader.problem(setting.where, unknown_cluster(parent, sorted(set(reader.tables["clusters"]) - {name})))
            break
        if parent in line:
            if parent == name == min(line):
                first = reader.settings[_dotted(name, "inherits")]
                reader.problem(first.where, f"goes round in a circle ({' → '.join([*line, name])})")
            break
        line.append(parent)
    return line


def _inherited(line: Sequence[str], settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the settings that the first of `line` has from the others."""
    result = {}
    for key in CLUSTER_KEYS.keys() - {"inherits"}:
        having = [name for name in line if _dotted(name, key) in settings]
        if having and having[0] != line[0]:
            found = settings[_dotted(having[0], key)]
            source = f"inherited from {having[0]}: {found.source}"
            result[key] = Setting(found.value, source, found.where)
    return result


def _settle_insecure(name: str, settings: dict[str, Setting]) -> None:
    endpoint = settings.get(_dotted(name, "endpoint"))
    if endpoint and _dotted(name, "insecure") not in settings:
        settings[_dotted(name, "insecure")] = Setting(parse_endpoint(endpoint.value)[1], "default")


def _cluster(name: str, spot: Spot, settings: Mapping[str, Setting]) -> Cluster:
    values = {
        field_name(key): settings[_dotted(name, key)].value for key in CLUSTER_KEYS if _dotted(name, key) in settings
    }
    return Cluster(name=name, spot=spot, **values)
