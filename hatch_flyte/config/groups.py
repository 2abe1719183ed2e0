"""Groups of clusters: `@production` stands for what the table `groups` lists under that name, groups too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.checks import LOCAL
from hatch_flyte.config.refusals import near_miss

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hatch_flyte.config.reader import Reader

MARK = "@"
"""Before a group's name, wherever clusters are named."""


def check_groups(reader: Reader) -> None:
    """Note what is wrong with the groups that `reader` has read: members that nobody knows, circles, taken names."""
    clusters = reader.tables["clusters"]
    prefix = "groups."
    settings = {key[len(prefix) :]: one for key, one in reader.settings.items() if key.startswith(prefix)}
    groups = {name: setting.value for name, setting in settings.items()}
    known = known_names(clusters, groups)
    for name, setting in sorted(settings.items()):
        if name in clusters or name == LOCAL:
            reader.problem(setting.where, f"expected a name that no cluster has (got {name!r})")
        for index, member in enumerate(setting.value):
            if member not in known:
                others = [one for one in known if one != MARK + name]
                reader.problem(f"{setting.where}[{index}]", unknown_name(member, others))
        circle = _circle(name, groups)
        if circle and name == min(circle):
            listed = " → ".join(MARK + one for one in (*circle, name))
            reader.problem(setting.where, f"goes round in a circle ({listed})")


def known_names(clusters: Iterable[str], groups: Iterable[str]) -> list[str]:
    """Return all that may be named where clusters are."""
    return [*sorted(clusters), LOCAL, *(MARK + name for name in sorted(groups))]


def unknown_name(name: str, known: Sequence[str]) -> str:
    """Return what is wrong with the name of a cluster, or with a mark of a group, that nobody knows."""
    match = near_miss(name, known)
    meant = f", did you mean {match!r}?" if match else ""
    what = "group" if name.startswith(MARK) else "cluster"
    return f"no {what} {name!r} is configured{meant} (known: {', '.join(known) or 'none'})"


def expand(names: Iterable[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the clusters that `names` stand for, each once, in their order; unknown groups stay as they are."""
    found: dict[str, None] = {}
    for name in names:
        members = groups.get(name.removeprefix(MARK)) if name.startswith(MARK) else None
        found |= dict.fromkeys((name,) if members is None else expand(members, groups))
    return tuple(found)


def _circle(name: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the shortest way from a group back to itself, or nothing."""
    ways, seen = [[name]], {name}
    while ways:
        way = ways.pop(0)
        for member in _groups_in(groups.get(way[-1], ())):
            if member == name:
                return way
            if member not in seen:
                seen.add(member)
                ways.append([*way, member])
    return []


def _groups_in(members: Iterable[str]) -> list[str]:
    return [member[len(MARK) :] for member in members if member.startswith(MARK)]
