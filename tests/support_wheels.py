"""Real wheels for tests, written with zipfile as installers expect them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHEEL = """
Wheel-Version: 1.0
Generator: test
Root-Is-Purelib: true
Tag: py3-none-any
"""


@dataclass(frozen=True)
class WheelSource:
    """What to put into a wheel."""

    files: Mapping[str, str | bytes]
    name: str = "acme-pipelines"
    version: str = "1.4"
    requires: tuple[str, ...] = ()
    executables: frozenset[str] = field(default_factory=frozenset)
    requires_python: str = ""
    tags: str = WHEEL

    @property
    def stem(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def metadata(self) -> str:
        requires = "".join(f"Requires-Dist: {requirement}\n" for requirement in self.requires)
        requires += f"Requires-Python: {self.requires_python}\n" if self.requires_python else ""
        return f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n{requires}\nA description.\n"


def build_wheel(folder: Path, source: WheelSource) -> Path:
    """Write `source` as a wheel into `folder` and return its path."""
    path = folder / f"{source.stem}-py3-none-any.whl"
    contents = {
        **source.files,
        f"{source.stem}.dist-info/METADATA": source.metadata,
        f"{source.stem}.dist-info/WHEEL": source.tags,
        f"{source.stem}.dist-info/RECORD": "",
    }
    members = {
        name: content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode()
        for name, content in contents.items()
    }
    write_zip(path, members, executables=source.executables)
    return path


def wheel_of(folder: Path, **modules: str) -> Path:
    """Write a wheel of modules, given as `acme__flows="source"` for `acme/flows.py`."""
    return build_wheel(folder, WheelSource({_file_of(name): text for name, text in modules.items()}))


def _file_of(name: str) -> str:
    for special in ("init", "main"):
        name = name.replace(f"__{special}__", f"<{special}>")
    return f"{name.replace('__', '/').replace('<', '__').replace('>', '__')}.py"


def write_zip(path: Path, members: Mapping[str, bytes], *, executables: frozenset[str] = frozenset()) -> None:
    """Write a zip of any member names, also of such as no wheel may have."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2020, 2, 2, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if name in executables else 0o100644) << 16
            archive.writestr(info, content)
