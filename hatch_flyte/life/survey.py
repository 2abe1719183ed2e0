"""The use case `status`: which release is live where, in several clusters at once, and in what these differ."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.base import Own, release_entities
from hatch_flyte.life.drift import content_drift, live_drift
from hatch_flyte.life.inquiry import inquiry
from hatch_flyte.life.standing import standings
from hatch_flyte.outcome import common_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.life.drift import Digests, Drift
    from hatch_flyte.life.inquiry import Answer, Inquiry, Opener
    from hatch_flyte.life.standing import Standing
    from hatch_flyte.registry.port import Registry

    Pair = tuple[str, str]
    """A distribution and a version of it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What several clusters said, one answer each, and in what they differ."""

    answers: tuple[Answer[tuple[Standing, ...]], ...]
    drift: tuple[Drift, ...]

    @property
    def exit_code(self) -> int:
        """0 if every cluster answered; else the code of the error, or 1 where they differ."""
        return common_code(answer.exit_code for answer in self.answers)


async def survey(targets: Sequence[Target], open_registry: Opener, distribution: str) -> Survey:
    """Return how `distribution` stands in every target; with an empty name, how all do. Writes nothing.

    The content of a version is compared where it is live in more than one cluster.
    """
    async with inquiry(targets, open_registry) as asked:
        answers = await asked.ask(lambda registry, target: standings(registry, target, distribution))
        told = {answer.target.cluster: answer.value for answer in answers if answer.value is not None}
        contents = await _contents(asked, _shared(told.values()))
    drift: list[Drift] = []
    for name in sorted({one.distribution for standing in told.values() for one in standing}):
        by_cluster = {cluster: one for cluster, found in told.items() for one in found if one.distribution == name}
        drift += live_drift(name, by_cluster)
        for (owner, version), found in contents.items():
            drift += content_drift(name, version, found) if owner == name else []
    return Survey(tuple(answers), tuple(drift))


def _shared(told: Iterable[Sequence[Standing]]) -> list[Pair]:
    """Return the versions that are live in more than one cluster."""
    live = [(one.distribution, release.version) for standing in told for one in standing for release in one.live]
    return sorted({pair for pair in live if live.count(pair) > 1})


async def _contents(asked: Inquiry, shared: Sequence[Pair]) -> dict[Pair, dict[str, Digests]]:
    """Return the digests of what each cluster holds of each version; a cluster that fails to say is left out."""
    if not shared:
        return {}

    async def question(registry: Registry, target: Target) -> dict[Pair, Digests]:
        found = await asyncio.gather(*(_digests(registry, target, pair) for pair in shared))
        return dict(zip(shared, found, strict=True))

    answers = await asked.ask(question)
    said = {one.target.cluster: one.value for one in answers if one.value}
    return {pair: {cluster: value[pair] for cluster, value in said.items() if value[pair]} for pair in shared}


async def _digests(registry: Registry, target: Target, pair: Pair) -> Digests:
    from hatch_flyte.wire.portable import Home, portable_digest

    distribution, version = pair
    own = Own(distribution=distribution, version=version, names=frozenset())
    stored = await release_entities(registry, target, own, version)
    home = Home(target.project, target.domain, own_images=bool(target.overrides.image_registry))
    return {(one.kind, one.name): portable_digest(one.kind, message, home) for one, message in stored.items()}
