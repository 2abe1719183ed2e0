"""A trial: an archive is published through proxies that misbehave, and what was said is held against what is there.

What is there is read from the registry's own files, not through the proxies.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from faults.support_fault_plan import FaultPlan
from faults.support_fault_proxy import FaultProxy, Seen, proxied
from faults.support_upload_proxy import UploadProxy, upload_proxied
from registry.local_server import serving
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_machine import watching

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.config import Activation, Target
from hatch_flyte.entity import Kind
from hatch_flyte.order import Order
from hatch_flyte.outcome import exit_code
from hatch_flyte.publish import Share, publish
from hatch_flyte.registry.client import Connection, Patience, connect
from hatch_flyte.report_text import Published, report_lines, to_json
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import grpc
    from faults.support_fault_plan import Fault

    from hatch_flyte.archive import Archive
    from hatch_flyte.outcome import Report

KINDS = {1: Kind.TASK, 2: Kind.WORKFLOW, 3: Kind.LAUNCH_PLAN}
"""A kind's number in the registry's file is that of Flyte's resource type."""

QUICK = Patience(
    connect=2, handshake=1, reconnect=0.2, read=5, create=5, first_pause=0.01, longest_pause=0.05, settle=0.5, send=2,
    stored=2, probe=0.5,
)  # fmt: skip
IMPATIENT = replace(QUICK, read=0.4, create=0.4, stored=0.4)
"""For servers that hang."""

Name = tuple[Kind, str]


def pipelines(size: int = 4) -> Archive:
    """Return an archive of `size` tasks with a bundle, as many workflows and launch plans, each needing the one before.

    The first launch plan is activated.
    """
    messages = [
        *(task(f"acme.t{number:03}", arguments=BUNDLE_ARGUMENTS) for number in range(size)),
        *(workflow(f"acme.w{number:03}", of=f"acme.t{number:03}") for number in range(size)),
        *(launch_plan(f"acme.w{number:03}", of=f"acme.w{number:03}") for number in range(size)),
    ]
    return archive_of(*messages, bundle=make_bundle([BundledFile("acme.py", b"x = 1\n" * 4000)]))


FIRST_PLAN = "acme.w000"


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a trial is held under."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    options: tuple[tuple[str, int], ...] = ()
    """gRPC's, for the server."""
    credentials: grpc.ServerCredentials | None = None
    deadline: float = 30.0
    patience: Patience = QUICK
    connection: dict[str, Any] = field(default_factory=dict)
    """More of the client's `Connection`."""
    keep_going: bool = False


@dataclass(frozen=True)
class Held:
    """What a registry's files hold."""

    entities: frozenset[Name]
    active: frozenset[str]
    """Names of launch plans."""
    files: frozenset[bytes]
    """The contents of those that were uploaded."""


@dataclass(frozen=True)
class Ended:
    """How a publish ended, as its user sees it."""

    code: int
    json: dict[str, Any]
    text: str

    @property
    def outcomes(self) -> dict[Name, str]:
        """The status of each entity."""
        [cluster] = self.json["clusters"]
        return {(Kind(one["kind"]), one["name"]): one["status"] for one in cluster["outcomes"]}

    @property
    def claimed(self) -> frozenset[Name]:
        """The entities that are said to be registered."""
        return frozenset(name for name, status in self.outcomes.items() if status in {"created", "unchanged"})

    @property
    def activated(self) -> frozenset[str]:
        """The launch plans that are said to be active."""
        [cluster] = self.json["clusters"]
        return frozenset(one["name"] for one in cluster["moved"] if one["status"] in {"activated", "active already"})


@dataclass
class Stand:
    """A registry behind proxies, for any number of publishes."""

    data: Path
    address: str
    """`HOST:PORT` of the gRPC proxy."""
    seen: Seen
    conditions: Conditions

    async def publish(self, archive: Archive, watch: Watch | None = None, *, version: str = "1.0") -> Ended:
        """Publish in this process, as the command does after it has read its configuration."""
        order = Order(archive=archive, version=version, keep_going=self.conditions.keep_going)
        shares = [Share([(order, TARGET)], partial(connect, self.connection, self.conditions.patience))]
        [report] = await publish(shares, watch or Watch())
        return _ended(archive, report)

    @property
    def connection(self) -> Connection:
        fields = {"insecure": True, "deadline": self.conditions.deadline, **self.conditions.connection}
        return Connection(**{"target": f"dns:///{self.address}", "place": "staging", **fields})

    def held(self, version: str = "1.0") -> Held:
        """Return what the registry's files hold of a version."""
        with watching(self.data) as registry:
            rows = registry.rows()
            active = registry.active(version)
        return Held(
            frozenset((KINDS[row[0]], row[1]) for row in rows if row[2] == version),
            active,
            frozenset(path.read_bytes() for path in self.data.glob("blobs/**/*") if path.is_file()),
        )


TARGET = Target(
    "staging",
    None,
    insecure=True,
    project="flytesnacks",
    domain="development",
    activation=Activation("named", (FIRST_PLAN,)),
)


def _ended(archive: Archive, report: Report) -> Ended:
    code = exit_code((report,))
    published = Published(archive, report)
    text = "\n".join(line for _, line in report_lines(published))
    return Ended(code, json.loads(json.dumps(to_json([published], code))), text)


@contextlib.asynccontextmanager
async def stand(data: Path, conditions: Conditions) -> AsyncIterator[Stand]:
    """Serve an empty registry in the folder `data`, with the proxies of `conditions` before it."""
    seen, plan = Seen(), FaultPlan(conditions.faults, conditions.seed)
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(data, grace_seconds=0.2))
        uploads = UploadProxy(server.addresses.http, plan, seen)
        proxy = FaultProxy(server.addresses.grpc, plan, seen, await stack.enter_async_context(upload_proxied(uploads)))
        address = await stack.enter_async_context(proxied(proxy, conditions.options, conditions.credentials))
        yield Stand(data, address, seen, conditions)


def untrue(ended: Ended, held: Held, archive: Archive) -> list[str]:
    """Return what `ended` claims though it is not so: nothing, for a publish that is honest."""
    found = [f"{kind.value} {name} is not there" for kind, name in sorted(ended.claimed - held.entities, key=str)]
    found += [f"{name} is not active" for name in ended.activated - held.active]
    assert archive.bundle
    if ended.claimed and archive.bundle.data not in held.files:
        found.append("the bundle is not there")
    return found


def unnamed(ended: Ended, held: Held, names: Sequence[Name]) -> list[str]:
    """Return the entities that are not there though neither text nor JSON says so."""
    missing = [name for name in names if name not in held.entities]
    silent = [name for name in missing if name not in ended.outcomes or name in ended.claimed]
    lines = ended.text.splitlines()
    return [
        f"{kind.value} {name}"
        for kind, name in missing
        if (kind, name) in silent or not any(kind.value in line and name in line for line in lines)
    ]


def names_of(archive: Archive) -> list[Name]:
    """Return what an archive has: kinds and names."""
    assert archive.manifest
    return [(one.kind, one.name) for one in archive.manifest.entities]
