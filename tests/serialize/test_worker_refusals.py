from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from support_serialize import HERE, SETTINGS, TASK, failure, serialize_source
from support_wheels import WheelSource

from hatch_flyte.errors import SerializeError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.flytekit


class TestModulesThatDoNotImport:
    def test_all_are_told_at_once_with_the_users_own_frames(self, tmp_path: Path) -> None:
        error = failure(
            tmp_path,
            acme__a_missing="\nimport numpie\n",
            acme__b_syntax="def f(:\n    pass\n",
            acme__c_deep="from acme.helper import compute\n\ncompute(0)\n",
            acme__d_exits="import sys\nsys.exit(3)\n",
            acme__e_interrupts="raise KeyboardInterrupt\n",
            acme__f_opens="from pathlib import Path\nPath('settings.toml').read_text()\n",
            acme__good=TASK,
            acme__helper="def compute(x):\n    return 1 / x\n",
        )
        sections = error.message.split("\nacme.")
        assert sections[0] == "serialize: 6 modules do not import"
        assert sections[1] == (
            "a_missing: ModuleNotFoundError: No module named 'numpie'\n"
            '    File "acme/a_missing.py", line 1, in <module>\n'
            "      import numpie"
        )
        assert sections[2].startswith("b_syntax: SyntaxError: invalid syntax (b_syntax.py, line 1)\n")
        assert 'File "acme/b_syntax.py", line 1\n      def f(:' in sections[2]
        assert [line.strip() for line in sections[3].splitlines() if "^" not in line and "~" not in line] == [
            "c_deep: ZeroDivisionError: division by zero",
            'File "acme/c_deep.py", line 3, in <module>',
            "compute(0)",
            'File "acme/helper.py", line 2, in compute',
            "return 1 / x",
        ]
        assert sections[4].startswith("d_exits: ends the interpreter when imported (sys.exit(3))\n")
        assert 'File "acme/d_exits.py", line 2' in sections[4]
        assert sections[5].startswith("e_interrupts: KeyboardInterrupt\n")
        assert sections[6].startswith("f_opens: FileNotFoundError")
        assert 'File "acme/f_opens.py", line 2' in sections[6]
        assert str(HERE) in error.hint
        assert "ship the file in the wheel" in error.hint

    def test_one_cause_is_told_once(self, tmp_path: Path) -> None:
        error = failure(
            tmp_path,
            acme____init__="",
            acme__broken____init__="import numpie\n",
            acme__broken__below=TASK,
            acme__user="import acme.broken\n",
        )
        assert error.message.startswith("serialize: 3 modules do not import\nacme.broken: ModuleNotFoundError")
        assert error.message.endswith("The same keeps these from importing: acme.broken.below, acme.user")
        assert error.message.count("line 1, in <module>") == 1

    def test_frames_of_flytekit_are_left_out(self, tmp_path: Path) -> None:
        error = failure(tmp_path, t="from flytekit import task\n\n@task\ndef f(a) -> int:\n    return 1\n")
        assert error.message.startswith("serialize: a module does not import\nt: FlyteMissingTypeException: ")
        (frame,) = (line.strip() for line in error.message.splitlines() if "File" in line)
        # Python 3.10 gives the line of `def`, later ones that of the decorator.
        assert frame in {'File "t.py", line 3, in <module>', 'File "t.py", line 4, in <module>'}

    def test_causes_of_causes_are_shown_in_the_same_way(self, tmp_path: Path) -> None:
        error = failure(
            tmp_path,
            t="try:\n    import numpie\nexcept ImportError as problem:\n    raise RuntimeError('no') from problem\n",
        )
        assert [line.strip() for line in error.message.splitlines() if "File" in line or "direct cause" in line] == [
            'File "t.py", line 2, in <module>',
            "The above exception was the direct cause of the following exception:",
            'File "t.py", line 4, in <module>',
        ]

    def test_a_module_that_another_one_hides_is_told(self, tmp_path: Path) -> None:
        error = failure(tmp_path, yaml__flows=TASK, yaml____init__="")
        assert "yaml: ImportError: expected the wheel's own module (got " in error.message

    def test_one_that_ends_the_process_is_named(self, tmp_path: Path) -> None:
        error = failure(tmp_path, good=TASK, quits="import os\nos._exit(7)\n")
        assert error.message == "serialize: the interpreter ended while importing quits (exit code 7)"

    def test_one_that_crashes_the_process_is_named(self, tmp_path: Path) -> None:
        error = failure(tmp_path, crashes="import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
        assert error.message == "serialize: the interpreter ended while importing crashes (signal SIGSEGV)"


class TestDefinitionsThatFlytekitRefuses:
    def test_a_workflow_that_does_not_compile_is_named_with_the_users_frames(self, tmp_path: Path) -> None:
        source = TASK + "\nfrom flytekit import workflow\n@workflow\ndef flow(a: int) -> int:\n    return double(b=a)\n"
        error = failure(tmp_path, t=source)
        assert error.message.startswith("t.py:8: flytekit does not accept the workflow t.flow\n")
        assert 'File "t.py", line 10, in flow\n      return double(b=a)' in error.message
        assert "site-packages" not in error.message

    def test_a_task_that_has_no_protobuf_is_named(self, tmp_path: Path) -> None:
        source = TASK.replace("import task", "import Resources, task").replace(
            "@task", "@task(requests=Resources(cpu=1))"
        )
        error = failure(tmp_path, t=source)
        assert error.message.startswith("t.py:3: flytekit does not accept the task t.double\n")
        assert "TypeError" in error.message

    def test_an_instance_without_a_variable_is_told(self, tmp_path: Path) -> None:
        source = """
            from flytekit import kwtypes
            from flytekit.extras.tasks.shell import ShellTask
            tasks = [ShellTask(name="acme.shell", script="true")]
        """
        error = failure(tmp_path, t=source)
        assert "t.py:3: flytekit does not accept the task acme.shell" in error.message
        assert "Error looking for LHS in t" in error.message

    def test_a_requirements_file_that_is_not_shipped_is_explained(self, tmp_path: Path) -> None:
        source = TASK.replace(
            "import task", "import ImageSpec, task\nfrom flytekit.constants import CopyFileDetection as Copy"
        ).replace(
            "@task",
            "@task(container_image=ImageSpec(requirements='requirements.txt', source_copy_mode=Copy.NO_COPY))",
        )
        error = failure(tmp_path, t=source)
        assert "FileNotFoundError" in error.message
        assert "ship the file in the wheel" in error.hint


class TestImageSpecs:
    @pytest.mark.parametrize(
        ("code", "spec", "copied", "remedy"),
        [
            ("image", "", "the project's modules", "Set `source_copy_mode=CopyFileDetection.NO_COPY`"),
            ("wheel", "source_copy_mode=CopyFileDetection.ALL", "the project's modules", "Set `source_copy_mode="),
            ("wheel", "copy=['data.csv']", "data.csv", "Leave out `copy`"),
        ],
    )
    def test_one_that_copies_files_is_refused_with_the_reason(
        self, tmp_path: Path, code: Literal["image", "wheel"], spec: str, copied: str, remedy: str
    ) -> None:
        source = f"""
            from flytekit import ImageSpec, task
            from flytekit.constants import CopyFileDetection

            @task(container_image=ImageSpec(name="full", {spec}))
            def double(a: int) -> int:
                return 2 * a
        """
        with pytest.raises(SerializeError) as caught:
            serialize_source(tmp_path, WheelSource({"t.py": source}), replace(SETTINGS, code=code))
        assert caught.value.message == (
            "t.py:4: the ImageSpec `full` of the task t.double: expected one that copies no files (got one that copies "
            f"{copied})"
        )
        assert "a wheel build builds none" in caught.value.hint
        assert remedy in caught.value.hint


class TestPathsOfThisMachine:
    def test_a_default_that_flytekit_stores_as_a_file_is_refused(self, tmp_path: Path) -> None:
        source = """
            from flytekit import task, workflow

            class Opaque:
                pass

            @task
            def use(a: Opaque) -> None: ...

            @workflow
            def flow(a: Opaque = Opaque()) -> None:
                use(a=a)
        """
        error = failure(tmp_path, t=source)
        assert error.message.startswith(
            "t.py:9: launch plan t.flow, default of the input `a`: expected values that a cluster can read"
        )
        assert "required input" in error.hint

    def test_a_path_into_the_unpacked_wheel_is_refused(self, tmp_path: Path) -> None:
        source = TASK.replace("@task", "@task(environment={'HERE': __file__})")
        error = failure(tmp_path, acme__t=source)
        assert error.message == (
            "acme/t.py:3: task acme.t.double: expected no path of this machine (got one to `acme/t.py` in the "
            "unpacked wheel)"
        )
