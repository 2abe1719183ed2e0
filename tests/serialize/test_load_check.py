from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_serialize import HERE, SETTINGS, TASK
from support_wheels import WheelSource, build_wheel

from hatch_flyte.errors import SerializeError
from hatch_flyte.serialize import Settings, serialize
from hatch_flyte.serialize.load_check import LoadCheck, Subject
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.caution import Caution

pytestmark = pytest.mark.flytekit

STOCK = replace(SETTINGS, image="stock", code="wheel")


def check(
    folder: Path, files: dict[str, str], settings: Settings = SETTINGS, without: str = "", **facts: Any
) -> list[Caution]:
    """Serialize and check a wheel of `files`; a pod does not get the file `without`."""
    source = WheelSource({name.replace("__", "/"): text for name, text in files.items()}, **facts)
    wheel = read_wheel(build_wheel(folder, source))
    shipped = [file for file in wheel.files if file.name != without]
    interpreter = replace(HERE, sys_path=(str(folder / "elsewhere"), *sys.path))
    subject = Subject(wheel=wheel, files=shipped, interpreter=interpreter, settings=settings, root=folder / "project")
    with LoadCheck(subject) as checking:
        serialized = serialize(wheel, settings, interpreter, meanwhile=checking.start)
        return checking.finish(serialized)


def refusal(folder: Path, files: dict[str, str], settings: Settings = SETTINGS, **facts: Any) -> SerializeError:
    with pytest.raises(SerializeError) as caught:
        check(folder, files, settings, **facts)
    return caught.value


MAPPED = """
from functools import partial
from flytekit import PodTemplate, dynamic, eager, map_task, task, workflow
from kubernetes.client import V1PodSpec
from flytekit.core.legacy_map_task import map_task as legacy_map_task
from flytekit.extras.tasks.shell import ShellTask
from flytekit import kwtypes

@task
def scale(a: int, by: float) -> float:
    return a * by

@workflow
def flow(numbers: list[int]) -> list[float]:
    return map_task(partial(scale, by=2.0))(a=numbers)

@task
def one(a: int) -> int:
    return a

@workflow
def old(numbers: list[int]) -> list[int]:
    return legacy_map_task(one)(a=numbers)

@dynamic
def unrolled(a: int) -> int:
    return one(a=a)

@task(pod_template=PodTemplate(primary_container_name="primary", pod_spec=V1PodSpec(containers=[])))
def in_pod(a: int) -> int:
    return a

@eager
async def eagerly(a: int) -> int:
    return one(a=a)

shell = ShellTask(name="shell", script="true", inputs=kwtypes(a=int))
"""


class TestWhatLoads:
    @pytest.mark.parametrize("code", ["image", "wheel"])
    def test_every_kind_of_task_that_a_pod_loads_passes_in_silence(self, tmp_path: Path, code: Any) -> None:
        files = {"acme__tasks.py": MAPPED, "t.py": TASK}

        assert check(tmp_path, files, replace(SETTINGS, code=code), requires=("kubernetes",)) == []

    def test_flytekits_own_image_has_what_flytekit_requires(self, tmp_path: Path) -> None:
        assert check(tmp_path, {"t.py": "import json, grpc, click\n" + TASK}, STOCK) == []


class TestWhatDoesNotLoad:
    def test_a_name_that_is_bound_to_something_else(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, {"t.py": TASK + "\ndef other(): ...\ndouble = other\n"})

        assert error.message == (
            "load check: a pod could not load these tasks from what the wheel ships\n"
            "t.py:3: task `t.double`, defined here: expected a task under this name (got function other)"
        )
        assert "give that another name" in error.hint
        assert "put `@task` on the function's definition" in error.hint
        assert "`load-check = false`" in error.hint

    def test_a_name_that_another_task_took(self, tmp_path: Path) -> None:
        other = "\n@task\ndef other(a: str) -> str:\n    return a\n\ndouble = other\n"

        error = refusal(tmp_path, {"t.py": TASK + other})

        assert "task `t.double`, defined here: expected a task with the name t.double (got t.other)" in error.message

    def test_a_task_that_is_defined_in_a_function(self, tmp_path: Path) -> None:
        source = """
            from functools import wraps
            from flytekit import task

            def make():
                def inner(a: int) -> int:
                    return a
                inner.__qualname__ = "inner"
                @task
                @wraps(inner)
                def outer(a: int) -> int:
                    return a
                return outer

            kept = make()
        """

        error = refusal(tmp_path, {"t.py": source})

        assert "task `t.inner`: AttributeError: module 't' has no attribute 'inner'" in error.message
        assert "not in a function or class" in error.hint

    def test_a_module_that_a_pod_does_not_get(self, tmp_path: Path) -> None:
        files = {"acme__flows.py": "from acme.help import x\n" + TASK, "acme__help.py": "x = 1\n"}

        error = refusal(tmp_path, files, without="acme/help.py")

        assert "task `acme.flows.double`: ModuleNotFoundError: No module named 'acme.help'" in error.message
        assert '  File "acme/flows.py", line 1' in error.message
        assert "site-packages" not in error.message

    def test_a_data_file_that_a_pod_does_not_get(self, tmp_path: Path) -> None:
        source = "from pathlib import Path\nTEXT = (Path(__file__).parent / 'data.txt').read_text()\n" + TASK

        error = refusal(tmp_path, {"acme__flows.py": source, "acme__data.txt": "x"}, without="acme/data.txt")

        assert "task `acme.flows.double`: FileNotFoundError" in error.message

    def test_an_interface_that_is_another_one(self, tmp_path: Path) -> None:
        # The second import sees what the first one left.
        seen = f"import pathlib\nSEEN = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        kind = "KIND = str if SEEN.exists() else int\nSEEN.touch()\n"
        source = seen + kind + TASK.replace("a: int) -> int", "a: KIND) -> int")

        error = refusal(tmp_path, {"t.py": source})

        assert "task `t.double`, defined here: expected the same inputs (got another `a`)" in error.message

    def test_a_process_that_dies_is_told_with_its_last_words(self, tmp_path: Path) -> None:
        source = (
            f"import os, pathlib, sys\nSEEN = pathlib.Path({str(tmp_path / 'seen')!r})\n"
            "if SEEN.exists():\n    print('the last words', flush=True)\n    os._exit(7)\nSEEN.touch()\n"
        )

        error = refusal(tmp_path, {"t.py": source + TASK})

        assert "the interpreter ended while loading the task t.double (exit code 7)" in error.message
        assert "the last words" in error.message


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that the interpreter also imports from."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def install(folder: Path, name: str, version: str = "1.0", *requires: str) -> None:
    """Put a distribution with a module of its name into `folder`."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text("x = 1\n")
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    lines = [f"Requires-Dist: {one}\n" for one in requires]
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{''.join(lines)}")
    (info / "RECORD").write_text(f"{module}.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


class TestWhatAPodNeedNotHave:
    SOURCE = "import useful\n" + TASK

    def test_an_undeclared_distribution_is_a_caution(self, tmp_path: Path, elsewhere: Path) -> None:
        install(elsewhere, "useful")

        [caution] = check(tmp_path, {"t.py": self.SOURCE})

        assert caution.message.startswith("t.py:1: `useful`, of the distribution useful, is not among what ")
        assert caution.message.endswith("unless the image has it all the same, the pod ends with ModuleNotFoundError")
        assert "`dependencies` in [project]" in caution.hint

    @pytest.mark.parametrize("requires", [("useful>=1",), ("between",), ("between[deep]",)])
    def test_what_the_wheel_requires_or_what_that_requires_is_fine(
        self, tmp_path: Path, elsewhere: Path, requires: tuple[str, ...]
    ) -> None:
        install(elsewhere, "useful")
        install(elsewhere, "between", "1.0", 'useful; extra == "deep"' if "deep" in requires[0] else "Useful")

        assert check(tmp_path, {"t.py": self.SOURCE}, requires=requires) == []

    def test_an_import_that_may_fail_is_fine(self, tmp_path: Path, elsewhere: Path) -> None:
        install(elsewhere, "useful")
        source = "try:\n    import useful\nexcept ImportError:\n    useful = None\n" + TASK

        assert check(tmp_path, {"t.py": source}, STOCK) == []

    def test_with_flytekits_own_image_it_is_an_error_even_if_declared(self, tmp_path: Path, elsewhere: Path) -> None:
        install(elsewhere, "useful")
        files = {"acme__deep.py": "import useful\n", "acme__flows.py": "from acme import deep\n" + TASK}

        error = refusal(tmp_path, files, STOCK, requires=("useful",))

        assert "acme/deep.py:1: `useful`, of the distribution useful, is not in flytekit's own image" in error.message
        assert 'instead of "stock"' in error.hint

    def test_tasks_with_an_image_of_their_own_may_import_more(self, tmp_path: Path, elsewhere: Path) -> None:
        install(elsewhere, "useful")
        source = "import useful\n" + TASK.replace("@task", "@task(container_image='ghcr.io/acme/other:1')")

        assert check(tmp_path, {"t.py": source, "u.py": TASK}, STOCK, requires=("useful",)) == []

    def test_a_module_of_the_project_that_is_not_shipped_is_an_error(self, tmp_path: Path) -> None:
        project = tmp_path / "project"
        project.mkdir()
        (tmp_path / "elsewhere").symlink_to(project)
        (project / "useful.py").write_text("x = 1\n")

        error = refusal(tmp_path, {"t.py": self.SOURCE})

        assert f"t.py:1: `useful`, from {tmp_path / 'elsewhere' / 'useful.py'}, is not in the wheel" in error.message
        assert "Have the wheel ship it" in error.hint

    def test_a_module_of_an_installed_copy_of_the_project_is_an_error(self, tmp_path: Path, elsewhere: Path) -> None:
        install(elsewhere, "acme-pipelines")
        source = "import acme_pipelines\n" + TASK

        error = refusal(tmp_path, {"t.py": source}, name="acme.pipelines")

        assert "is not in the wheel (got a copy that is installed)" in error.message

    def test_another_version_than_the_wheel_requires_is_an_error(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, {"t.py": TASK}, requires=("flytekit<1.16",))

        assert error.message.startswith("load check: expected flytekit<1.16, as ")
        assert "(got 1.1" in error.message
