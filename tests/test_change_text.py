from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of, task, workflow

from hatch_flyte.change_text import SHOWN, change_line, change_lines, to_json
from hatch_flyte.changes import Change, Group, archive_changes
from hatch_flyte.contents import opened

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive


def change(old: Any, new: Any, *, group: Group = Group.IMAGE, subject: str = "", field: str = "f") -> Change:
    return Change(group, subject, field, old, new)


def lines(old: Archive, new: Archive) -> list[str]:
    return [line for _, line in change_lines(archive_changes(opened(old), opened(new)))]


def moved(archive: Archive, by: int) -> Archive:
    assert archive.manifest
    entities = tuple(
        replace(entity, source="acme/jobs.py", line=by + at) for at, entity in enumerate(archive.manifest.entities)
    )
    return replace(archive, manifest=replace(archive.manifest, entities=entities))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (change("p:1", "p:2"), "image         p:1 -> p:2"),
        (change(None, "1", group=Group.RESOURCES, subject="request CPU"), "resources     request CPU: added, 1"),
        (change(3, None, group=Group.RETRIES), "retries       removed, was 3"),
        (change(None, None, group=Group.OTHER), "other         f: null in one of them, nothing in the other"),
        (change(old=False, new=True, group=Group.OTHER, field="template.x"), "other         template.x: false -> true"),
        (change(["run", "a"], ["run", "b"], group=Group.CODE), "code          run a -> run b"),
        (change(["a", ""], []), 'image         ["a", ""] -> []'),
        (change("", " a"), 'image         "" -> " a"'),
        (change({"a": 1}, {"ü": None}), 'image         {"a": 1} -> {"ü": null}'),
        (change("a\nb", "\x1b[31m\u202e"), "image         a\\nb -> \\x1b[31m\\u202e"),
    ],
)
def test_a_change_is_one_line(changed: Change, said: str) -> None:
    assert change_line(changed) == f"    {said}"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("x" * 200 + "OLD", "x" * 200 + "NEW", f"…{'x' * 33}OLD -> …{'x' * 33}NEW"),
        ("a" + "x" * 200, "b", f"a{'x' * 99}… -> b"),
        ("x" * 200, "x" * 300, f"…{'x' * 33} -> …{'x' * 100}…"),
        (None, "x" * 200, f"added, {'x' * SHOWN}…"),
    ],
)
def test_of_long_values_the_part_that_differs_is_shown(old: Any, new: Any, shown: str) -> None:
    assert change_line(change(old, new)).split(maxsplit=1)[1] == shown


def test_removed_added_and_changed_come_with_a_summary() -> None:
    assert lines(
        archive_of(task("a"), task("b")), archive_of(task("b", image="p:2"), workflow("c"), version="1.1")
    ) == [
        "changed  archive",
        "    distribution  version: 1.0 -> 1.1",
        "removed  task        a",
        "added    workflow    c",
        "changed  task        b",
        "    image         ghcr.io/acme/p:1 -> p:2",
        "1 task removed; 1 workflow added; 1 task changed",
    ]


def test_entities_that_changed_alike_stand_together() -> None:
    def archive(image: str, *more: Message) -> Archive:
        return archive_of(task("a", image=image), *more, task("b", image=image), workflow("w"))

    assert lines(archive("p:1", task("c")), archive("p:2", task("c", image="p:3"))) == [
        "changed  task        a",
        "changed  task        b",
        "    each of these 2:",
        "    image         p:1 -> p:2",
        "changed  task        c",
        "    image         ghcr.io/acme/p:1 -> p:3",
        "3 tasks changed",
    ]


def test_entities_that_only_stand_on_other_lines_are_counted() -> None:
    old, new = archive_of(task("a"), task("b")), archive_of(task("a"), task("b", image="p:2"))

    assert lines(moved(old, 1), moved(new, 2)) == [
        "changed  task        b",
        "    image         ghcr.io/acme/p:1 -> p:2",
        "1 task changed; 2 on other lines of their files",
    ]


def test_where_no_entity_changed_the_summary_says_so() -> None:
    assert lines(archive_of(), archive_of(version="2"))[-1] == "entities as before"


def test_each_line_says_what_happened() -> None:
    found = archive_changes(opened(archive_of(task("a"))), opened(archive_of(task("b"))))

    assert [word for word, _ in change_lines(found)] == ["removed", "added", "changed"]


def test_names_cannot_steer_the_terminal() -> None:
    [line, _] = lines(archive_of(task("a")), archive_of(task("a"), task("\x1b[31m\\nb")))

    assert line == "added    task        \\x1b[31m\\nb"


def test_json_leaves_nothing_out() -> None:
    old, new = moved(archive_of(task("a"), task("b")), 1), moved(archive_of(task("b", image="p:2"), task("c")), 3)
    found = to_json(archive_changes(opened(old), opened(new)), 1)

    assert json.loads(json.dumps(found)) == {
        "exit_code": 1,
        "manifests": True,
        "archive": [],
        "added": [{"kind": "task", "name": "c"}],
        "removed": [{"kind": "task", "name": "a"}],
        "changed": [
            {
                "kind": "task",
                "name": "b",
                "changes": [
                    {
                        "group": "image",
                        "subject": "",
                        "field": "template.container.image",
                        "old": "ghcr.io/acme/p:1",
                        "new": "p:2",
                    },
                    {"group": "source", "subject": "line", "field": "line", "old": 2, "new": 3},
                ],
            }
        ],
    }
