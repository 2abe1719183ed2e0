"""A wheel, read: its metadata, and its files in the layout that Python would import them from.

Owns the wheel format (PyPA binary distribution format 1.0); `wheel_zip` reads the zip. Knows nothing of Flyte, and
imports nothing of the wheel's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from email.parser import HeaderParser
from typing import TYPE_CHECKING, NoReturn

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hatch_flyte.errors import WheelError
from hatch_flyte.untrusted import clash, shown
from hatch_flyte.wheel_zip import read_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from email.message import Message
    from pathlib import Path

    from hatch_flyte.wheel_zip import ZipMember

MAX_METADATA = 4 << 20
"""Bytes of METADATA, which holds the project's whole README: long ones have some 100 KiB."""
MAX_HEADERS = 1 << 20
"""Characters of its headers, up to the README: a project with a thousand requirements has some 100,000."""

MAX_VALUE = 4096
"""Characters of one value in METADATA. In fewer than that no number has more digits than Python reads (4300)."""

_EXECUTABLE = 0o111
_FOLDED_SCHEMES = frozenset({"purelib", "platlib"})
_EXTENSION_ENDINGS = (".so", ".pyd")
_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
"""A distribution's name, as core metadata allow it."""
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n){2}")
_CACHE = "__pycache__"


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
    """Sorted by name: the library root with `*.data/purelib` and `*.data/platlib` folded in, and `.dist-info`.

    Without Python's caches: Python makes them anew, for its own version; stale ones would hide what the source says.
    """
    members: Mapping[str, ZipMember] = field(repr=False, compare=False)
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
        return self.members[name].read(self.path)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the same content in pieces, `size(name)` bytes in all; damage may show after the last piece only."""
        return self.members[name].pieces(self.path)

    def size(self, name: str) -> int:
        """Return how many bytes the file `name` has."""
        return self.members[name].size


def read_wheel(path: Path) -> Wheel:
    """Return the wheel at `path`.

    Raises `WheelError` for what `wheel_zip` refuses, for the same name twice, or two that are one on some systems, for
    no `.dist-info` or several, and for metadata that are missing, wrong or too large.
    """
    zip_members = read_members(path)
    members = _importable(path, zip_members)
    metadata_name = _metadata_name(path, zip_members)
    wheel = Wheel(path, "", "", (), "", _files(members), members)
    return _described(wheel, metadata_name)


def _importable(path: Path, zip_members: Iterable[ZipMember]) -> dict[str, ZipMember]:
    members: dict[str, ZipMember] = {}
    for member in zip_members:
        name = _importable_name(member.filename)
        if name in members:
            _refuse(path, "expected each file once", f"{shown(name)} twice")
        if name:
            members[name] = member
    if pair := clash(members):
        _refuse(
            path,
            "expected names that can stand side by side on every system",
            " and ".join(map(shown, pair)),
            hint="Rename one, or leave it out of the wheel: on macOS and Windows it would take the other's place.",
        )
    return {name: member for name, member in members.items() if not _is_cache(name, members)}


def _is_cache(name: str, members: Mapping[str, ZipMember]) -> bool:
    """Return whether Python wrote this file and needs it not; a `.pyc` without its source is code that ships."""
    return _CACHE in name.split("/") or (name.endswith(".pyc") and name[:-1] in members)


def _importable_name(member: str) -> str:
    """Return where a member lands below the root, or nothing for one that goes elsewhere (scripts, headers, data)."""
    top, _, below = member.partition("/")
    if not below or not top.endswith(".data"):
        return member
    scheme, _, name = below.partition("/")
    return name if scheme in _FOLDED_SCHEMES else ""


def _files(members: Mapping[str, ZipMember]) -> tuple[WheelFile, ...]:
    return tuple(
        WheelFile(name, executable=bool(member.mode & _EXECUTABLE)) for name, member in sorted(members.items())
    )


def _metadata_name(path: Path, members: Sequence[ZipMember]) -> str:
    tops = {member.filename.partition("/")[0] for member in members if "/" in member.filename}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) != 1:
        _refuse(path, "expected one .dist-info folder", ", ".join(map(shown, folders[:2])) or "none")
    name = f"{folders[0]}/METADATA"
    size = next((member.size for member in members if member.filename == name), None)
    if size is None:
        _refuse(path, f"expected the file {shown(name)}", "none")
    if size > MAX_METADATA:
        hint = "Most of it is the project's README: make that shorter."
        _refuse(path, f"expected METADATA of at most {MAX_METADATA} bytes", str(size), hint=hint)
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
        requires=tuple(_requirement(wheel, line) for line in _values(wheel, headers, "Requires-Dist")),
        requires_python=_required_python(wheel, next(iter(_values(wheel, headers, "Requires-Python")), "")),
    )


def _headers(wheel: Wheel, metadata_name: str) -> Message:
    try:
        text = wheel.read(metadata_name).decode()
    except UnicodeDecodeError as problem:
        raise WheelError(f"{wheel.path}: expected METADATA in UTF-8 ({problem.reason})") from problem
    headers = _BLANK_LINE.split(text, 1)[0]
    if len(headers) > MAX_HEADERS:
        _refuse(wheel.path, f"expected METADATA with at most {MAX_HEADERS} characters of headers", str(len(headers)))
    return HeaderParser().parsestr(headers, headersonly=True)


def _values(wheel: Wheel, headers: Message, key: str) -> list[str]:
    values = [str(value).strip() for value in headers.get_all(key, [])]
    for value in values:
        if len(value) > MAX_VALUE:
            _refuse(wheel.path, f"expected at most {MAX_VALUE} characters as {key} in METADATA", str(len(value)))
    return values


def _required(wheel: Wheel, headers: Message, key: str) -> str:
    value = next(iter(_values(wheel, headers, key)), "")
    if not value:
        _refuse(wheel.path, f"expected METADATA to say {key}", "nothing")
    return value


def _requirement(wheel: Wheel, line: str) -> Requirement:
    try:
        return Requirement(line)
    except (InvalidRequirement, RecursionError) as problem:
        raise WheelError(f"{wheel.path}: expected requirements in METADATA (got {shown(line)})") from problem


def _required_python(wheel: Wheel, text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as problem:
        raise WheelError(f"{wheel.path}: expected METADATA with a Requires-Python (got {shown(text)})") from problem
    return text


def _check_folder(path: Path, folder: str, name: str, version: str) -> None:
    if not _NAME.fullmatch(name):
        _refuse(path, "expected a name as core metadata have them", shown(name))
    folder_name, _, folder_version = folder[: -len(".dist-info")].partition("-")
    same_version = _version(path, folder_version) == _version(path, version)
    if not same_version or canonicalize_name(folder_name) != canonicalize_name(name):
        _refuse(path, f"expected METADATA that agrees with the folder {shown(folder)}", shown(f"{name} {version}"))


def _version(path: Path, text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as problem:
        raise WheelError(f"{path}: expected a version as PEP 440 has them (got {shown(text)})") from problem


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


def _refuse(path: Path, expected: str, got: str, *, hint: str = "") -> NoReturn:
    raise WheelError(f"{path}: {expected} (got {got})", hint=hint)
