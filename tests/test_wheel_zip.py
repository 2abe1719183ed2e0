"""Zips that no build makes, and that a damaged or forged file can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support_damaged_wheels import UTF8, Entry, unicode_path, wheel_with
from unreleased import CHECKOUT

from hatch_flyte import archive_reader, tar_stream, untrusted, wheel, wheel_zip
from hatch_flyte.errors import WheelError
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def refused(folder: Path, entry: Entry, *others: Entry) -> str:
    path = folder / "acme-1-py3-none-any.whl"
    path.write_bytes(wheel_with(*others, entry).to_bytes())
    with pytest.raises(WheelError) as caught:
        read_wheel(path)
    return caught.value.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        (0o120777, "a symbolic link"),
        (0o010644, "a pipe"),
        (0o140755, "a socket"),
        (0o020666, "a device"),
        (0o060644, "a device"),
        (0o040755, "a folder"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, mode: int, kind: str) -> None:
    said = refused(tmp_path, Entry(b"a/x.py", b"/etc/passwd", attributes=mode << 16))
    assert said == f"expected regular files (got `a/x.py`, which is {kind})"


@pytest.mark.parametrize("mode", [0, 0o644, 0o100644, 0o104755])
def test_files_are_files_with_whatever_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(wheel_with(Entry(b"x.sh", b"", attributes=mode << 16)).to_bytes())
    assert [file.executable for file in read_wheel(path).files] == [False, mode == 0o104755]


def test_a_second_name_is_refused(tmp_path: Path) -> None:
    entry = Entry(b"a.py", b"", extra=b"\x55\x54\1\0x" + unicode_path(b"a.py", b"../../outside.py"))
    said = refused(tmp_path, entry)
    assert said == "expected members with one name (got `a.py`, with another in an extra field)"


@pytest.mark.parametrize("method", [9, 12, 14, 93])
def test_other_methods_than_those_of_pypi_are_refused(tmp_path: Path, method: int) -> None:
    said = refused(tmp_path, Entry(b"a.py", b"x", method=method))
    assert said == (
        f"expected members that are stored or deflated, as PyPI does (got `a.py`, compressed by method {method})"
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a\x1b[31mb.py", "without control characters, in UTF-8"),
        ("a\nb.py", "without control characters, in UTF-8"),
        ("a\0b.py", "without control characters, in UTF-8"),
        ("a" * 256, "of at most 1024 bytes, and 255 from one `/` to the next"),
        ("ä" * 128, "of at most 1024 bytes, and 255 from one `/` to the next"),
        ("a/" * 512 + "b", "of at most 1024 bytes, and 255 from one `/` to the next"),
    ],
)
def test_names_that_no_file_should_have_are_refused(tmp_path: Path, name: str, form: str) -> None:
    said = refused(tmp_path, Entry(name.encode(), b"", flags=UTF8))
    assert said.startswith(f"expected member names {form} (got `")
    assert said.isprintable()


@pytest.mark.parametrize("name", [b"", b"/", b"a//"])
def test_no_name_is_refused(tmp_path: Path, name: bytes) -> None:
    assert refused(tmp_path, Entry(name, b"")).startswith("expected member names that stay inside the wheel (got `")


def test_a_name_in_no_encoding_is_told_as_damage(tmp_path: Path) -> None:
    assert refused(tmp_path, Entry(b"\xff.py", b"", flags=UTF8)).startswith("the wheel is truncated (")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme/Flows.py", "acme/flows.py"),
        ("Acme/flows.py", "acme/tasks.py"),
        ("caf\u00e9.py", "cafe\u0301.py"),
        ("acme/flows", "acme/flows/tasks.py"),
    ],
)
def test_names_that_are_one_on_some_systems_are_refused(tmp_path: Path, one: str, other: str) -> None:
    entries = [Entry(name.encode(), b"", flags=UTF8) for name in (other, one)]
    assert "expected names that can stand side by side on every system (got `" in refused(tmp_path, *entries)


def test_a_header_of_another_name_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(wheel_with(Entry(b"a.py", b"x", local_name=b"b.py")).to_bytes())
    with pytest.raises(WheelError, match=r"`a.py` is damaged \(its header is another member's, or none\)"):
        read_wheel(path).read("a.py")


@pytest.mark.parametrize("offset", [0, 10, 0xFFFFFFF])
def test_members_in_each_others_place_are_refused(tmp_path: Path, offset: int) -> None:
    said = refused(tmp_path, Entry(b"a.py", b"x", offset=offset), Entry(b"b.py", b"yy"))
    assert said.startswith("expected members one after the other (got `")


def test_a_file_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_zip, "MAX_FILE", 10)
    assert refused(tmp_path, Entry(b"a.py", b"")).startswith("expected a wheel of at most 10 bytes (got ")


def test_a_file_that_is_gone_or_shorter_when_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(wheel_with(Entry(b"a.py", b"x")).to_bytes())
    read = read_wheel(path)
    path.write_bytes(b"PK")
    with pytest.raises(WheelError, match=r"`a.py` is damaged \(its header is cut off\)"):
        read.read("a.py")
    path.unlink()
    with pytest.raises(WheelError, match=r"a.whl: cannot be read \(No such file or directory\)"):
        read.read("a.py")


def test_the_limits_are_those_of_the_page() -> None:
    page = re.sub(r"\s+", " ", (CHECKOUT / "docs" / "archive-format.md").read_text(encoding="utf-8"))
    archives, _, wheels = page.partition("## What a reader must check")[2].partition("## What is refused of a wheel")

    assert all(limit in archives for limit in said(archive_reader)), archives
    assert f"more than {tar_stream.MAX_RECORDS:,} records" in archives
    assert f"{untrusted.MAX_NAME} bytes ({untrusted.MAX_PART} from one" in archives
    assert all(limit in wheels for limit in said(wheel_zip)), wheels
    assert all(limit in wheels for limit in (size(wheel.MAX_METADATA), size(wheel.MAX_HEADERS))), wheels
    assert f"{wheel_zip.MAX_RATIO} times" in wheels


def said(module: ModuleType) -> list[str]:
    limits = {name: value for name, value in vars(module).items() if name.startswith(("MAX_", "RATIO_FROM"))}
    assert limits.pop("MAX_MEMBERS") == 100_000
    limits.pop("MAX_RATIO", None)
    return ["100,000", *map(size, limits.values())]


def size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
