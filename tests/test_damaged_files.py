"""Damaged wheels and archives give a clear error or a correct result: a thousand of them, the same in every run.

What Hypothesis draws depends on this code, on Hypothesis' version and on the modules that are loaded, on no clock or
chance. `zipfile` and `tarfile` judge what is taken: they must find the same in it.
"""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import tarfile
import time
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import support_damaged_archives as odd_archives
import support_damaged_wheels as odd_wheels
from support_damage import OUTSIDE, judge_all
from support_serialize import HERE, SETTINGS, TASK

from hatch_flyte.archive import write_archive
from hatch_flyte.archive_reader import read_archive
from hatch_flyte.archives import inside
from hatch_flyte.entries import fill_entries, levels
from hatch_flyte.errors import ArchiveError, WheelError
from hatch_flyte.manifest import Manifest, ManifestError
from hatch_flyte.serialize import serialize
from hatch_flyte.wheel import read_wheel
from hatch_flyte.wire.identifiers import Fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

    from hypothesis import strategies as st

    from hatch_flyte.archive import Archive
    from hatch_flyte.wheel import Wheel

ANYWHERE = Fill(project="p", domain="d", version="v", bundle_url="u", destination=".")
LONGEST_MESSAGE = 1200
SECONDS = 10
"""For one file of some kilobytes, on a machine that does something else too; a hang takes minutes."""


@dataclass
class Box:
    """A folder in which a damaged file is read, and what must be in it before and after."""

    folder: Path
    taken: int = 0
    refused: set[str] = field(default_factory=set)

    @property
    def home(self) -> Path:
        """Where Hypothesis keeps what it needs, beside the box."""
        return self.folder.with_name("hypothesis")

    @property
    def root(self) -> Path:
        return self.folder / "unpacked" / "root"

    def examine(self, name: str, data: bytes, read: Callable[[Path], object]) -> Any:
        """Return what `read` makes of a file with `data`, or None for an error that says clearly what is wrong."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.root.mkdir(parents=True)
        path = self.folder / name
        path.write_bytes(data)
        before = self.listing()
        start = time.monotonic()
        try:
            result = read(path)
        except ArchiveError as problem:
            self.refused.add(check_message(path, problem)[:40])
            result = None
        else:
            self.taken += 1
        assert time.monotonic() - start < SECONDS
        assert self.listing() == before
        return result

    def listing(self) -> list[Path]:
        assert not os.path.lexists(OUTSIDE)
        return sorted(self.folder.rglob("*"))

    def unpack(self, name: str, stream: IO[bytes] | None) -> None:
        """Write a file below the root, under a name that was taken."""
        assert stream is not None
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with stream, target.open("xb") as out:
            shutil.copyfileobj(stream, out)

    def unpacked(self) -> dict[str, bytes]:
        """Return what was unpacked below the root; nothing may be elsewhere."""
        assert list(self.root.parent.iterdir()) == [self.root]
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


def check_message(path: Path, problem: ArchiveError) -> str:
    """Assert the form **where: what (got what)**; return what stands after the place."""
    message = problem.message
    where, _, what = message.partition(": ")
    assert where == str(path)
    assert "Traceback" not in str(problem)
    return check_text(what)


def check_text(what: str) -> str:
    """Assert that a message ends with what was got, can be shown as it is, and isn't too long to read."""
    assert what.isprintable(), ascii(what)
    assert len(what) < LONGEST_MESSAGE
    assert what.endswith(")"), what
    return what


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "box")


def read_whole_wheel(path: Path) -> tuple[Wheel, dict[str, bytes]]:
    wheel = read_wheel(path)
    return wheel, {file.name: wheel.read(file.name) for file in wheel.files}


def judge_wheel(box: Box, data: bytes) -> None:
    """Read every file of a wheel, and lay it out as the worker does."""
    found = box.examine("acme-1-py3-none-any.whl", data, read_whole_wheel)
    if found is None:
        return
    wheel, contents = found
    names = [file.name for file in wheel.files]
    assert names == sorted(set(names))
    assert all(posixpath.normpath(name) == name and not name.startswith(("/", "..")) for name in names)
    assert read_wheel(wheel.path) == wheel
    with zipfile.ZipFile(wheel.path) as file:
        for name in names:
            box.unpack(name, file.open(wheel.members[name].filename))
    assert box.unpacked() == contents


def judge_archive(box: Box, data: bytes) -> None:
    """Read an archive as a publish does, and unpack it and its bundle with other means."""
    archive = box.examine("acme-1-flyte.tgz", data, read_to_publish)
    if archive is None:
        return
    path = box.folder / "acme-1-flyte.tgz"
    assert tar_content(path) == {
        **{member.file: member.data for member in archive.members},
        **({"bundle": archive.bundle.data} if archive.bundle else {}),
    }
    if archive.manifest and archive.bundle:
        check_bundle(box, archive.bundle.data)
    write_archive(path, archive)
    again = read_archive(path)
    assert (again.members, again.manifest) == (archive.members, archive.manifest)


def read_to_publish(path: Path) -> Archive:
    archive = read_archive(path)
    with inside(path):
        entries = fill_entries(archive, ANYWHERE)
        assert sum(map(len, levels(entries))) == len(archive.members)
    return archive


def tar_content(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        files = {posixpath.basename(one.name): tar.extractfile(one).read() for one in tar if one.isreg()}  # type: ignore[union-attr] # a regular file
    return {"bundle" if name.startswith("fast") else name: data for name, data in files.items()}


def check_bundle(box: Box, data: bytes) -> None:
    """Unpack a bundle that was taken, as the pod does."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        members = tar.getmembers()
        assert all(member.isreg() and not member.issparse() for member in members)
        for member in members:
            box.unpack(member.name, tar.extractfile(member))
    assert len(box.unpacked()) == len(members)


def judge_manifest(box: Box, text: str) -> None:
    """Parse a manifest; what is taken has one text, which gives the same manifest again."""
    try:
        manifest = Manifest.from_json(text)
    except ManifestError as problem:
        box.refused.add(check_text(str(problem))[:40])
        return
    box.taken += 1
    assert Manifest.from_json(manifest.to_json()) == manifest
    manifest.version.encode()


@dataclass(frozen=True)
class Property:
    """Cases, what judges one, and how many there are in the short run."""

    cases: st.SearchStrategy[Any]
    judge: Callable[[Box, Any], None]
    count: int


PROPERTIES = {
    "wheels whose zip lies": Property(odd_wheels.lying_wheels().map(odd_wheels.Zip.to_bytes), judge_wheel, 250),
    "wheels with changed bytes": Property(odd_wheels.damaged_wheels(), judge_wheel, 150),
    "odd metadata": Property(
        odd_wheels.odd_metadata().map(lambda text: odd_wheels.wheel_with(odd_wheels.MODULE, metadata=text).to_bytes()),
        judge_wheel,
        100,
    ),
    "archives whose tar lies": Property(odd_archives.lying_tars(), judge_archive, 200),
    "archives with changed bytes": Property(odd_archives.damaged_archives(), judge_archive, 100),
    "odd gzip streams": Property(odd_archives.odd_gzips(), judge_archive, 30),
    "odd manifests": Property(odd_archives.odd_manifests(), judge_manifest, 100),
    "archives with odd manifests": Property(odd_archives.archives_with_odd_manifests(), judge_archive, 70),
    "archives with odd bundles": Property(odd_archives.archives_with_odd_bundles(), judge_archive, 100),
    "archives with damaged protobufs": Property(odd_archives.archives_with_damaged_protobufs(), judge_archive, 100),
}
MANY = 10
"""How many times as many cases the long run has."""


def test_a_thousand_cases_are_judged() -> None:
    assert sum(one.count for one in PROPERTIES.values()) >= 1000


@pytest.mark.parametrize("name", PROPERTIES)
def test_damage_gives_a_clear_error_or_a_correct_result(name: str, box: Box) -> None:
    one = PROPERTIES[name]

    judge_all(one.cases, lambda case: one.judge(box, case), one.count, box.home)

    assert box.taken, "all were refused: the cases are too wild to find what is taken wrongly"
    assert len(box.refused) > 1, "the cases are too tame"


@pytest.mark.long
@pytest.mark.parametrize("name", PROPERTIES)
def test_much_more_damage_gives_a_clear_error_or_a_correct_result(name: str, box: Box) -> None:
    one = PROPERTIES[name]

    judge_all(one.cases, lambda case: one.judge(box, case), one.count * MANY, box.home)


@pytest.mark.flytekit
@pytest.mark.parametrize(
    "damage",
    [{"crc": 1}, {"local_name": b"acme/tasks.py"}, {"content": TASK.encode()[:-10], "crc": zlib.crc32(TASK.encode())}],
    ids=["checksum", "name", "content"],
)
def test_a_wheel_that_is_damaged_inside_ends_in_the_worker_with_a_clear_error(
    tmp_path: Path, damage: dict[str, Any]
) -> None:
    path = tmp_path / "acme-1-py3-none-any.whl"
    module = odd_wheels.Entry(b"acme/flows.py", TASK.encode())
    path.write_bytes(odd_wheels.wheel_with(replace(module, **damage)).to_bytes())

    with pytest.raises(WheelError) as caught:
        serialize(read_wheel(path), SETTINGS, HERE)

    assert "the wheel is damaged (" in check_message(path, caught.value)
