from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support_serialize import TASK
from support_wheels import WheelSource, build_wheel, wheel_of

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.config import Packaging, Sources, load
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ConfigError, HatchFlyteError, InterpreterError, SerializeError, WheelError
from hatch_flyte.leaks import Machine
from hatch_flyte.package import Packaged, Surroundings, package

HERE = (sys.executable,)
EMPTY = Path("/nowhere")


def no_commit() -> str:
    pytest.fail("no template asks for the commit")


def packaging(**changes: Any) -> Packaging:
    settings = load(Sources(root=EMPTY, environ={}, user_table={})).packaging
    # The load check costs as much as serializing; those that are about it switch it on.
    return replace(settings, **{"image": "ghcr.io/acme/p:{version}", "python": HERE, "load_check": False, **changes})


def surroundings(folder: Path, commit: Any = no_commit, **changes: Any) -> Surroundings:
    around = Surroundings(root=folder, output=folder / "out", commit=commit, dirty=lambda: False)
    return replace(around, **changes)


def run(folder: Path, wheel: Path, commit: Any = no_commit, **changes: Any) -> Packaged:
    return package(wheel, packaging(**changes), surroundings(folder, commit))


@pytest.mark.flytekit
class TestArchive:
    def test_it_holds_the_entities_and_a_manifest_about_them(self, tmp_path: Path) -> None:
        packaged = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK))

        assert packaged.path == tmp_path / "out" / "acme_pipelines-1.4-flyte.tgz"
        archive = read_archive(packaged.path)
        assert archive.manifest == packaged.manifest
        assert [member.kind for member in archive.members] == [Kind.TASK]
        manifest = packaged.manifest
        assert (manifest.name, manifest.version, manifest.code, manifest.bundle) == (
            "acme-pipelines",
            "1.4",
            "image",
            "",
        )
        assert manifest.images == {"default": "ghcr.io/acme/p:1.4"}
        [entity] = manifest.entities
        assert (entity.name, entity.module) == ("acme.jobs.double", "acme.jobs")
        assert (entity.source, entity.line) == ("acme/jobs.py", 3)
        assert manifest.flytekit
        assert manifest.generator.startswith("hatch-flyte ")

    def test_code_in_the_wheel_becomes_a_bundle_of_the_wheels_files(self, tmp_path: Path) -> None:
        packaged = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK), code="wheel", destination="/opt")

        bundle = read_archive(packaged.path).bundle
        assert bundle
        assert packaged.manifest.bundle == bundle.digest
        assert packaged.manifest.destination == "/opt"

    def test_templates_are_filled_and_the_commit_asked_only_then(self, tmp_path: Path) -> None:
        images = {"gpu": "ghcr.io/acme/{name}-gpu:{commit}"}

        packaged = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK), lambda: "abc", images=images)

        assert packaged.manifest.images == {
            "default": "ghcr.io/acme/p:1.4",
            "gpu": "ghcr.io/acme/acme-pipelines-gpu:abc",
        }

    def test_bytes_are_the_same_each_time(self, tmp_path: Path) -> None:
        wheel = wheel_of(tmp_path, acme__jobs=TASK)

        first, again = (run(tmp_path, wheel, code="wheel").path.read_bytes() for _ in range(2))

        assert first == again

    def test_the_order_of_the_files_in_the_wheel_does_not_show(self, tmp_path: Path) -> None:
        importing = TASK + "\nfrom acme.b import double as other\n"
        files = {f"acme/{name}": text for name, text in [("a.py", importing), ("b.py", TASK), ("c/d.py", TASK)]}
        bytes_seen = set()
        for order in (sorted(files), sorted(files, reverse=True)):
            wheel = build_wheel(tmp_path, WheelSource({name: files[name] for name in order}))
            bytes_seen.add(run(tmp_path, wheel, code="wheel").path.read_bytes())

        assert len(bytes_seen) == 1

    def test_the_wheel_is_only_read(self, tmp_path: Path) -> None:
        wheel = wheel_of(tmp_path, acme__jobs=TASK)
        before = wheel.read_bytes()

        run(tmp_path, wheel)

        assert wheel.read_bytes() == before

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("a file")

        with pytest.raises(HatchFlyteError, match=r"acme_pipelines-1\.4-flyte\.tgz: the archive cannot") as caught:
            run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK))

        assert caught.value.exit_code == 1
        assert caught.value.hint == "Name another folder with `output-dir`."

    def test_a_failure_leaves_the_archive_of_before_and_no_half_one(self, tmp_path: Path) -> None:
        old = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK)).path.read_bytes()

        with pytest.raises(SerializeError, match="expected a task, workflow or launch plan"):
            run(tmp_path, wheel_of(tmp_path, acme__jobs="x = 1"))

        assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [old]


@pytest.mark.flytekit
class TestChecks:
    NOISY = TASK.replace("@task", "import os\nREGION = os.environ['REGION']\n\n@task(environment={'R': REGION})")

    def test_the_load_check_ends_it_before_an_archive_is_written(self, tmp_path: Path) -> None:
        rebound = TASK + "\ndouble = print\n"

        with pytest.raises(SerializeError, match="load check: a pod could not load these tasks"):
            run(tmp_path, wheel_of(tmp_path, acme__jobs=rebound), load_check=True)

        assert not (tmp_path / "out").exists()
        assert run(tmp_path, wheel_of(tmp_path, acme__jobs=rebound)).path.exists()

    def test_with_the_load_check_the_archive_is_the_same(self, tmp_path: Path) -> None:
        wheel = wheel_of(tmp_path, acme__jobs=TASK)

        without = run(tmp_path, wheel).path.read_bytes()
        with_it = run(tmp_path, wheel, load_check=True)

        assert with_it.cautions == ()
        assert with_it.path.read_bytes() == without

    def test_cautions_are_given_and_with_strict_they_end_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REGION", "eu-west-1")
        wheel = wheel_of(tmp_path, acme__jobs=self.NOISY)

        [caution] = run(tmp_path, wheel).cautions
        assert "holds the value of REGION" in caution.message
        (tmp_path / "out" / "acme_pipelines-1.4-flyte.tgz").unlink()
        with pytest.raises(SerializeError, match="holds the value of REGION") as caught:
            run(tmp_path, wheel, strict=True)

        assert "tool.hatch-flyte.strict makes errors of warnings." in caught.value.hint
        assert list((tmp_path / "out").iterdir()) == []

    @pytest.mark.parametrize(("image", "told"), [("ghcr.io/acme/p:{commit}", 1), ("ghcr.io/acme/p:1", 0)])
    def test_a_dirty_checkout_is_told_where_the_image_is_a_commits(self, tmp_path: Path, image: str, told: int) -> None:
        around = surroundings(tmp_path, lambda: "abc", dirty=lambda: True)

        packaged = package(wheel_of(tmp_path, acme__jobs=TASK), packaging(image=image), around)

        assert [caution.message[:8] for caution in packaged.cautions] == ["{commit}"] * told

    def test_a_commit_that_was_said_without_a_checkout_is_taken(self, tmp_path: Path) -> None:
        def unknown() -> bool:
            raise ConfigError([])

        around = surroundings(tmp_path, lambda: "abc", dirty=unknown)

        assert package(wheel_of(tmp_path, acme__jobs=TASK), packaging(image="x:{commit}"), around).cautions == ()

    def test_what_belongs_to_this_machine_is_refused(self, tmp_path: Path) -> None:
        source = TASK.replace("@task", "@task(environment={'DATA': '/home/ann/data.csv'})")
        around = surroundings(tmp_path, machine=Machine(("/home/ann",)))

        with pytest.raises(SerializeError, match="holds something of the machine that builds"):
            package(wheel_of(tmp_path, acme__jobs=source), packaging(), around)

    def test_what_needs_an_excluded_module_is_refused(self, tmp_path: Path) -> None:
        flow = """
            from flytekit import workflow
            from acme.jobs import double

            @workflow
            def flow(a: int) -> int:
                return double(a=a)
        """

        with pytest.raises(SerializeError, match=r"needs the task `acme\.jobs\.double`, whose module is excluded"):
            run(tmp_path, wheel_of(tmp_path, acme__flow=flow, acme__jobs=TASK), exclude=("acme.jobs",))

    def test_a_python_that_the_wheel_does_not_take_is_refused(self, tmp_path: Path) -> None:
        wheel = build_wheel(tmp_path, WheelSource({"t.py": TASK}, requires_python=">=3.99"))

        with pytest.raises(SerializeError, match=r"expected Python >=3\.99, as it requires \(got 3\."):
            run(tmp_path, wheel)
        with pytest.raises(InterpreterError, match=r"is none of >=3\.99, which the project requires"):
            run(tmp_path, wheel, python=())

    def test_a_bundle_for_another_platform_is_refused(self, tmp_path: Path) -> None:
        source = WheelSource({"t.py": TASK}, tags="Wheel-Version: 1.0\nTag: cp312-cp312-macosx_11_0_arm64\n")
        wheel = build_wheel(tmp_path, source)

        with pytest.raises(SerializeError, match="expected a wheel for Linux"):
            run(tmp_path, wheel, code="wheel")
        assert run(tmp_path, wheel).path.exists()

    def test_images_that_somebody_has_to_build_are_told(self, tmp_path: Path) -> None:
        spec = "ImageSpec(name='special', registry='ghcr.io/acme', source_copy_mode=CopyFileDetection.NO_COPY)"
        source = TASK.replace("import task", "import ImageSpec, task").replace(
            "@task", f"from flytekit.constants import CopyFileDetection\n\n@task(container_image={spec})"
        )

        [unbuilt] = run(tmp_path, wheel_of(tmp_path, acme__jobs=source)).unbuilt

        assert unbuilt.image.startswith("ghcr.io/acme/special:")
        assert unbuilt.task == "acme.jobs.double"


class TestRefusals:
    def test_an_image_is_asked_for_before_anything_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"tool\.hatch-flyte\.image: expected an image"):
            run(tmp_path, tmp_path / "nowhere.whl", image="")

    def test_what_is_no_wheel_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.whl").write_text("hello")

        with pytest.raises(WheelError, match="expected a wheel"):
            run(tmp_path, tmp_path / "a.whl")

    def test_an_interpreter_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        wheel = build_wheel(tmp_path, WheelSource({"acme.py": ""}))

        with pytest.raises(InterpreterError, match="nowhere"):
            run(tmp_path, wheel, python=("nowhere/python",))

        assert not (tmp_path / "out").exists()

    def test_a_commit_that_nobody_knows_ends_it(self, tmp_path: Path) -> None:
        def unknown() -> str:
            raise InterpreterError("no commit")

        with pytest.raises(InterpreterError, match="no commit"):
            run(tmp_path, wheel_of(tmp_path, acme__jobs=""), unknown, image="x:{commit}")
