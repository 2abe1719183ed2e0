from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from support_wheels import WheelSource, build_wheel
from test_package import packaging

from hatch_flyte.bundling import bundled, check_sizes, shipped_files
from hatch_flyte.errors import ConfigError, SerializeError
from hatch_flyte.leaks import Machine
from hatch_flyte.wheel import Wheel, read_wheel

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, str | bytes] = {"acme/a.py": "x = 1\n", "acme/notes.ipynb": "{}", "acme/big.bin": b"\0" * 1_500_000}


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    return read_wheel(build_wheel(tmp_path, WheelSource(FILES)))


def names(files: object) -> set[str]:
    return {file.name for file in files if ".dist-info" not in file.name}  # type: ignore[attr-defined] # tuples of files


def test_with_the_code_in_the_image_a_pod_has_all_of_the_wheel(tmp_path: Path, wheel: Wheel) -> None:
    assert names(shipped_files(wheel, packaging(ignore_files=(".flyteignore",)), tmp_path)) == set(FILES)


def test_ignore_files_count_where_they_are_asked_for_only(tmp_path: Path, wheel: Wheel) -> None:
    (tmp_path / ".flyteignore").write_text("**/*.ipynb\n")

    assert names(shipped_files(wheel, packaging(code="wheel"), tmp_path)) == set(FILES)
    kept = shipped_files(wheel, packaging(code="wheel", ignore_files=(".flyteignore",)), tmp_path)
    assert names(kept) == set(FILES) - {"acme/notes.ipynb"}


def test_an_ignore_file_that_is_not_there_is_told(tmp_path: Path, wheel: Wheel) -> None:
    with pytest.raises(ConfigError) as caught:
        shipped_files(wheel, packaging(code="wheel", ignore_files=(".gitignore",)), tmp_path)

    assert str(caught.value.problems[0]) == (
        f"tool.hatch-flyte.ignore-files: expected the file {tmp_path / '.gitignore'} (No such file or directory)"
    )


def test_the_budget_is_the_configured_one(wheel: Wheel) -> None:
    assert check_sizes(wheel, wheel.files, packaging()) == []
    [caution] = check_sizes(wheel, wheel.files, packaging(bundle_warn_size=1))
    assert "expected at most 1 MB before compression (got 1.5 MB in 6 files)" in caution.message
    with pytest.raises(SerializeError, match=r"acme/big\.bin"):
        check_sizes(wheel, wheel.files, packaging(bundle_max_size=1))


def test_the_bundle_has_the_files_and_their_content(wheel: Wheel) -> None:
    with bundled(wheel, wheel.files, packaging(), Machine()) as bundle, tarfile.open(fileobj=bundle.open()) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr] # all are files

    assert found == {file.name: wheel.read(file.name) for file in wheel.files}


def test_what_looks_like_a_secret_is_refused_unless_allowed(tmp_path: Path) -> None:
    secret = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4 + "\n"
    wheel = read_wheel(build_wheel(tmp_path, WheelSource({"acme/key.txt": secret, "acme/a.py": ""})))

    with pytest.raises(SerializeError, match=r"acme/key\.txt"), bundled(wheel, wheel.files, packaging(), Machine()):
        pass
    with bundled(wheel, wheel.files, packaging(allow=("acme/*.txt",)), Machine()):
        pass
