from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support_wheels import WheelSource, build_wheel, write_zip

from hatch_flyte.errors import WheelError
from hatch_flyte.wheel import WheelFile, read_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INFO = "acme-1.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: acme\nVersion: 1\n"


def zip_of(folder: Path, members: Mapping[str, bytes]) -> Path:
    path = folder / "acme-1-py3-none-any.whl"
    write_zip(path, members)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(WheelError) as caught:
        read_wheel(path)
    return caught.value.message.removeprefix(f"{path}: ")


class TestMetadata:
    def test_name_and_version_are_those_of_the_metadata(self, tmp_path: Path) -> None:
        wheel = read_wheel(build_wheel(tmp_path, WheelSource({}, name="Acme-Pipelines", version="1.4.dev3+gabc")))
        assert (wheel.name, wheel.version) == ("Acme-Pipelines", "1.4.dev3+gabc")

    def test_requirements_are_parsed_with_their_markers(self, tmp_path: Path) -> None:
        source = WheelSource({}, requires=("flytekit>=1.14", "tomli; python_version < '3.11'"))
        wheel = read_wheel(build_wheel(tmp_path, source))
        assert [str(requirement) for requirement in wheel.requires] == [
            "flytekit>=1.14",
            'tomli; python_version < "3.11"',
        ]

    def test_required_python_is_kept(self, tmp_path: Path) -> None:
        wheel = read_wheel(zip_of(tmp_path, {f"{INFO}/METADATA": METADATA + b"Requires-Python: >=3.10\n"}))
        assert wheel.requires_python == ">=3.10"

    def test_a_wheel_of_hatchling_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "src" / "acme").mkdir(parents=True)
        (tmp_path / "src" / "acme" / "flows.py").write_text("x = 1\n")
        (tmp_path / "src" / "acme" / "__init__.py").touch()
        (tmp_path / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
            '[project]\nname = "acme"\nversion = "2.0"\ndependencies = ["flytekit"]\n'
        )
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
        subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
        wheel = read_wheel(next((tmp_path / "dist").glob("*.whl")))
        assert (wheel.name, wheel.version, [str(requirement) for requirement in wheel.requires]) == (
            "acme",
            "2.0",
            ["flytekit"],
        )
        assert wheel.modules == ("acme", "acme.flows")
        assert wheel.read("acme/flows.py") == b"x = 1\n"


class TestFiles:
    def test_files_are_sorted_and_keep_the_executable_bit(self, tmp_path: Path) -> None:
        source = WheelSource({"b.py": "", "acme/run.sh": "", "a.py": ""}, executables=frozenset({"acme/run.sh"}))
        wheel = read_wheel(build_wheel(tmp_path, source))
        assert [file for file in wheel.files if ".dist-info" not in file.name] == [
            WheelFile("a.py", executable=False),
            WheelFile("acme/run.sh", executable=True),
            WheelFile("b.py", executable=False),
        ]
        assert [file.name for file in wheel.files if ".dist-info" in file.name] == [
            "acme_pipelines-1.4.dist-info/METADATA",
            "acme_pipelines-1.4.dist-info/RECORD",
            "acme_pipelines-1.4.dist-info/WHEEL",
        ]

    def test_library_schemes_are_folded_in_and_others_left_out(self, tmp_path: Path) -> None:
        data = "acme_pipelines-1.4.data"
        source = WheelSource(
            {
                "acme/a.py": "",
                f"{data}/purelib/acme/b.py": "b = 1",
                f"{data}/platlib/acme/c.so": b"c",
                f"{data}/scripts/tool": "",
                f"{data}/data/share/x": "",
                f"{data}/headers/x.h": "",
            }
        )
        wheel = read_wheel(build_wheel(tmp_path, source))
        names = [file.name for file in wheel.files if ".dist-info" not in file.name]
        assert names == ["acme/a.py", "acme/b.py", "acme/c.so"]
        assert wheel.read("acme/b.py") == b"b = 1"
        assert wheel.modules == ("acme.a", "acme.b", "acme.c")

    def test_folders_are_no_files(self, tmp_path: Path) -> None:
        wheel = read_wheel(zip_of(tmp_path, {"acme/": b"", "acme/a.py": b"", f"{INFO}/METADATA": METADATA}))
        assert [file.name for file in wheel.files] == [f"{INFO}/METADATA", "acme/a.py"]

    def test_content_is_read_whatever_stands_before_it(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, "a.py": b"x" * 100_000, "b.py": b"", "c.py": b"c"})
        path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
        wheel = read_wheel(path)
        assert [wheel.read(name) for name in ("a.py", "b.py", "c.py")] == [b"x" * 100_000, b"", b"c"]

    def test_unknown_name_is_a_key_error(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError):
            read_wheel(build_wheel(tmp_path, WheelSource({}))).read("nothing.py")

    def test_damaged_content_is_refused(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {"a.py": bytes(range(256)) * 9, f"{INFO}/METADATA": METADATA})
        data = bytearray(path.read_bytes())
        data[40:60] = bytes(20)
        path.write_bytes(data)
        wheel = read_wheel(path)
        with pytest.raises(WheelError, match=r"`a.py` is damaged"):
            wheel.read("a.py")


class TestCaches:
    def test_caches_are_left_out(self, tmp_path: Path) -> None:
        names = ("a/__pycache__/b.cpython-312.pyc", "__pycache__/c.txt", "a/b.pyc", "a/b.py", "a/pycache.py")
        wheel = read_wheel(build_wheel(tmp_path, WheelSource(dict.fromkeys(names, ""))))
        assert [file.name for file in wheel.files if ".dist-info" not in file.name] == ["a/b.py", "a/pycache.py"]

    def test_byte_code_that_has_no_source_ships(self, tmp_path: Path) -> None:
        wheel = read_wheel(build_wheel(tmp_path, WheelSource({"a/b.pyc": b"x", "a/c.py": ""})))
        assert wheel.read("a/b.pyc") == b"x"


class TestPieces:
    def test_the_pieces_are_the_content(self, tmp_path: Path) -> None:
        data = bytes(range(256)) * 20_000
        wheel = read_wheel(zip_of(tmp_path, {"a.bin": data, "b.py": b"", f"{INFO}/METADATA": METADATA}))
        pieces = list(wheel.pieces("a.bin"))
        assert len(pieces) > 1
        assert b"".join(pieces) == data == wheel.read("a.bin")
        assert [wheel.size(name) for name in ("a.bin", "b.py")] == [len(data), 0]
        assert b"".join(wheel.pieces("b.py")) == b""

    def test_damage_shows_before_the_end(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {"a.bin": bytes(3 << 20), f"{INFO}/METADATA": METADATA})
        wheel = read_wheel(path)
        data = bytearray(path.read_bytes())
        data[2000] ^= 0xFF
        path.write_bytes(data)
        with pytest.raises(WheelError, match=r"`a.bin` is damaged"):
            list(wheel.pieces("a.bin"))


class TestModules:
    def test_packages_stand_for_their_init_and_namespaces_fall_out(self, tmp_path: Path) -> None:
        names = ("acme/__init__.py", "acme/flows/__init__.py", "acme/flows/daily.py", "company/part/jobs.py", "one.py")
        wheel = read_wheel(build_wheel(tmp_path, WheelSource(dict.fromkeys(names, ""))))
        assert wheel.modules == ("acme", "acme.flows", "acme.flows.daily", "company.part.jobs", "one")

    def test_extension_modules_count_whatever_their_platform(self, tmp_path: Path) -> None:
        names = ("a/x.cpython-312-x86_64-linux-gnu.so", "a/y.cp312-win_amd64.pyd", "a/z.abi3.so", "a/z.py")
        wheel = read_wheel(build_wheel(tmp_path, WheelSource(dict.fromkeys(names, ""))))
        assert wheel.modules == ("a.x", "a.y", "a.z")

    def test_what_cannot_be_imported_is_no_module(self, tmp_path: Path) -> None:
        names = ("__init__.py", "a/__main__.py", "my-scripts/x.py", "a/1st.py", "a/data.csv", "a.b/c.py", "a/t.pyi")
        wheel = read_wheel(build_wheel(tmp_path, WheelSource(dict.fromkeys(names, ""))))
        assert wheel.modules == ()


class TestRefusal:
    def test_missing_file(self, tmp_path: Path) -> None:
        assert refusal(tmp_path / "none.whl") == "cannot be read (No such file or directory)"

    def test_a_file_that_is_no_zip(self, tmp_path: Path) -> None:
        (tmp_path / "x.whl").write_text("hello")
        assert refusal(tmp_path / "x.whl") == "expected a wheel (got a file that is no zip archive)"

    def test_a_truncated_wheel_is_said_to_be_truncated(self, tmp_path: Path) -> None:
        path = build_wheel(tmp_path, WheelSource({"a.py": "a = 1"}))
        path.write_bytes(path.read_bytes()[:-30])
        assert refusal(path).startswith("the wheel is truncated")

    @pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\b.py", "C:/x", "a//b", "./a"])
    def test_member_names_that_leave_the_wheel(self, tmp_path: Path, name: str) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, name: b""})
        assert refusal(path) == f"expected member names that stay inside the wheel (got `{name}`)"

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_the_same_name_twice(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, "a.py": b"1"})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("a.py", "2")
        assert refusal(path) == "expected each file once (got `a.py` twice)"

    def test_the_same_name_twice_after_folding(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, "a.py": b"1", "acme-1.data/purelib/a.py": b"2"})
        assert refusal(path) == "expected each file once (got `a.py` twice)"

    def test_no_dist_info(self, tmp_path: Path) -> None:
        assert refusal(zip_of(tmp_path, {"a.py": b""})) == "expected one .dist-info folder (got none)"

    def test_two_dist_infos(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, "b-2.dist-info/METADATA": b""})
        assert refusal(path) == "expected one .dist-info folder (got `acme-1.dist-info`, `b-2.dist-info`)"

    def test_missing_metadata(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/WHEEL": b""})
        assert refusal(path) == "expected the file `acme-1.dist-info/METADATA` (got none)"

    @pytest.mark.parametrize("key", ["Name", "Version"])
    def test_metadata_without_a_name_or_a_version(self, tmp_path: Path, key: str) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA.replace(key.encode(), b"X")})
        assert refusal(path) == f"expected METADATA to say {key} (got nothing)"

    def test_metadata_of_another_distribution(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA.replace(b"acme", b"other")})
        assert refusal(path) == "expected METADATA that agrees with the folder `acme-1.dist-info` (got `other 1`)"

    def test_a_version_that_is_none(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA.replace(b"Version: 1", b"Version: one")})
        assert refusal(path) == "expected a version as PEP 440 has them (got `one`)"

    def test_a_requirement_that_is_none(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA + b"Requires-Dist: a b c\n"})
        assert refusal(path) == "expected requirements in METADATA (got `a b c`)"

    @pytest.mark.parametrize(
        "line", ["a; " + "(" * 4000, "a==" + "9" * 4200, "a" * 5000 + " b", "a[" + "b," * 3000 + "c]", "a\x1b[2J b"]
    )
    def test_requirements_that_nobody_writes(self, tmp_path: Path, line: str) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA + f"Requires-Dist: {line}\n".encode()})
        said = refusal(path)
        assert said.startswith(
            (
                "expected requirements in METADATA (got `a",
                "expected at most 4096 characters as Requires-Dist in METADATA",
            )
        )
        assert said.isprintable()
        assert len(said) < 300

    @pytest.mark.parametrize("name", ["../acme", "a/b", "acme\u0301", "-acme", "acme\n b"])
    def test_a_name_that_is_none(self, tmp_path: Path, name: str) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA.replace(b"acme", name.encode())})
        assert refusal(path).startswith("expected a name as core metadata have them (got `")

    @pytest.mark.parametrize("version", ["1/..", "1" * 5000, "1\n 2"])
    def test_a_version_that_is_no_name_of_a_file(self, tmp_path: Path, version: str) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA.replace(b"Version: 1", f"Version: {version}".encode())})
        assert refusal(path).startswith(("expected a version as PEP 440 has them", "expected at most 4096 characters"))

    def test_a_required_python_that_is_none(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA + b"Requires-Python: three\n"})
        assert refusal(path) == "expected METADATA with a Requires-Python (got `three`)"

    def test_headers_end_where_the_readme_begins(self, tmp_path: Path) -> None:
        for end in (b"\n", b"\r\n", b"\r"):
            text = METADATA.replace(b"\n", end) + end + b"Requires-Dist: not a requirement" + end
            wheel = read_wheel(zip_of(tmp_path, {f"{INFO}/METADATA": text}))
            assert (wheel.name, wheel.requires) == ("acme", ())

    def test_metadata_in_another_encoding(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA + "Summary: ä\n".encode("latin-1")})
        assert refusal(path) == "expected METADATA in UTF-8 (invalid continuation byte)"

    def test_encrypted_members(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path, {f"{INFO}/METADATA": METADATA, "secret.py": b"x"})
        data = bytearray(path.read_bytes())
        flags = data.rindex(b"PK\x01\x02") + 8  # in the directory entry of the last member
        data[flags] |= 1
        path.write_bytes(data)
        assert refusal(path) == "expected members that anyone can read (got `secret.py`, which is encrypted)"
