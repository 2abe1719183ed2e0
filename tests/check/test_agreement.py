"""`check` and the local registry agree: on every small change of an entity, both refuse it, or both take it."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_recordings import Asked, creates
from wire.mutations import mutations

from hatch_flyte.archive import Archive
from hatch_flyte.check.archive_check import check
from hatch_flyte.entity import Kind
from hatch_flyte.entries import fill_entries, levels, parse_member, payload_name
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.identifiers import Fill
from hatch_flyte.wire.messages import from_identifier, to_bytes

if TYPE_CHECKING:
    from hatch_flyte.entries import Entry

PLACE = Fill(project="flytesnacks", domain="development", version="v1", bundle_url="s3://bundle")
SHAPES = {"heavy", "map_scaled", "shell", "chain", "parent", "mapped", "gates", "launching"}
"""Of the tasks and workflows, those that differ in kind."""
ELSEWHERE = re.compile(
    r"^template$|^(template\.)?id\b|(_ref|_id)\.(project|domain|version)$|^sub_workflows\[.*\.id\b|workflow_id$"
    r"|launchplan_ref$"
)
"""Changes of where an entity is, or of what it refers to elsewhere: those an archive leaves to the registry."""


def written_by_flytekit() -> list[Asked]:
    """Return what flytekit serialized and the control plane took: launch plans, and one of each shape of the others."""
    asked = creates("tasks", "workflows", "launch_plans", project=PLACE.project)
    accepted = [one for one in asked if "flytekit" in one.scenario and one.code == "OK"]
    last = {(one.kind, one.name): one for one in accepted if not one.scenario.endswith("mapped-plan")}
    return [
        one
        for (kind, name), one in last.items()
        if kind is Kind.LAUNCH_PLAN or any(name.endswith(f".{shape}") or f".{shape}_" in name for shape in SHAPES)
    ]


def created(plane: ControlPlane, entry: Entry) -> None:
    plane.create(entry.identifier.kind, from_identifier(entry.identifier), entry.spec)


def is_refused(archive: Archive, file: str) -> bool:
    """Return whether a registry refuses the entity in a file, with all that it needs registered before it."""
    entries = dict(zip((member.file for member in archive.members), fill_entries(archive, PLACE), strict=True))
    wanted = entries.pop(file)
    with closing(Store(None)) as store:
        plane = ControlPlane(store)
        for level in levels(list(entries.values())):
            for entry in level:
                created(plane, entry)
        try:
            created(plane, wanted)
        except RefusalError:
            return True
    return False


@pytest.mark.parametrize("asked", written_by_flytekit(), ids=lambda one: f"{one.kind.value}-{one.name}")
def test_check_and_the_local_registry_refuse_the_same(asked: Asked) -> None:
    [member] = [one for one in asked.archive.members if (one.kind, payload_name(one)) == (asked.kind, asked.name)]
    differing, tried = [], 0
    for mutation in mutations(parse_member(member)):
        if ELSEWHERE.search(mutation.path):
            continue
        changed = replace(member, data=to_bytes(mutation.message))
        members = tuple(changed if one is member else one for one in asked.archive.members)
        archive = Archive(members)
        findings = [one for one in check(archive) if one.is_error and (one.kind, one.name) == (asked.kind, asked.name)]
        tried += 1
        if bool(findings) != is_refused(archive, member.file):
            differing.append((mutation.path, mutation.what, [one.text() for one in findings]))

    assert tried > 20
    assert differing == []
