"""Where uploads lie, how their addresses are put together, and that nobody sees half of one."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.blobs import ARRIVING_NAME, Blobs, Key, blob_key
from hatch_flyte.rules.refusal import RefusalError

if TYPE_CHECKING:
    from pathlib import Path

KEY = Key("p/d/root/file")


@pytest.mark.parametrize(
    ("root", "name", "expected"),
    [
        ("r", "fast.tar.gz", "p/d/r/fast.tar.gz"),
        ("AB======", "f", "p/d/AB======/f"),
        ("/r/", "/f/", "p/d/r/f"),
        ("r", "a/b", "p/d/r/a/b"),
        ("r", "my file", "p/d/r/my%20file"),
        ("r", "grün", "p/d/r/gr%C3%BCn"),
        ("r", "a'b", "p/d/r/a'b"),
        ("r", "a'b\"", "p/d/r/a%27b%22"),
        ("r", "a%20b", "p/d/r/a%20b"),
        ("r", "a[1]", "p/d/r/a[1]"),
        ("r", "./f", "p/d/r/f"),
        ("r", "../f", "p/d/f"),
        ("r", ".", "p/d/r/"),
    ],
)
def test_a_key_is_an_address_as_go_writes_it(root: str, name: str, expected: str) -> None:
    assert blob_key("p", "d", root, name) == Key(expected)


def test_what_stands_behind_a_fragments_mark_is_no_part_of_the_path() -> None:
    assert blob_key("p", "d", "r", "a#b") == Key("p/d/r/a", "#b")
    assert blob_key("p a?b", "d", "r", "f") == Key("p%20a", "?b/d/r/f")


@pytest.mark.parametrize("name", ["../../../q/d/r/f", "../../../../../etc/passwd", "../..", "../../e/f"])
def test_a_name_that_leaves_its_project_and_domain_is_refused(name: str) -> None:
    with pytest.raises(RefusalError, match="expected a place inside of p/d"):
        blob_key("p", "d", "r", name)


@pytest.mark.parametrize(
    ("name", "message"),
    [("%zz", 'invalid URL escape "%zz"'), ("100%", 'invalid URL escape "%"'), ("a\nb", "invalid control character")],
)
def test_a_name_that_is_no_part_of_an_address_is_refused(name: str, message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        blob_key("p", "d", "r", name)


def test_what_is_written_lies_where_its_address_says(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.writing(KEY) as file:
        file.write(b"content")
    assert blobs.has(KEY)
    assert blobs.url(KEY) == f"file://{blobs.path(KEY)}"
    assert blobs.path(KEY).read_bytes() == b"content"
    assert blobs.md5(KEY) == hashlib.md5(b"content", usedforsecurity=False).digest()


def test_an_address_does_not_depend_on_how_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    names = [tmp_path, tmp_path / "x" / "..", tmp_path / "link", type(tmp_path)()]
    assert {Blobs(one).url(KEY) for one in names} == {f"file://{tmp_path}/blobs/p/d/root/file"}


def test_nothing_has_no_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert not blobs.has(KEY)
    assert blobs.md5(KEY) is None
    blobs.path(KEY).mkdir(parents=True)
    assert blobs.md5(KEY) is None


def test_what_fails_on_its_way_leaves_what_was_there(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.writing(KEY) as file:
        file.write(b"first")
    with pytest.raises(KeyError), blobs.writing(KEY) as file:  # noqa: PT012 # what was written before is the point
        file.write(b"second")
        raise KeyError
    assert blobs.path(KEY).read_bytes() == b"first"
    assert not list((tmp_path / ARRIVING_NAME).iterdir())


def test_a_full_disk_is_told_of_and_leaves_nothing(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from hatch_flyte.errors import RegistryError
        from hatch_flyte.registry.blobs import Blobs, Key
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            with Blobs(Path(sys.argv[1])).writing(Key("p/d/r/f")) as file:
                file.write(b"x" * 100_000)
        except RegistryError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    """)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert f"{tmp_path}/blobs/p/d/r/f: cannot be read or written (File too large)\nMake room" in done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_in_the_way_of_a_folder_is_told_of(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.writing(Key("p/d/root")) as file:
        file.write(b"x")
    with pytest.raises(RegistryError, match=os.strerror(errno.EEXIST)), blobs.writing(KEY):
        pass
    assert not blobs.has(KEY)


def test_a_name_too_long_for_the_disk_is_told_of(tmp_path: Path) -> None:
    key = Key(f"p/d/root/{'x' * 300}")
    with Blobs(tmp_path).writing(KEY) as file:
        file.write(b"x")
    with pytest.raises(RegistryError, match=os.strerror(errno.ENAMETOOLONG)):
        Blobs(tmp_path).md5(key)


def test_a_folder_that_may_not_be_read_is_told_of(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.writing(KEY) as file:
        file.write(b"x")
    blobs.path(KEY).parent.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        with pytest.raises(RegistryError, match="Permission denied") as caught:
            blobs.md5(KEY)
    finally:
        if is_root:
            os.seteuid(0)
        blobs.path(KEY).parent.chmod(0o755)
    assert "writable" in caught.value.hint


def test_only_addresses_of_its_own_files_have_a_path(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    own = blobs.url(blob_key("p", "d", "r", "a b"))
    assert blobs.path_of(own) == "p/d/r/a%20b"
    beginning = own.removesuffix("p/d/r/a%20b")
    for other in (
        "",
        "s3://b/p",
        "file:///etc/passwd",
        *(f"{beginning}{rest}" for rest in ("", "/etc/passwd", "../x", "a/../../x", "a?b")),
    ):
        assert blobs.path_of(other) is None


@pytest.mark.parametrize("path", ["../x", "a/../../x", "..", "p/../../../etc/passwd"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(RegistryError, match="expected a place inside of"):
        Blobs(tmp_path).path(Key(path))
    assert Blobs(tmp_path).path(Key("/etc/passwd")).is_relative_to(tmp_path)
