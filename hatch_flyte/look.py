"""Look before writing: what a registry holds of an archive's entities, read with as few calls as serve.

Lists carry tasks and launch plans whole; workflows are read one by one, and only those that are there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_flyte.entity import Kind
from hatch_flyte.errors import NotFoundError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.port import Location, Registry


@dataclass(frozen=True, slots=True)
class Seen:
    """What a registry holds."""

    stored: dict[Identifier, Message]
    """`admin.Task`, `admin.Workflow` or `admin.LaunchPlan` of each entity asked about that is there."""
    bundle: Location | None
    """Where the bundle is or would be; None if none was asked about."""


async def look(registry: Registry, target: Target, identifiers: Iterable[Identifier], bundle: Bundle | None) -> Seen:
    """Return what `registry` holds of `identifiers` and of `bundle`. Writes nothing.

    Raises `RejectedError` where the target's project or domain is unknown, and whatever the registry raises.
    """
    wanted = set(identifiers)
    scopes = {(one.kind, one.project, one.domain, one.version) for one in wanted}
    located, _, found = await asyncio.gather(
        _locate(registry, target, bundle),
        _check_place(registry, target),
        asyncio.gather(*(_listed(registry, scope) for scope in sorted(scopes, key=str))),
    )
    stored = {identifier: message for one in found for identifier, message in one.items() if identifier in wanted}
    workflows = [identifier for identifier in stored if identifier.kind is Kind.WORKFLOW]
    whole = await asyncio.gather(*(registry.get(identifier) for identifier in workflows))
    return Seen({**stored, **dict(zip(workflows, whole, strict=True))}, located)


async def _locate(registry: Registry, target: Target, bundle: Bundle | None) -> Location | None:
    return await registry.locate(target.project, target.domain, bundle) if bundle else None


async def _check_place(registry: Registry, target: Target) -> None:
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


async def _listed(registry: Registry, scope: tuple[Kind, str, str, str]) -> dict[Identifier, Message]:
    from hatch_flyte.wire.messages import to_identifier

    kind, project, domain, version = scope
    return {
        _of_kind(to_identifier(message.id), kind): message  # type: ignore[attr-defined] # Task, Workflow, LaunchPlan
        async for message in registry.list(kind, project, domain, version=version)
    }


def _of_kind(identifier: Identifier, kind: Kind) -> Identifier:
    # Registries may leave the resource type out of what they list.
    return identifier if identifier.kind is kind else replace(identifier, kind=kind)
