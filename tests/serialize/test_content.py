"""What is serialized is what unmodified `pyflyte package` makes of the same tree, in one normal form; and it loads."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from support_flyte_kinds import PLUGINS
from support_flyte_project import IMAGE, IMAGES, PROJECT
from support_serialize import HERE, SETTINGS
from support_wheels import build_wheel

from hatch_flyte.entity import Kind
from hatch_flyte.serialize import Serialized, Settings, serialize
from hatch_flyte.serialize.load_check import LoadCheck, Subject
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.message import Message

pytestmark = pytest.mark.flytekit

MESSAGES: dict[Kind, type[Message]] = {Kind.TASK: TaskSpec, Kind.WORKFLOW: WorkflowSpec, Kind.LAUNCH_PLAN: LaunchPlan}
PYFLYTE = "from flytekit.clis.sdk_in_container.pyflyte import main; main()"
WITH_PLUGINS = replace(
    PROJECT,
    files={**PROJECT.files, "acme/plugins.py": PLUGINS},
    requires=("flytekit", "kubernetes", "flytekitplugins-athena", "flytekitplugins-kfmpi"),
)
PACKAGES = ("acme", "company.part.jobs", "single")


def pyflyte_package(folder: Path, *arguments: str) -> list[tuple[Kind, Message]]:
    """Return what `pyflyte package` makes of the unpacked wheel, in its order."""
    tree, output = folder / "tree", folder / "package.tgz"
    with zipfile.ZipFile(build_wheel(folder, WITH_PLUGINS)) as wheel:
        wheel.extractall(tree)  # noqa: S202 # it was made three lines above
    images = [IMAGE, *(f"{name}={image}" for name, image in IMAGES.items())]
    command = [sys.executable, "-c", PYFLYTE, "--pkgs", ",".join(PACKAGES), "package", "--source", str(tree)]
    command += ["--output", str(output), *(word for image in images for word in ("--image", image)), *arguments]
    environment = {**os.environ, "TMPDIR": str(folder)}  # it leaves folders behind
    subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True)
    with tarfile.open(output) as tar:
        files = {member.name: tar.extractfile(member) for member in tar if member.name.endswith(".pb")}
        contents = {name: file.read() for name, file in files.items() if file}
    return [parsed(Kind.from_suffix(int(name[-4])), data) for name, data in sorted(contents.items())]


def serialized_and_loaded(folder: Path, settings: Settings) -> Serialized:
    """Serialize the project, and have the load check find nothing wrong with any of its tasks."""
    wheel = read_wheel(build_wheel(folder, WITH_PLUGINS))
    subject = Subject(wheel=wheel, files=wheel.files, interpreter=HERE, settings=settings, root=folder / "p")
    with LoadCheck(subject) as check:
        serialized = serialize(wheel, settings, HERE, meanwhile=check.start)
        assert check.finish(serialized) == []
    return serialized


def parsed(kind: Kind, data: bytes) -> tuple[Kind, Message]:
    message = MESSAGES[kind]()
    message.ParseFromString(data)
    return kind, message


def normal(message: Message) -> Message:
    """Bring a message into the normal form: `upstream_node_ids` sorted, and no source root in `_F_SS_C`.

    An image specification's id in there is computed from the source root too.
    """
    for field, value in message.ListFields():
        if field.name == "upstream_node_ids":
            value.sort()
        elif field.name == "env":
            for pair in value:
                if pair.key == "_F_SS_C":
                    pair.value = without_source_root(pair.value)
        elif field.message_type and not field.message_type.GetOptions().map_entry:
            for inner in value if hasattr(value, "append") else [value]:
                normal(inner)
    return message


def without_source_root(text: str) -> str:
    settings: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(text)))
    settings["source_root"] = ""
    for image in settings["image_config"]["images"]:
        if image["name"] not in {"default", *IMAGES}:
            image["name"] = "an id"
    return json.dumps(settings)


@pytest.mark.parametrize(("code", "copy"), [("image", "none"), ("wheel", "all")])
def test_every_entity_is_the_one_that_pyflyte_package_makes(
    tmp_path: Path, code: Literal["image", "wheel"], copy: str
) -> None:
    (tmp_path / "ours").mkdir()
    expected = [(kind, normal(message)) for kind, message in pyflyte_package(tmp_path, "--copy", copy)]
    settings = replace(SETTINGS, image=IMAGE, images=IMAGES, code=code)
    serialized = serialized_and_loaded(tmp_path / "ours", settings)
    got = [(entity.kind, normal(parsed(entity.kind, entity.data)[1])) for entity in serialized.entities]
    assert len(expected) == 77
    assert got == expected
