"""The archive of the example holds what `pyflyte package` makes of the same wheel, in the written normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_pyflyte import pyflyte_package

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.wire.messages import own_identifier, parse, to_bytes
from hatch_flyte.wire.normal import normal_form

if TYPE_CHECKING:
    from pathlib import Path

    from support_machine import Builds

    from hatch_flyte.entity import Kind

pytestmark = pytest.mark.flytekit


def contents(archive: Path) -> list[tuple[Kind, str, bytes]]:
    """Return kind, name and normal form of each entity, in the order of kinds and names."""
    found = []
    for member in read_archive(archive).members:
        message = parse(member.kind, member.data)
        name = own_identifier(member.kind, message).name
        found.append((member.kind, name, to_bytes(normal_form(member.kind, message))))
    return sorted(found, key=lambda one: (one[0].value, one[1]))


@pytest.mark.parametrize("copy", ["none", "all"])
def test_every_entity_is_the_one_that_pyflyte_package_makes(
    builds: Builds, tree: Path, tmp_path: Path, copy: str
) -> None:
    ours = contents(builds.bundled if copy == "all" else builds.image)
    theirs = contents(pyflyte_package(tree, tmp_path / "package.tgz", copy=copy))

    assert [one[:2] for one in ours] == [one[:2] for one in theirs]
    assert len({one[:2] for one in ours}) == 22
    assert [name for (_, name, mine), (_, _, its) in zip(ours, theirs, strict=True) if mine != its] == []


def test_archives_of_two_code_modes_differ_so_the_comparison_can_fail(builds: Builds) -> None:
    pairs = zip(contents(builds.image), contents(builds.bundled), strict=True)

    assert sum(one != other for one, other in pairs) >= 12
