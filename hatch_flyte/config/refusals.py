"""What to say of a key that is not read where it stands: it belongs elsewhere, or nobody knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.cluster_keys import CLUSTER_KEYS
from hatch_flyte.config.declaration import KEYS
from hatch_flyte.config.keys import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hatch_flyte.config.keys import Key
    from hatch_flyte.config.spots import Spot

_NOUNS = {Place.VARIABLE: "variable", Place.HATCH_OPTION: "option", Place.FLAG: "option"}
_NEAR = 0.75
"""Similarity (difflib's ratio) from which a known name is offered for an unknown one."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=_NEAR)), None)


def refusal(spot: Spot, name: str, known: Mapping[str, Key]) -> tuple[str, str]:
    """Return what is wrong with the key `name`, and a hint or nothing.

    `known` are the keys of its table, wherever they may stand.
    """
    if homes := _homes(spot, name, known):
        return f"does not belong here, but into {homes}", ""
    noun = _NOUNS.get(spot.place, "key")
    spelled = {key.name: _spelled(spot, key.name) for key in known.values() if spot.place in key.places}
    match = near_miss(name, spelled)
    hint = "" if match and noun == "key" else f"Known {noun}s: {', '.join(spelled.values())}."
    return f"unknown {noun}" + (f", did you mean `{spelled[match]}`?" if match else ""), hint


def _spelled(spot: Spot, name: str) -> str:
    return spot.where(name) if spot.place in _NOUNS else name


def _homes(spot: Spot, name: str, known: Mapping[str, Key]) -> str:
    """Return where a known key belongs that may not stand here."""
    if name in known and spot.place in known[name].places:
        return ""
    key = KEYS.get(name)
    if name in CLUSTER_KEYS and known is KEYS:
        table = "a cluster's table, [tool.hatch-flyte.clusters.NAME]"
        return f"{table}, or for one publish {key.homes}" if key else table
    return key.homes if key else ""
