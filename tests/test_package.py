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
from hatch_flyte.errors import ArchiveError, ConfigError, InterpreterError, SerializeError, WheelError
from hatch_flyte.package import Packaged, Surroundings, package

HERE = (sys.executable,)
EMPTY = Path("/nowhere")


def no_commit() -> str:
    pytest.fail("no template asks for the commit")


def packaging(**changes: Any) -> Packaging:
    settings = load(Sources(root=EMPTY, environ={}, user_table={})).packaging
    return replace(settings, **{"image": "ghcr.io/acme/p:{version}", "python": HERE, **changes})


def run(folder: Path, wheel: Path, commit: Any = no_commit, **changes: Any) -> Packaged:
    return package(wheel, packaging(**changes), Surroundings(root=folder, output=folder / "out", commit=commit))


@pytest.mark.flytekit
class TestArchive:
    def test_it_holds_the_entities_and_a_manifest_about_them(self, tmp_path: Path) -> None:
        packaged = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK))

        assert packaged.path == tmp_path / "out" / "acme_pipelines-1.4-flyte.tgz"
        assert read_archive(packaged.path) == packaged.archive
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

        assert packaged.archive.bundle
        assert packaged.manifest.bundle == packaged.archive.bundle.digest
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

    def test_the_wheel_is_only_read(self, tmp_path: Path) -> None:
        wheel = wheel_of(tmp_path, acme__jobs=TASK)
        before = wheel.read_bytes()

        run(tmp_path, wheel)

        assert wheel.read_bytes() == before

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("a file")

        with pytest.raises(ArchiveError, match=r"acme_pipelines-1\.4-flyte\.tgz: the archive cannot be written"):
            run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK))

    def test_a_failure_leaves_the_archive_of_before_and_no_half_one(self, tmp_path: Path) -> None:
        old = run(tmp_path, wheel_of(tmp_path, acme__jobs=TASK)).path.read_bytes()

        with pytest.raises(SerializeError, match="expected a task, workflow or launch plan"):
            run(tmp_path, wheel_of(tmp_path, acme__jobs="x = 1"))

        assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [old]


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
