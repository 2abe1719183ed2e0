from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from support_flyte_project import IMAGE, IMAGES, PROJECT
from support_serialize import HERE, SETTINGS, TASK, failure, serialize_modules, serialize_source
from support_wheels import WheelSource, build_wheel, wheel_of

from hatch_flyte.entity import Kind
from hatch_flyte.errors import InterpreterError
from hatch_flyte.serialize import serialize
from hatch_flyte.serialize.interpreter import Interpreter
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from hatch_flyte.serialize import Serialized

pytestmark = pytest.mark.flytekit

TESTS = Path(__file__).parent.parent
Said = pytest.CaptureFixture[str]


def output_of(said: Said, folder: Path, **modules: str) -> tuple[list[str], Serialized]:
    serialized = serialize(read_wheel(wheel_of(folder, **modules)), SETTINGS, HERE)
    return said.readouterr().err.splitlines(), serialized


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, a folder for temporary files and a `bin` first on PATH, all empty."""
    for name in ("home", "temporary", "bin"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class TestUsersCode:
    def test_what_it_prints_is_passed_on_and_does_not_disturb(self, tmp_path: Path, capfd: Said) -> None:
        noisy = TASK + (
            "\nimport os, subprocess, sys\nprint('printed ä')\nsys.stderr.write('to stderr\\n')\n"
            "os.write(1, b'raw\\n')\n"
            "subprocess.run(['echo', 'from a child'])\nsys.stdout.write('unfinished')\n"
        )
        lines, serialized = output_of(capfd, tmp_path, noisy=noisy)
        assert sorted(lines) == ["from a child", "printed ä", "raw", "to stderr", "unfinished"]
        assert len(serialized.entities) == 1

    def test_without_a_sink_it_prints_to_our_standard_error(self, tmp_path: Path, capfd: Said) -> None:
        serialize_modules(tmp_path, noisy=TASK + "\nprint('hello')\n")
        assert capfd.readouterr() == ("", "hello\n")

    def test_its_standard_input_is_empty(self, tmp_path: Path) -> None:
        serialize_modules(tmp_path, reads=TASK + "\nimport sys\nassert sys.stdin.read() == ''\n")

    def test_it_finds_its_data_wherever_earlier_modules_went(self, tmp_path: Path) -> None:
        source = WheelSource(
            {
                "acme/__init__.py": "",
                "acme/a_moves.py": "import os, sys\nos.chdir('/')\nsys.path[:] = ['/nowhere', *sys.path[1:]]\n",
                "acme/b_reads.py": TASK
                + "\nfrom importlib.metadata import version\nfrom importlib.resources import files\nimport os\n"
                "assert (files('acme') / 'data.csv').read_text() == '1,2'\n"
                "assert version('acme-pipelines') == '1.4'\nassert os.listdir() == []\n",
                "acme/data.csv": "1,2",
            }
        )
        assert [entity.name for entity in serialize_source(tmp_path, source).entities] == ["acme.b_reads.double"]

    def test_its_threads_and_exit_functions_hold_nobody_up(self, tmp_path: Path, capfd: Said) -> None:
        started = time.monotonic()
        lingering = TASK + (
            "\nimport atexit, subprocess, threading, time\natexit.register(time.sleep, 60)\n"
            "threading.Thread(target=time.sleep, args=(60,)).start()\nsubprocess.Popen(['sleep', '60'])\n"
        )
        lines, serialized = output_of(capfd, tmp_path, lingering=lingering)
        assert time.monotonic() - started < 30
        assert (lines, len(serialized.entities)) == ([], 1)

    def test_main_is_never_imported(self, tmp_path: Path) -> None:
        serialize_modules(tmp_path, acme____main__="raise SystemExit(1)", acme__flows=TASK)

    def test_modules_are_imported_in_the_order_of_their_names(self, tmp_path: Path, capfd: Said) -> None:
        modules = {name: TASK + f"\nprint({name!r})\n" for name in ("b", "a__z", "a__y__x", "a____init__")}
        lines, serialized = output_of(capfd, tmp_path, **modules)
        assert lines == ["a____init__", "a__y__x", "a__z", "b"]
        expected = ["a.__init__.double", "a.y.x.double", "a.z.double", "b.double"]
        assert [entity.name for entity in serialized.entities] == expected

    def test_names_end_at_the_root_even_where_that_has_an_init(self, tmp_path: Path) -> None:
        serialized = serialize_modules(tmp_path, __init__="", acme____init__="", acme__flows=TASK)
        assert [entity.name for entity in serialized.entities] == ["acme.flows.double"]


class TestMachine:
    def test_neither_its_configuration_nor_its_variables_leak(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = WheelSource(
            {
                "t.py": TASK + "\nimport os\nfrom flytekit.configuration import Config\n"
                "assert Config.auto().platform.endpoint == 'localhost:30080', Config.auto().platform\n"
                "assert 'FLYTE_PLATFORM_URL' not in os.environ\n"
            }
        )
        settings = replace(SETTINGS, image="stock")
        expected = serialize_source(machine, source, settings).entities
        (machine / "home" / ".flyte").mkdir()
        for name in ("home/.flyte/config.yaml", "named.yaml"):
            (machine / name).write_text("admin:\n  endpoint: evil.example.com\n")
        monkeypatch.setenv("FLYTECTL_CONFIG", str(machine / "named.yaml"))
        monkeypatch.setenv("FLYTE_PLATFORM_URL", "evil.example.com")
        monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "evil.example.com/image:1")
        monkeypatch.setenv("FLYTE_PYTHON_PACKAGE_ROOT", "/")
        assert serialize_source(machine, source, settings).entities == expected

    def test_nothing_is_left_in_its_folder_for_temporary_files(self, machine: Path) -> None:
        serialize_modules(machine, t=TASK + "\nimport tempfile\ntempfile.mkdtemp()\n")
        failure(machine, t="import tempfile\ntempfile.mkdtemp()\n1/0\n")
        assert list((machine / "temporary").iterdir()) == []

    @pytest.mark.parametrize("code", ["image", "wheel"])
    def test_images_are_named_as_flytekit_does_and_docker_is_never_called(
        self, machine: Path, code: Literal["image", "wheel"]
    ) -> None:
        program(machine / "bin" / "docker", f"echo called >> {machine}/calls")
        source = """
            from pathlib import Path
            from flytekit import ImageSpec, dynamic, task
            from flytekit.constants import CopyFileDetection

            base = ImageSpec(name="base", registry="ghcr.io/acme", packages=["numpy"])
            nothing = CopyFileDetection.NO_COPY
            plain = ImageSpec(name="plain", registry="docker", base_image=base, source_copy_mode=nothing)
            listed = ImageSpec(
                name="listed", requirements=str(Path(__file__).parent / "requirements.txt"), source_copy_mode=nothing
            )
            stand_in = ImageSpec(name="x", builder="noop", base_image="ghcr.io/acme/ready:1")
            assert plain.exist()

            @task(container_image=plain)
            def on_plain(a: int) -> int:
                return a

            @task(container_image=listed)
            def on_listed(a: int) -> int:
                return a

            @task(container_image=stand_in)
            def on_stand_in(a: int) -> int:
                return a

            @dynamic(container_image=plain)
            def unrolled(a: int) -> int:
                return on_plain(a=a)
        """
        files = {"acme/t.py": source, "acme/requirements.txt": "numpy\n"}
        settings = replace(SETTINGS, code=code)
        (machine / "one").mkdir()
        (machine / "two").mkdir()
        serialized = serialize_source(machine / "one", WheelSource(files), settings)
        images = {
            entity.name.rpartition(".")[2]: TaskSpec.FromString(entity.data).template.container.image
            for entity in serialized.entities
        }
        assert not (machine / "calls").exists()
        assert images["on_plain"].startswith("docker/plain:")
        assert images["on_listed"].startswith("listed:")
        assert images["on_stand_in"] == "ghcr.io/acme/ready:1"
        assert images["unrolled"] == images["on_plain"]
        again = serialize_source(machine / "two", WheelSource({**files, "acme/data.csv": "1"}), settings)
        changed = {
            ours.name
            for ours, theirs in zip(serialized.entities, again.entities, strict=True)
            if ours.data != theirs.data
        }
        assert changed == set()
        [(base, _), *others] = [(one.image, one.task) for one in serialized.unbuilt]
        assert base.startswith("ghcr.io/acme/base:")
        assert others == [(images["on_plain"], "acme.t.on_plain"), (images["on_listed"], "acme.t.on_listed")]

    def test_the_context_of_a_dynamic_task_lies_where_the_code_will(self, machine: Path) -> None:
        settings = replace(SETTINGS, image=IMAGE, images=IMAGES, destination="/srv")
        serialized = serialize_source(machine, PROJECT, settings)
        unrolled = next(entity for entity in serialized.entities if entity.name == "acme.flows.unrolled")
        environment = {pair.key: pair.value for pair in TaskSpec.FromString(unrolled.data).template.container.env}
        context = json.loads(gzip.decompress(base64.b64decode(environment["_F_SS_C"])))
        assert context["source_root"] == "/srv"


@pytest.mark.long
class TestSameBytes:
    def test_whatever_folder_time_zone_umask_and_hash_seed(self, tmp_path: Path) -> None:
        script = (
            "import hashlib, os, sys\n"
            "from pathlib import Path\n"
            "from dataclasses import replace\n"
            "from support_flyte_project import IMAGE, IMAGES, PROJECT\n"
            "from support_serialize import SETTINGS, serialize_source\n"
            "os.umask(int(sys.argv[2], 8))\n"
            "digest = hashlib.sha256()\n"
            "for code in ('image', 'wheel'):\n"
            "    settings = replace(SETTINGS, image=IMAGE, images=IMAGES, code=code, ownership='acme')\n"
            "    for entity in serialize_source(Path(sys.argv[1]), PROJECT, settings).entities:\n"
            "        digest.update(repr(entity).encode())\n"
            "print(digest.hexdigest())\n"
        )
        digests = set()
        for zone, umask, seed in (("UTC", "022", "0"), ("Asia/Tokyo", "077", "1"), ("America/Lima", "000", "2")):
            folder = tmp_path / zone / "deeper"
            folder.mkdir(parents=True)
            environment = {
                **os.environ,
                "TMPDIR": str(folder),
                "TZ": zone,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
            }
            command = [sys.executable, "-c", script, str(folder), umask]
            run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=True)
            digests.add(run.stdout)
        assert len(digests) == 1


class TestOtherInterpreters:
    def test_no_folder_and_no_environment_need_be_shared(self, tmp_path: Path) -> None:
        (tmp_path / "away").mkdir()
        wrapper = program(tmp_path / "elsewhere", f'cd {tmp_path}/away && exec env -i {sys.executable} "$@"')
        source = WheelSource({"acme/flows.py": TASK})
        interpreter = Interpreter((str(wrapper),), "the interpreter that `python` names")
        expected = serialize_source(tmp_path, source)
        assert serialize_source(tmp_path, source, interpreter=interpreter) == expected
        assert list((tmp_path / "away").iterdir()) == []

    def test_one_without_flytekit_is_told(self, tmp_path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
        interpreter = Interpreter((str(tmp_path / "venv" / "bin" / "python"),), "the interpreter that `python` names")
        with pytest.raises(InterpreterError) as caught:
            serialize_source(tmp_path, WheelSource({"t.py": TASK}), interpreter=interpreter)
        python = ".".join(map(str, sys.version_info[:3]))
        assert caught.value.message == (
            f"{interpreter}: expected an environment with flytekit (got Python {python} without it)"
        )

    def test_a_flytekit_that_does_not_work_is_told_with_its_version(self, tmp_path: Path) -> None:
        library = tmp_path / "library"
        (library / "flytekit").mkdir(parents=True)
        (library / "flytekit" / "__init__.py").write_text("import no_such_dependency\n")
        (library / "flytekit-1.3.1.dist-info").mkdir()
        (library / "flytekit-1.3.1.dist-info" / "METADATA").write_text("Name: flytekit\nVersion: 1.3.1\n")
        interpreter = replace(HERE, sys_path=(str(library), *sys.path))
        with pytest.raises(InterpreterError) as caught:
            serialize_source(tmp_path, WheelSource({"t.py": TASK}), interpreter=interpreter)
        assert "flytekit 1.3.1 does not work on Python" in caught.value.message
        assert "No module named 'no_such_dependency'" in caught.value.message
        assert "1.14.0" in caught.value.hint


def test_the_answer_does_not_depend_on_the_size_of_the_wheel(tmp_path: Path, capfd: Said) -> None:
    ballast = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(100_000))
    source = WheelSource({"t.py": TASK + "\nprint('x' * 200_000)\n", "data.bin": ballast})
    serialized = serialize(read_wheel(build_wheel(tmp_path, source)), SETTINGS, HERE)
    assert [entity.kind for entity in serialized.entities] == [Kind.TASK]
    assert capfd.readouterr().err == "x" * 200_000 + "\n"
