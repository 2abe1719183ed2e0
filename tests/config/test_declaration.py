from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.config import Call, Cluster, Packaging, Publishing
from hatch_flyte.config.cluster_keys import CLUSTER_KEYS
from hatch_flyte.config.declaration import KEYS, TASK_KEYS
from hatch_flyte.config.keys import Group, Key, Place, field_name, key_of_variable, variable
from hatch_flyte.config.templates import IMAGE_PLACEHOLDERS, VERSION_PLACEHOLDERS
from hatch_flyte.config.values import TaskDefaults

if TYPE_CHECKING:
    from support_config import Project

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
HEAD = "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"


def rows(*keys: Key) -> str:
    """The table of the documentation that declares `keys`."""
    return HEAD + "".join(f"| `{key.name}` | {word(key)} |{default(key)}| {key.doc} |\n" for key in keys)


def word(key: Key) -> str:
    """How the documentation calls a kind: the words of a choice are code."""
    return re.sub(r'("\w+")', r"`\1`", key.kind.word)


def default(key: Key) -> str:
    if key.default in ("", None) or (key.name == "python"):
        return " "
    return f" `{json.dumps(key.default)}` "


def declared(group: Group) -> list[Key]:
    return [key for key in KEYS.values() if key.group is group]


@pytest.mark.parametrize(
    "keys",
    [
        declared(Group.PACKAGING),
        declared(Group.PUBLISHING),
        list(CLUSTER_KEYS.values()),
        list(TASK_KEYS.values()),
        [key for key in declared(Group.CALL) if key.places != Place.VARIABLE],
        [key for key in declared(Group.CALL) if key.places == Place.VARIABLE],
    ],
    ids=["packaging", "publishing", "clusters", "tasks", "calls", "variables"],
)
def test_the_documentation_has_the_declared_keys(keys: list[Key]) -> None:
    assert rows(*keys) in DOCUMENT + "\n"


def test_the_documentation_has_no_other_keys() -> None:
    documented = re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT, re.MULTILINE)
    assert sorted(documented) == sorted([*KEYS, *CLUSTER_KEYS, *TASK_KEYS])


def test_the_documentation_has_every_placeholder_and_where_it_may_stand() -> None:
    found = re.findall(r"^\| `\{(\w+)\}` \| (yes|no) \| (yes|no) \|", DOCUMENT, re.MULTILINE)
    assert tuple(name for name, in_images, _ in found if in_images == "yes") == IMAGE_PLACEHOLDERS
    assert tuple(name for name, _, in_version in found if in_version == "yes") == VERSION_PLACEHOLDERS


def test_tables_of_the_documentation_have_configuration_options_and_example() -> None:
    sections = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]
    for section in sections[:-1]:  # the last one is about templates
        assert re.findall(r"^### (.*)$", section, re.MULTILINE) == ["Configuration", "Options", "Example"]


@pytest.mark.parametrize(
    ("group", "fields"),
    [(Group.PACKAGING, Packaging), (Group.PUBLISHING, Publishing), (Group.CALL, Call)],
)
def test_every_key_is_a_field_of_its_value(group: Group, fields: type) -> None:
    found = [field.name for field in dataclasses.fields(fields) if field.name != "places"]
    assert found == [field_name(key.name) for key in declared(group)]


def test_every_key_of_a_tasks_table_is_a_field_of_its_value() -> None:
    fields = [field.name for field in dataclasses.fields(TaskDefaults)]
    assert fields == ["pattern", *map(field_name, TASK_KEYS), "where"]


def test_every_key_of_a_cluster_is_a_field_of_it() -> None:
    assert [field.name for field in dataclasses.fields(Cluster)][3:] == [field_name(name) for name in CLUSTER_KEYS]


@pytest.mark.parametrize("name", [key.name for key in KEYS.values() if Place.VARIABLE in key.places])
def test_a_variable_names_its_key(name: str) -> None:
    assert re.fullmatch(r"HATCH_FLYTE_[A-Z_]+", variable(name))
    assert key_of_variable(variable(name)) == name


def test_a_key_says_where_it_may_stand() -> None:
    assert KEYS["commit"].homes == "HATCH_FLYTE_COMMIT"
    assert KEYS["default-clusters"].homes == "[tool.hatch-flyte] or [tool.hatch.publish.flyte]"


@pytest.mark.parametrize("example", re.findall(r"^```toml\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL))
def test_every_example_of_the_documentation_loads(project: Project, example: str) -> None:
    if example.startswith("[publish."):
        example = re.sub(r"^\[", "[tool.hatch.", example, flags=re.MULTILINE)
    changed = [key for key, one in project.load(example).settings.items() if one.source != "default"]
    assert changed or "disable" in example
