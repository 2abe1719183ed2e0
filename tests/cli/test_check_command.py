from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf import text_format
from support_archives import archive_of, foreign, launch_plan, task, workflow
from support_doors import IMAGE
from support_flyte_project import IMAGES, PROJECT
from support_wheels import WheelSource, build_wheel, wheel_of
from unreleased import EXAMPLE

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from flyteidl.admin.task_pb2 import TaskSpec
    from support_doors import Door

JOBS = """
from flytekit import Resources, task


@task(requests=Resources(cpu="4"), limits=Resources(cpu="2"))
def double(a: int) -> int:
    return 2 * a


@task(environment={"A B": "1"})
def triple(a: int) -> int:
    return 3 * a
"""
CHECKED = """\
acme/jobs.py:4  task acme.jobs.double
    error    resource-limit
        Requested CPU default [4] is greater than the limit [2]. Please fix your configuration
        Lower the request, or raise the limit.
acme/jobs.py:9  task acme.jobs.triple
    warning  kubernetes-name
        environment variable 'A B': expected letters, digits, `_`, `-` and `.`
        Rename it, or Kubernetes refuses the pod.
"""


def greedy(name: str = "acme.greedy") -> TaskSpec:
    """A task that asks for more than its limit."""
    spec = task(name)
    text = 'template { container { resources { requests { name: CPU value: "4" } limits { name: CPU value: "2" } } } }'
    spec.MergeFrom(text_format.Parse(text, type(spec)()))
    return spec


class TestArchives:
    def test_nothing_wrong_is_0_and_says_nothing(self, door: Door) -> None:
        said = door("check", door.archive())

        assert said.out == ""
        assert said.err == "no findings in 1 task, 1 workflow, 1 launch plan\n"

    def test_an_error_is_1(self, door: Door) -> None:
        said = door("check", door.archive(greedy()), code=1)

        assert said.out.splitlines()[:2] == ["task acme.greedy", "    error    resource-limit"]
        assert said.err == "1 error in 1 task\n"

    def test_a_warning_alone_is_0_unless_strict(self, door: Door) -> None:
        archive = door.archive(task(image="p:latest"))

        assert door("check", archive).err == "1 warning in 1 task\n"
        assert door("check", archive, "--strict", code=1).out == door("check", archive).out

    def test_an_archive_of_pyflyte_package_is_checked_without_lines(self, door: Door) -> None:
        path = door.folder / "pyflyte.tgz"
        write_archive(path, foreign(archive_of(greedy(), workflow(of="acme.greedy"), launch_plan())))

        said = door("check", path, code=1)

        assert said.out.startswith("task acme.greedy\n")
        assert "checked without a manifest" in said.err

    def test_what_is_no_archive_is_trouble_and_not_1(self, door: Door) -> None:
        (door.folder / "x.tgz").write_text("no tar")

        assert "x.tgz" in door("check", "x.tgz", code=4).err
        door("check", "nowhere.tgz", code=4)

    def test_foreign_words_cannot_steer_the_terminal(self, door: Door) -> None:
        archive = door.archive(greedy("acme.\x1b[31m"))

        for form in ("text", "github", "json"):
            assert "\x1b" not in door("check", archive, "--format", form, code=1).out


class TestRules:
    def test_one_rule_can_be_selected_or_ignored(self, door: Door) -> None:
        archive = door.archive(greedy(), task(image="p:latest"))

        assert door("check", archive, "--select", "image-tag").err == "1 warning in 2 tasks\n"
        assert door("check", archive, "--ignore", "resource-limit", "--ignore", "image-tag").out == ""

    def test_the_configuration_can_ignore_too(self, door: Door) -> None:
        door.configure('[tool.hatch-flyte]\nignore-rules = ["resource-limit"]\n')

        assert door("check", door.archive(greedy())).out == ""

    @pytest.mark.parametrize("rule", ["image-tags", "list-token"])
    def test_a_rule_that_there_isnt_is_a_usage_error(self, door: Door, rule: str) -> None:
        said = door("check", door.archive(), "--ignore", rule, code=2)

        assert f"--ignore-rules: expected a rule's name (got '{rule}'" in said.err

    def test_one_that_is_nearly_spelled_is_suggested(self, door: Door) -> None:
        assert "did you mean image-tag?" in door("check", door.archive(), "--select", "image-tags", code=2).err


class TestFormats:
    def test_json_says_all_of_it_and_the_exit_code(self, door: Door) -> None:
        said = door("check", door.archive(greedy()), "--format", "json", code=1)

        [finding] = said.json["findings"]
        assert said.json["exit_code"] == 1
        assert said.json["counts"] == {"error": 1, "warning": 0}
        assert finding == {
            "rule": "resource-limit",
            "severity": "error",
            "kind": "task",
            "name": "acme.greedy",
            "node": "",
            "module": "",
            "file": "",
            "line": 0,
            "message": "Requested CPU default [4] is greater than the limit [2]. Please fix your configuration",
            "fix": "Lower the request, or raise the limit.",
        }

    def test_json_of_nothing_wrong(self, door: Door) -> None:
        counts = {"error": 0, "warning": 0}

        assert door("check", door.archive(), "--format", "json").json == {
            "exit_code": 0,
            "counts": counts,
            "findings": [],
        }


@pytest.mark.flytekit
class TestWheels:
    def test_a_wheel_is_packaged_for_it_and_leaves_nothing(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\nload-check = false\nstrict = true\n')

        said = door("check", wheel, "--no-strict", code=1)

        assert said.out == CHECKED
        assert said.err == "1 error, 1 warning in 2 tasks\n"
        assert {path.name for path in door.folder.iterdir()} == {"pyproject.toml", wheel.name}

    def test_a_folder_means_the_wheel_in_its_build_directory(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\nload-check = false\n')
        (door.folder / "dist").mkdir()
        (door.folder / "src" / "acme").mkdir(parents=True)
        (door.folder / "src" / "acme" / "jobs.py").touch()
        wheel_of(door.folder / "dist", acme__jobs=JOBS)
        monkeypatch.chdir(door.folder.parent)

        said = door("check", "project", "--format", "github", code=1)

        error, warning = said.out.splitlines()
        assert error == (
            "::error file=project/src/acme/jobs.py,line=4,title=hatch-flyte resource-limit::task `acme.jobs.double`: "
            "Requested CPU default [4] is greater than the limit [2]. Please fix your configuration"
            "%0ALower the request, or raise the limit."
        )
        assert warning.startswith("::warning file=project/src/acme/jobs.py,line=9,title=hatch-flyte kubernetes-name::")

    def test_modules_that_cannot_be_serialized_are_trouble(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs="import no_such_module")
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\n')

        assert "no_such_module" in door("check", wheel, code=3).err

    @pytest.mark.parametrize("code", ["image", "wheel"])
    def test_of_a_project_with_one_of_everything_only_what_is_refused_is_found(self, door: Door, code: str) -> None:
        images = "".join(f'images.{name} = "{image}"\n' for name, image in IMAGES.items())
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\ncode = "{code}"\nload-check = false\n{images}')

        said = door("check", build_wheel(door.folder, PROJECT), "--format", "json", code=1)

        # The control plane does refuse what flytekit makes of an array node over a launch plan: the recording is
        # workflow-flytekit-mapped-plan.
        assert [(one["rule"], one["name"], one["node"]) for one in said.json["findings"]] == [
            ("mismatching-types", "acme.kinds.mapped", "n1")
        ]

    def test_the_example_project_has_no_findings(self, door: Door) -> None:
        sources = EXAMPLE / "src"
        files: dict[str, str | bytes] = {
            str(path.relative_to(sources)): path.read_bytes()
            for path in sources.rglob("*")
            if path.suffix != ".pyc" and path.is_file()
        }
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\nload-check = false\n')

        said = door("check", build_wheel(door.folder, WheelSource(files, name="harbour-weather")))

        assert said.out == ""
        assert re.match("no findings in [0-9]+ tasks, ", said.err)


def test_a_reader_that_goes_away_is_no_answer(door: Door) -> None:
    archive = door.archive(greedy())

    assert door.process("check", archive, shell=">/dev/full", code=2).err.startswith("error: output: cannot be written")
    assert Path(archive).exists()
