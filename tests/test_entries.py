from __future__ import annotations

from dataclasses import replace

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow

from hatch_flyte.archive import Archive, Member
from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.entries import Entry, asks_for_bundle, fill_entries, levels, payload_name
from hatch_flyte.errors import ArchiveError
from hatch_flyte.wire.identifiers import Fill

FILL = Fill("pipelines", "staging", "1.0", "s3://bucket/fast.tar.gz")
BUNDLE = make_bundle([BundledFile("acme.py", b"x = 1\n")])


def identifier(kind: Kind, name: str) -> Identifier:
    return Identifier(kind, "pipelines", "staging", name, "1.0")


def entry(name: str, *needs: str) -> Entry:
    return Entry(
        identifier(Kind.WORKFLOW, name), workflow(name), tuple(identifier(Kind.WORKFLOW, need) for need in needs)
    )


def test_entities_are_filled_for_the_target_and_know_what_they_need() -> None:
    entries = fill_entries(archive_of(), FILL)

    assert [one.identifier for one in entries] == [
        identifier(Kind.TASK, "acme.double"),
        identifier(Kind.WORKFLOW, "acme.flow"),
        identifier(Kind.LAUNCH_PLAN, "acme.flow"),
    ]
    assert [one.needs for one in entries] == [
        (),
        (identifier(Kind.TASK, "acme.double"),),
        (identifier(Kind.WORKFLOW, "acme.flow"),),
    ]


def test_a_launch_plan_is_its_spec_as_a_create_takes_it() -> None:
    [one] = fill_entries(archive_of(launch_plan()), FILL)

    assert one.spec.DESCRIPTOR.name == "LaunchPlanSpec"


def test_the_bundles_address_is_filled_in() -> None:
    archive = archive_of(task(arguments=BUNDLE_ARGUMENTS), bundle=BUNDLE)

    [one] = fill_entries(archive, FILL)

    assert asks_for_bundle(archive)
    assert "s3://bucket/fast.tar.gz" in one.spec.template.container.args  # type: ignore[attr-defined] # a TaskSpec


def test_a_task_that_downloads_a_bundle_needs_one_in_the_archive() -> None:
    archive = archive_of(task(arguments=BUNDLE_ARGUMENTS))

    with pytest.raises(
        ArchiveError, match=r"0_acme.double_1.pb: its task downloads a bundle, and the archive has none"
    ):
        fill_entries(archive, FILL)


def test_an_identifier_twice_is_refused() -> None:
    archive = archive_of(task(), task())

    with pytest.raises(ArchiveError, match=r"task acme.double 1.0 in pipelines/staging more than once"):
        fill_entries(archive, FILL)


def test_a_member_that_is_not_what_its_name_says_is_refused() -> None:
    archive = Archive((Member("0_x_1.pb", Kind.TASK, b"\xff\xff"),))

    with pytest.raises(ArchiveError, match=r"0_x_1.pb: expected a task"):
        fill_entries(archive, FILL)


def test_the_name_stands_in_the_protobuf() -> None:
    [member] = archive_of(task("acme.other")).members

    assert payload_name(replace(member, file="0_something_1.pb")) == "acme.other"


def test_levels_hold_what_only_needs_earlier_levels() -> None:
    entries = [entry("c", "b"), entry("b", "a"), entry("a"), entry("d", "elsewhere"), entry("e", "a", "c")]

    assert [[one.identifier.name for one in level] for level in levels(entries)] == [["a", "d"], ["b"], ["c"], ["e"]]


def test_a_circle_is_refused_and_named() -> None:
    with pytest.raises(ArchiveError, match=r"a circle among workflow a 1.0 .*, workflow b 1.0"):
        levels([entry("a", "b"), entry("b", "a"), entry("c")])


def test_a_long_chain_has_as_many_levels() -> None:
    entries = [entry(str(index), str(index - 1)) for index in range(300)]

    assert len(levels(entries)) == 300
