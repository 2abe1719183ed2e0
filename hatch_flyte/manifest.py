"""The manifest: what an archive says about itself. JSON in and out; docs/archive-format.md describes it for others.

Knows nothing of tar files or protobuf.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from hatch_flyte.entity import Kind
from hatch_flyte.untrusted import escaped, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Version of the manifest's form. A reader refuses a higher number and ignores keys it doesn't know."""

_MAX_NUMBER = (1 << 31) - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


class ManifestError(ValueError):
    """The text is no manifest; `str()` says where and what."""


@dataclass(frozen=True, slots=True)
class ManifestEntity:
    """One entity of the archive, as its member file and as its author's source."""

    file: str
    """Name of the member that holds the protobuf."""
    kind: Kind
    name: str
    digest: str
    """SHA-256 of the member's bytes, 64 hexadecimal digits."""
    module: str = ""
    """Dotted module that defines it; empty where unknown."""
    source: str = ""
    """Path of that module in the wheel, with `/`; empty for entities of other distributions."""
    line: int = 0
    """Line of the definition, from 1; 0 where unknown."""
    activate: bool = False
    """Whether the author marked the launch plan `auto_activate`, which flytekit keeps out of the protobuf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds, from which distribution, for which images."""

    name: str
    version: str
    entities: tuple[ManifestEntity, ...]
    code: str = "image"
    """`image` (the code is in the image) or `wheel` (a bundle ships it)."""
    bundle: str = ""
    """Digest of the bundle; empty without one."""
    destination: str = ""
    """Where a task unpacks the bundle; empty without one."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image by name; `default` is the one of tasks that name none."""
    python: str = ""
    """Version of the interpreter that serialized."""
    flytekit: str = ""
    generator: str = ""

    def to_json(self) -> str:
        """Return the one JSON text of this manifest: sorted keys, ASCII, no blanks."""
        table: dict[str, Any] = {
            "format": FORMAT,
            "distribution": {"name": self.name, "version": self.version},
            "code": self.code,
            "images": dict(self.images),
            "python": self.python,
            "flytekit": self.flytekit,
            "generator": self.generator,
            "entities": [_entity_table(entity) for entity in self.entities],
        }
        if self.bundle:
            table["bundle"] = {"digest": self.bundle, "destination": self.destination}
        return json.dumps(table, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Parse a manifest that may come from anywhere; `ManifestError` for anything that isn't one."""
        read = _Reader(_parsed(text), "manifest")
        if (number := read.number("format", least=1)) > FORMAT:
            raise ManifestError(
                f"manifest.format: made for a newer hatch-flyte (got {number}, this one reads up to {FORMAT})"
            )
        distribution = _Reader(read.value("distribution", dict), "manifest.distribution")
        bundle = read.value("bundle", dict, {})
        if bundle and not _Reader(bundle, "manifest.bundle").value("digest", str):
            raise ManifestError("manifest.bundle.digest: expected a digest (got none)")
        return cls(
            name=distribution.value("name", str),
            version=distribution.value("version", str),
            code=read.value("code", str, "image"),
            bundle=_Reader(bundle, "manifest.bundle").value("digest", str) if bundle else "",
            destination=_Reader(bundle, "manifest.bundle").value("destination", str) if bundle else "",
            images=read.strings("images"),
            python=read.value("python", str, ""),
            flytekit=read.value("flytekit", str, ""),
            generator=read.value("generator", str, ""),
            entities=tuple(
                _entity(item, f"manifest.entities[{index}]") for index, item in enumerate(read.value("entities", list))
            ),
        )


def _entity_table(entity: ManifestEntity) -> dict[str, Any]:
    table: dict[str, Any] = {
        "file": entity.file,
        "kind": entity.kind.value,
        "name": entity.name,
        "digest": entity.digest,
    }
    optional = {
        "module": entity.module,
        "source": entity.source,
        "line": entity.line,
        "activate": entity.activate,
    }
    return table | {key: value for key, value in optional.items() if value}


def _parsed(text: str) -> object:
    """Return what `text` is in JSON, of which every reader says the same (RFC 8259): no key twice, no NaN."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except ManifestError:
        raise
    except (ValueError, RecursionError) as problem:
        raise ManifestError(f"expected JSON ({problem})") from problem


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        counted = Counter(key for key, _ in pairs)
        raise ManifestError(f"expected each key once (got {shown(counted.most_common(1)[0][0])} again)")
    return table


def _no_constant(word: str) -> NoReturn:
    raise ManifestError(f"expected JSON (got {word})")


def _entity(item: object, where: str) -> ManifestEntity:
    read = _Reader(item, where)
    word = read.value("kind", str)
    try:
        kind = Kind(word)
    except ValueError as problem:
        words = ", ".join(repr(known.value) for known in Kind)
        raise ManifestError(f"{where}.kind: expected one of {words} (got {shown(word)})") from problem
    return ManifestEntity(
        file=read.value("file", str),
        kind=kind,
        name=read.value("name", str),
        digest=read.value("digest", str),
        module=read.value("module", str, ""),
        source=read.value("source", str, ""),
        line=read.number("line", 0),
        activate=read.value("activate", bool, default=False),
    )


class _Reader:
    """Typed access to one JSON object."""

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, dict):
            raise ManifestError(f"{where}: expected an object (got {type(table).__name__})")
        self._table, self._where = table, where

    def value(self, key: str, kind: type[Any], default: object = None) -> Any:
        """Return the value of `key`, of exactly the type `kind` (a bool is no int)."""
        if key not in self._table and default is not None:
            return default
        value = self._table.get(key)
        if type(value) is not kind:
            raise ManifestError(f"{self._where}.{key}: expected {kind.__name__} (got {type(value).__name__})")
        if isinstance(value, str):
            self._check_text(key, value)
        return value

    def number(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a number that counts something."""
        number = int(self.value(key, int, default))
        if not least <= number <= _MAX_NUMBER:
            got = str(number) if abs(number) <= _MAX_NUMBER else "a longer one"
            raise ManifestError(f"{self._where}.{key}: expected a number from {least} to {_MAX_NUMBER} (got {got})")
        return number

    def strings(self, key: str) -> dict[str, str]:
        """Return a table of strings."""
        table = self.value(key, dict, {})
        for name, value in table.items():
            if not isinstance(value, str):
                raise ManifestError(f"{self._where}.{key}.{escaped(name)}: expected str (got {type(value).__name__})")
            self._check_text(key, name)
            self._check_text(key, value)
        return dict(table)

    def _check_text(self, key: str, text: str) -> None:
        """Refuse what JSON can escape, and no other format that it goes to can hold."""
        if _SURROGATE.search(text):
            raise ManifestError(f"{self._where}.{key}: expected text in Unicode (got {shown(text)})")
