"""A wheel, read: its metadata, and its files in the layout that Python would import them from.

Owns the wheel format (PyPA binary distribution format 1.0). Knows nothing of Flyte, and imports nothing of the wheel's.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from email.parser import HeaderParser
from typing import TYPE_CHECKING, NoReturn

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hatch_flyte.errors import WheelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from email.message import Message
    from pathlib import Path

_ENCRYPTED = 0x1
_EXECUTABLE = 0o111
_FOLDED_SCHEMES = frozenset({"purelib", "platlib"})
_EXTENSION_ENDINGS = (".so", ".pyd")
_LOCAL_NAME_LENGTHS = 26
"""Offset of the two name lengths in a zip member's local header (APPNOTE.TXT 4.3.7)."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error)
"""What `zipfile` raises for content that is damaged or packed in a way it does not know."""


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file of a wheel."""

    name: str
    """Path below the root that Python imports from, with `/`."""
    executable: bool


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that was opened and checked once; contents are read when asked for."""

    path: Path
    name: str
    """The distribution's name as METADATA spells it."""
    version: str
    requires: tuple[Requirement, ...]
    requires_python: str
    files: tuple[WheelFile, ...]
    """Sorted by name: the library root with `*.data/purelib` and `*.data/platlib` folded in, and `.dist-info`."""
    members: Mapping[str, zipfile.ZipInfo] = field(repr=False, compare=False)
    """Where in the zip each file is, by the file's name."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Every module that can be imported, dotted and sorted; a package stands for its `__init__`; no `__main__`."""
        found = {_module_of(file.name) for file in self.files}
        return tuple(sorted(found - {""}))

    def read(self, name: str) -> bytes:
        """Return the content of the file `name`.

        Raises `KeyError` if there is no such file, and `WheelError` where the content is damaged.
        """
        info = self.members[name]
        try:
            # `ZipFile.read` would parse the zip's whole directory for each file.
            with self.path.open("rb") as stream:
                stream.seek(info.header_offset + _LOCAL_NAME_LENGTHS)
                stream.seek(sum(struct.unpack("<HH", stream.read(4))), 1)
                with zipfile.ZipExtFile(stream, "r", info) as member:
                    return member.read()
        except _DAMAGED as problem:
            raise WheelError(f"{self.path}: `{name}` is damaged ({problem})") from problem


def read_wheel(path: Path) -> Wheel:
    """Return the wheel at `path`.

    Raises `WheelError` for what cannot be read, is no zip or a truncated one, has a member name that leaves the
    archive, the same name twice, no `.dist-info` or several, or metadata that is missing or wrong.
    """
    infos = _infos(path)
    members = _importable(path, infos)
    metadata_name = _metadata_name(path, infos)
    wheel = Wheel(path, "", "", (), "", _files(members), members)
    return _described(wheel, metadata_name)


def _infos(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except OSError as problem:
        raise WheelError(f"{path}: cannot be read ({problem.strerror or problem})") from problem
    except _DAMAGED as problem:
        raise _no_zip(path) from problem
    for info in infos:
        if not _is_safe(info.orig_filename):
            _refuse(path, "expected member names that stay inside the wheel", repr(info.orig_filename))
        if info.flag_bits & _ENCRYPTED:
            _refuse(path, "expected members that anyone can read", f"`{info.filename}`, which is encrypted")
    return infos


def _no_zip(path: Path) -> WheelError:
    with path.open("rb") as stream:
        if stream.read(2) == b"PK":
            return WheelError(
                f"{path}: the wheel is truncated (the zip directory at its end is missing or damaged)",
                hint="Build or download it again.",
            )
    return WheelError(f"{path}: expected a wheel (got a file that is no zip archive)")


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    return not (set(parts) & {"", ".", ".."} or "\\" in name or ":" in parts[0] or "\0" in name)


def _importable(path: Path, infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _importable_name(info.filename)
        if name in members:
            _refuse(path, "expected each file once", f"`{name}` twice")
        if name:
            members[name] = info
    return members


def _importable_name(member: str) -> str:
    """Return where a member lands below the root, or nothing for one that goes elsewhere (scripts, headers, data)."""
    top, _, below = member.partition("/")
    if not below or not top.endswith(".data"):
        return member
    scheme, _, name = below.partition("/")
    return name if scheme in _FOLDED_SCHEMES else ""


def _files(members: Mapping[str, zipfile.ZipInfo]) -> tuple[WheelFile, ...]:
    return tuple(
        WheelFile(name, executable=bool((info.external_attr >> 16) & _EXECUTABLE))
        for name, info in sorted(members.items())
    )


def _metadata_name(path: Path, infos: Sequence[zipfile.ZipInfo]) -> str:
    tops = {info.filename.partition("/")[0] for info in infos if "/" in info.filename}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) != 1:
        _refuse(path, "expected one .dist-info folder", ", ".join(folders) or "none")
    name = f"{folders[0]}/METADATA"
    if not any(info.filename == name for info in infos):
        _refuse(path, f"expected the file `{name}`", "none")
    return name


def _described(wheel: Wheel, metadata_name: str) -> Wheel:
    """Return `wheel` with what its metadata say (core metadata specification)."""
    headers = _headers(wheel, metadata_name)
    name, version = _required(wheel, headers, "Name"), _required(wheel, headers, "Version")
    _check_folder(wheel.path, metadata_name.partition("/")[0], name, version)
    return replace(
        wheel,
        name=name,
        version=version,
        requires=tuple(_requirement(wheel, str(line)) for line in headers.get_all("Requires-Dist", [])),
        requires_python=str(headers.get("Requires-Python", "")),
    )


def _headers(wheel: Wheel, metadata_name: str) -> Message:
    try:
        text = wheel.read(metadata_name).decode()
    except UnicodeDecodeError as problem:
        raise WheelError(f"{wheel.path}: expected METADATA in UTF-8 ({problem.reason})") from problem
    return HeaderParser().parsestr(text, headersonly=True)


def _required(wheel: Wheel, headers: Message, key: str) -> str:
    value = str(headers.get(key, "")).strip()
    if not value:
        _refuse(wheel.path, f"expected METADATA to say {key}", "nothing")
    return value


def _requirement(wheel: Wheel, line: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as problem:
        raise WheelError(f"{wheel.path}: expected requirements in METADATA (got `{line}`)") from problem


def _check_folder(path: Path, folder: str, name: str, version: str) -> None:
    folder_name, _, folder_version = folder[: -len(".dist-info")].partition("-")
    try:
        same_version = Version(folder_version) == Version(version)
    except InvalidVersion as problem:
        raise WheelError(f"{path}: expected a version as PEP 440 has them ({problem})") from problem
    if not same_version or canonicalize_name(folder_name) != canonicalize_name(name):
        _refuse(path, f"expected METADATA that agrees with the folder `{folder}`", f"{name} {version}")


def _module_of(name: str) -> str:
    """Return the dotted module that the file `name` is, or nothing."""
    *folders, last = name.split("/")
    if last.endswith(".py"):
        stem = last[: -len(".py")]
    elif last.endswith(_EXTENSION_ENDINGS):
        stem = last.partition(".")[0]  # `fast.cpython-312-x86_64-linux-gnu.so` is the module `fast`
    else:
        return ""
    parts = folders if stem == "__init__" else [*folders, stem]
    return ".".join(parts) if all(map(str.isidentifier, parts)) and "__main__" not in parts else ""


def _refuse(path: Path, expected: str, got: str) -> NoReturn:
    raise WheelError(f"{path}: {expected} (got {got})")
