"""What a registry holds of an archive's entities and bundle, found with few and cheap calls.

Listing by version answers for all entities of a kind at once; only workflows, which lists leave incomplete, are
read one by one. Reads only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.base import Own, find_base
from hatch_flyte.entity import Kind
from hatch_flyte.errors import NotFoundError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from google.protobuf.message import Message

    from hatch_flyte.base import Base
    from hatch_flyte.bundle import Bundle
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.port import Location, Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a registry is asked."""

    identifiers: Collection[Identifier]
    """The entities of an archive."""
    references: Collection[Identifier] = ()
    """What they refer to besides each other."""
    bundle: Bundle | None = None
    distribution: str = ""
    """Whose earlier release is looked for; empty: nobody's."""
    version: str = ""
    """The version of `identifiers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a registry holds."""

    stored: Mapping[Identifier, Message]
    """`admin.Task`, `admin.Workflow` or `admin.LaunchPlan` of each entity asked about that is there."""
    absent: frozenset[Identifier]
    """The references that are not there."""
    bundle: Location | None
    """Where the bundle is or would be; None if none was asked about."""
    active: Mapping[str, Message]
    """The `admin.LaunchPlan` messages that are active in the target's project and domain, by name."""
    base: Base | None
    """The release to compare with."""


async def look(registry: Registry, target: Target, question: Question) -> Seen:
    """Return what `registry` holds of what is asked. Writes nothing.

    Raises `RejectedError` where the target's project or domain is unknown, and whatever the registry raises.
    """
    bundle, _, stored, absent, (active, base) = await asyncio.gather(
        _locate(registry, target, question.bundle),
        check_place(registry, target),
        _stored(registry, set(question.identifiers)),
        _absent(registry, question.references),
        _before(registry, target, question),
    )
    return Seen(stored=stored, absent=absent, bundle=bundle, active=active, base=base)


async def check_place(registry: Registry, target: Target) -> None:
    """Raise `NotFoundError` where the target's project is unknown, `RejectedError` where its domain is."""
    domains = await registry.domains(target.project)
    if domains is None:
        raise NotFoundError(
            f"cluster {target.cluster}: expected a project that it has (got {target.project!r})",
            hint="Name another with `project` or `--project`, or have this one made by whoever runs the cluster.",
        )
    if target.domain not in domains:
        known = ", ".join(sorted(domains))
        raise RejectedError(
            f"cluster {target.cluster}: expected one of the domains {known} (got {target.domain!r})",
            hint="Name another with `domain` or `--domain`.",
        )


async def _locate(registry: Registry, target: Target, bundle: Bundle | None) -> Location | None:
    return await registry.locate(target.project, target.domain, bundle) if bundle else None


async def _stored(registry: Registry, wanted: set[Identifier]) -> dict[Identifier, Message]:
    scopes = {(one.kind, one.project, one.domain, one.version) for one in wanted}
    found = await asyncio.gather(*(_listed(registry, scope) for scope in sorted(scopes, key=str)))
    stored = {identifier: message for one in found for identifier, message in one.items() if identifier in wanted}
    workflows = [identifier for identifier in stored if identifier.kind is Kind.WORKFLOW]
    whole = await asyncio.gather(*(registry.get(identifier) for identifier in workflows))
    return {**stored, **dict(zip(workflows, whole, strict=True))}


async def _listed(registry: Registry, scope: tuple[Kind, str, str, str]) -> dict[Identifier, Message]:
    from hatch_flyte.wire.messages import stored_identifier

    kind, project, domain, version = scope
    found = registry.list(kind, project, domain, version=version)
    return {stored_identifier(kind, message): message async for message in found}


async def _absent(registry: Registry, references: Iterable[Identifier]) -> frozenset[Identifier]:
    async def is_absent(identifier: Identifier) -> bool:
        try:
            await registry.get(identifier)
        except NotFoundError:
            return True
        return False

    asked = list(dict.fromkeys(references))
    answers = await asyncio.gather(*map(is_absent, asked))
    return frozenset(one for one, gone in zip(asked, answers, strict=True) if gone)


async def _before(registry: Registry, target: Target, question: Question) -> tuple[dict[str, Message], Base | None]:
    found = registry.active(target.project, target.domain)
    active = {str(cast("Any", one).id.name): one async for one in found}
    names = frozenset((one.kind, one.name) for one in question.identifiers)
    own = Own(distribution=question.distribution, version=question.version, names=names)
    return active, await find_base(registry, target, own, active)
