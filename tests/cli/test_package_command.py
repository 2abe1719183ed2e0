from __future__ import annotations

import signal
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from support_doors import COMMAND, IMAGE, uncovered
from support_wheels import WheelSource, build_wheel, wheel_of, write_zip

from hatch_flyte.archive_reader import read_archive

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door, Said

PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.4"\n'
JOBS = """
from flytekit import task

print("noise of a module")

@task
def double(a: int) -> int:
    return 2 * a
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.flytekit
class TestPackaging:
    def test_the_archive_lies_beside_the_wheel_and_its_path_is_all_that_stdout_has(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)

        said = door("package", wheel, "--image", IMAGE)

        assert said.out == f"{door.folder}/acme_pipelines-1.4-flyte.tgz\n"
        assert "noise of a module\n" in said.err
        assert said.err.endswith("1 task, serialized with the Python that runs hatch-flyte\n")

    def test_json_is_pure_whatever_modules_print(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)

        said = door("package", wheel, "--image", IMAGE, "--json")

        assert said.json == {
            "archive": f"{door.folder}/acme_pipelines-1.4-flyte.tgz",
            "entities": [{"kind": "task", "name": "acme.jobs.double"}],
        }

    def test_a_project_folder_means_the_wheel_in_its_build_directory(self, door: Door) -> None:
        door.configure(f'[tool.hatch-flyte]\nimage = "{IMAGE}"\n[tool.hatch.build]\ndirectory = "out"\n')
        (door.folder / "out").mkdir()
        wheel_of(door.folder / "out", acme__jobs=JOBS)

        assert door("package").out == "out/acme_pipelines-1.4-flyte.tgz\n"
        assert door("publish", "out/acme_pipelines-1.4-flyte.tgz").out.endswith("1 created\n")

    def test_of_several_wheels_that_of_the_projects_version_is_taken(self, door: Door) -> None:
        door.configure(f'{PROJECT}[tool.hatch-flyte]\nimage = "{IMAGE}"\n')
        (door.folder / "dist").mkdir()
        for version in ("1.3", "1.4"):
            build_wheel(door.folder / "dist", WheelSource({"acme/jobs.py": JOBS}, version=version))

        assert door("package").out == "dist/acme_pipelines-1.4-flyte.tgz\n"

    def test_from_a_subfolder_it_is_the_projects_wheel_and_paths_are_relative_to_here(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        door.configure(f'{PROJECT}[tool.hatch-flyte]\nimage = "{IMAGE}"\n')
        for name in ("dist", "src"):
            (door.folder / name).mkdir()
        wheel = wheel_of(door.folder / "dist", acme__jobs=JOBS)
        monkeypatch.chdir(door.folder / "src")

        assert door("package").out == f"{door.folder}/dist/acme_pipelines-1.4-flyte.tgz\n"
        assert door("package", f"../dist/{wheel.name}").out == "../dist/acme_pipelines-1.4-flyte.tgz\n"
        said = door("package", "--output-dir", "here", "--python", "./nowhere/python", code=3)
        assert f"(got `{door.folder}/src/nowhere/python`, which is no program)" in said.err
        said = door("package", "--output-dir", "here", "--python", sys.executable)
        assert said.out == f"{door.folder}/src/here/acme_pipelines-1.4-flyte.tgz\n"

    def test_options_stand_above_the_configuration(self, door: Door) -> None:
        door.configure('[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:old"\nmodules = ["acme.jobs"]\n')
        source = WheelSource({"acme/jobs.py": JOBS, "acme/more.py": JOBS})
        wheel = build_wheel(door.folder, source)
        options = ["--image", IMAGE, "--modules", "acme.more", "--code", "wheel", "--destination", "/opt/app"]

        door("package", wheel, *options, "--output-dir", "archives")

        archive = read_archive(door.folder / "archives" / "acme_pipelines-1.4-flyte.tgz")
        assert archive.manifest
        assert archive.manifest.images == {"default": IMAGE}
        assert archive.manifest.destination == "/opt/app"
        assert [one.name for one in archive.manifest.entities] == ["acme.more.double"]

    @pytest.mark.parametrize(
        ("module", "words"),
        [
            ("import no_such_module", "acme.jobs: ModuleNotFoundError: No module named 'no_such_module'"),
            ("import sys\nsys.exit(0)", "acme.jobs: ends the interpreter when imported (sys.exit(0))"),
            ("import os\nos._exit(0)", "the interpreter ended while importing acme.jobs (exit code 0)"),
            ("def", "acme.jobs: SyntaxError"),
            ("x = 1", "expected a task, workflow or launch plan (got none in `acme.jobs`)"),
            ("raise ValueError('\x1b[31m [bold]x[/nothing]')", "ValueError: \\x1b[31m [bold]x[/nothing]"),
        ],
    )
    def test_modules_that_cannot_be_serialized_leave_nothing(self, door: Door, module: str, words: str) -> None:
        wheel = wheel_of(door.folder, acme__jobs=module)

        said = door("package", wheel, "--image", IMAGE, code=3)

        assert words in said.err
        assert said.out == ""
        assert "\x1b" not in said.err
        assert names(door.folder) == {wheel.name}

    @pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null"])
    def test_a_folder_that_cannot_be_written_is_told(self, door: Door, folder: str) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)

        said = door("package", wheel, "--image", IMAGE, "--output-dir", folder, code=1)

        assert f"error: {folder}/acme_pipelines-1.4-flyte.tgz: the archive cannot be written" in said.err
        assert "`output-dir`" in said.err

    def test_a_full_disk_leaves_no_half_archive(self, door: Door) -> None:
        # The archive is larger than the wheel and all that the worker writes.
        tasks = "".join(f"@task\ndef t{number}() -> int: return 1\n" for number in range(300))
        wheel = wheel_of(door.folder, acme__jobs=f"from flytekit import task\n{tasks}")
        options = ["--image", IMAGE, "--output-dir", "archives"]

        said = door.in_little_room(15_000, "package", wheel, *options, code=1)

        assert "acme_pipelines-1.4-flyte.tgz: the archive cannot be written (File too large)" in said.err
        assert names(door.folder) == {wheel.name}

    def test_a_full_disk_where_the_wheel_is_unpacked_is_told_as_that(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=f"# {'x' * 30_000}\n")

        said = door.in_little_room(5_000, "package", wheel, "--image", IMAGE, code=3)

        assert "serialize: the wheel cannot be unpacked to " in said.err
        assert "(File too large)" in said.err
        assert "Please report this" not in said.err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_ends_it_with_one_word_and_leaves_nothing(self, door: Door, number: signal.Signals) -> None:
        wheel = wheel_of(
            door.folder,
            acme__jobs=dedent("""
                import sys, time
                print("importing", file=sys.stderr, flush=True)
                time.sleep(60)
            """),
        )
        command = [*COMMAND, "package", str(wheel), "--image", IMAGE]

        with subprocess.Popen(
            command, env=uncovered(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "importing\n"
            process.send_signal(number)
            out, err = process.communicate(timeout=30)

        assert (process.returncode, out, err) == (130, "", "interrupted\n")
        assert names(door.folder) == {wheel.name}


class TestRefusals:
    def refused(self, door: Door, *arguments: str | Path, code: int) -> Said:
        said = door("package", *arguments, code=code)
        assert said.out == ""
        assert not list(door.folder.rglob("*.tgz"))
        return said

    def test_no_image(self, door: Door) -> None:
        said = self.refused(door, wheel_of(door.folder, a=""), code=2)

        assert "error: tool.hatch-flyte.image: expected an image for the tasks that name none (got none)" in said.err
        assert "HATCH_FLYTE_IMAGE" in said.err

    def test_no_wheel(self, door: Door) -> None:
        said = self.refused(door, code=4)

        assert f"error: {door.folder}/dist: expected a wheel (got no such folder)" in said.err

    def test_an_empty_build_directory(self, door: Door) -> None:
        (door.folder / "dist").mkdir()

        assert "expected a wheel (got none)" in self.refused(door, code=4).err

    def test_several_wheels(self, door: Door) -> None:
        (door.folder / "dist").mkdir()
        build_wheel(door.folder / "dist", WheelSource({}, version="1"))
        build_wheel(door.folder / "dist", WheelSource({}, version="2"))

        said = self.refused(door, code=4)

        assert "expected one wheel (got 2)\n  dist/acme_pipelines-1-" in said.err

    def test_one_of_another_version_than_the_projects(self, door: Door) -> None:
        door.configure(PROJECT)
        (door.folder / "dist").mkdir()
        build_wheel(door.folder / "dist", WheelSource({}, version="1.3"))

        said = self.refused(door, code=4)

        assert said.err.startswith(
            "error: dist: expected a wheel of acme-pipelines 1.4 (got acme-pipelines 1.3, "
            "in acme_pipelines-1.3-py3-none-any.whl)\nBuild again "
        )

    def test_a_path_that_is_not_there_is_told_as_of_an_archive(self, door: Door) -> None:
        said = self.refused(door, "nofile", code=4)

        assert said.err == "error: nofile: cannot be read (No such file or directory)\n"
        assert door("show", "nofile", code=4).err == door("publish", "nofile", code=4).err == said.err

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"hello", "got a file that is no zip archive"), (b"PK\x03\x04", "the wheel is truncated")],
    )
    def test_what_is_no_wheel(self, door: Door, content: bytes, words: str) -> None:
        path = door.folder / "a-1-py3-none-any.whl"
        path.write_bytes(content)

        assert words in self.refused(door, path, "--image", IMAGE, code=4).err

    def test_a_member_that_leaves_the_wheel(self, door: Door) -> None:
        path = door.folder / "a-1-py3-none-any.whl"
        write_zip(path, {"../x.py": b""})

        assert "(got `../x.py`)" in self.refused(door, path, "--image", IMAGE, code=4).err

    def test_several_wrong_options_and_keys_at_once(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HATCH_FLYTE_CODE", "zip")
        door.configure("[tool.hatch-flyte]\nimagee = 'x'\n")
        wheel = wheel_of(door.folder, a="")

        said = self.refused(door, wheel, "--modules", "not a module", code=2)

        assert "tool.hatch-flyte.imagee: " in said.err
        assert "HATCH_FLYTE_CODE: " in said.err
        assert "--modules[0]: expected a dotted module name" in said.err

    def test_an_interpreter_that_is_not_there(self, door: Door) -> None:
        wheel = wheel_of(door.folder, a="")

        assert "nowhere/python" in self.refused(door, wheel, "--image", IMAGE, "--python", "nowhere/python", code=3).err


@pytest.mark.flytekit
class TestOptionsOfPackaging:
    def test_they_say_what_the_keys_say(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS, acme__lab="1/0", acme__gpu="import nowhere_to_be_found\n")
        options = ("--exclude", "acme.lab", "--optional-modules", "acme.gpu", "--env", "A=1", "--env", "B=2")
        more = ("--resources", "requests.cpu=1", "--no-load-check", "--import-timeout", "60", "--image", "x:1")

        said = door("package", str(wheel), *options, *more)

        assert "warning: --optional-modules: acme.gpu: left out (ModuleNotFoundError" in said.err
        [entity] = door("show", "--json", said.out.strip()).json["entities"]
        container = entity["message"]["template"]["container"]
        assert {pair["key"]: pair["value"] for pair in container["env"]} == {"A": "1", "B": "2"}
        assert container["resources"]["requests"] == [{"name": "CPU", "value": "1"}]

    def test_strict_makes_an_error_of_a_warning(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)

        said = door("package", str(wheel), "--image", "x:latest", "--strict", "--no-load-check", code=3)

        assert "expected an image that stays the same (got `x:latest`)" in said.err
        assert list(door.folder.glob("*.tgz")) == []

    def test_what_a_control_plane_would_refuse_is_an_error_with_line_rule_and_fix(self, door: Door) -> None:
        greedy = "@task(requests=Resources(cpu='4'), limits=Resources(cpu='2'))"
        wheel = wheel_of(door.folder, acme__jobs="from flytekit import Resources\n" + JOBS.replace("@task", greedy))

        said = door("package", str(wheel), "--image", IMAGE, "--no-load-check", code=3)

        assert "error: acme/jobs.py:7: task `acme.jobs.double`: Requested CPU default [4] is greater than" in said.err
        assert " (resource-limit)\n    Lower the request, or raise the limit.\n" in said.err
        assert list(door.folder.glob("*.tgz")) == []

    def test_a_rule_that_is_ignored_is_not_asked(self, door: Door) -> None:
        wheel = wheel_of(door.folder, acme__jobs=JOBS)

        assert "(image-tag)" in door("package", str(wheel), "--image", "x:latest", "--no-load-check").err
        door.configure('[tool.hatch-flyte]\nignore-rules = ["image-tag"]\n')
        assert "image-tag" not in door("package", str(wheel), "--image", "x:latest", "--no-load-check").err
        door.configure('[tool.hatch-flyte]\nignore-rules = ["image"]\n')
        assert "tool.hatch-flyte.ignore-rules: expected a rule" in door("package", wheel, "--image", IMAGE, code=2).err

    def test_verify_finds_what_is_another_value_every_time(self, door: Door) -> None:
        source = JOBS.replace("@task", "import time\n\n@task(environment={'NOW': str(time.time_ns())})")
        wheel = wheel_of(door.folder, acme__jobs=source)

        said = door("package", str(wheel), "--image", "x:1", "--no-load-check", "--verify", code=3)

        assert "expected the same archive twice (got another one)" in said.err
