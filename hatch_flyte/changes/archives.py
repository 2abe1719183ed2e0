"""What changed between two archives: entities, what their manifests say, files of their bundles.

Archives without a manifest (of `pyflyte package`) are compared by their entities and bundles. Not compared is what
follows from the rest (names and digests of members), and what a bundle says of times and owners.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from hatch_flyte.changes.change import Change, Group
from hatch_flyte.changes.entities import changes_of, identity_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.bundle_reader import BundleEntry
    from hatch_flyte.contents import Content, Opened
    from hatch_flyte.entity import Kind
    from hatch_flyte.manifest import Manifest, ManifestEntity

_FACTS: Final = {
    "name": ("distribution.name", Group.DISTRIBUTION, "name"),
    "version": ("distribution.version", Group.DISTRIBUTION, "version"),
    "code": ("code", Group.CODE, "at run time"),
    "destination": ("bundle.destination", Group.CODE, "destination"),
    "flytekit": ("flytekit", Group.MADE_WITH, "flytekit"),
    "python": ("python", Group.MADE_WITH, "Python"),
    "generator": ("generator", Group.MADE_WITH, "generator"),
    "module": ("module", Group.SOURCE, "module"),
    "source": ("source", Group.SOURCE, "file"),
    "line": ("line", Group.SOURCE, "line"),
    "activate": ("activate", Group.ACTIVATION, ""),
}
"""Attributes of a manifest and its entities: their keys, groups, and what they are called there."""

_NO_FACTS: Final = frozenset({"entities", "images", "bundle", "file", "kind", "digest"})
"""Attributes that are compared elsewhere or follow from it. What neither list has is compared under its own name."""


@dataclass(frozen=True, slots=True)
class EntityChange:
    """An entity that is not the same in two archives."""

    kind: Kind
    name: str
    changes: tuple[Change, ...] = ()
    """What changed; empty for an entity that was added or removed."""


@dataclass(frozen=True, slots=True)
class ArchiveChanges:
    """What is not the same in two archives; false if there is nothing."""

    added: tuple[EntityChange, ...]
    removed: tuple[EntityChange, ...]
    changed: tuple[EntityChange, ...]
    archive: tuple[Change, ...]
    """Changes of what the archives say of themselves, and of the files in their bundles."""
    manifests: bool
    """Whether both have a manifest; otherwise only entities and bundles were compared."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.archive)


def archive_changes(old: Opened, new: Opened) -> ArchiveChanges:
    """Return what changed from `old` to `new`; entities in the order of the archive they are in."""
    ours, theirs = old.entities, new.entities
    both = [EntityChange(*key, _entity_changes(ours[key], theirs[key])) for key in theirs if key in ours]
    before, after = old.archive.manifest, new.archive.manifest
    facts = (*_fact_changes(before, after), *_image_changes(before, after))
    return ArchiveChanges(
        added=tuple(EntityChange(*key) for key in theirs if key not in ours),
        removed=tuple(EntityChange(*key) for key in ours if key not in theirs),
        changed=tuple(one for one in both if one.changes),
        archive=(*facts, *_bundle_changes(old, new)),
        manifests=before is not None and after is not None,
    )


def _entity_changes(old: Content, new: Content) -> tuple[Change, ...]:
    said = tuple(_fact_changes(old.said, new.said))
    if old.member.data == new.member.data:
        return said
    identities = identity_changes(old.kind, old.message, new.message)
    return (*identities, *changes_of(old.message, new.message), *said)


def _fact_changes(old: Manifest | ManifestEntity | None, new: Manifest | ManifestEntity | None) -> Iterator[Change]:
    """Yield what two manifests say otherwise of themselves, or of one entity; nothing where one is missing."""
    for field in fields(old) if old is not None and new is not None else ():
        ours, theirs = getattr(old, field.name), getattr(new, field.name)
        if field.name not in _NO_FACTS and ours != theirs:
            key, group, subject = _FACTS.get(field.name, (field.name, Group.OTHER, ""))
            yield Change(group, subject, key, ours or None, theirs or None)


def _image_changes(old: Manifest | None, new: Manifest | None) -> Iterator[Change]:
    if old is None or new is None:
        return
    for name in dict.fromkeys((*old.images, *new.images)):
        ours, theirs = old.images.get(name), new.images.get(name)
        if ours != theirs:
            yield Change(Group.IMAGE, name, f"images.{name}", ours, theirs)


def _bundle_changes(old: Opened, new: Opened) -> Iterator[Change]:
    """Yield files that were added, removed or changed; or that the bundles differ otherwise, with their digests."""
    before, after = ({entry.name: entry for entry in one.files} for one in (old, new))
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    for name in names:
        said = (_file_words(one.get(name)) for one in (before, after))
        yield Change(Group.CODE, f"file {name}", f"bundle[{name}]", *said)
    bundles = (old.archive.bundle, new.archive.bundle)
    # Without a manifest the digest is one of compressed bytes, which tell nothing.
    if not names and (None in bundles or (old.archive.manifest and new.archive.manifest)):
        digests = [bundle.digest if bundle else None for bundle in bundles]
        if digests[0] != digests[1]:
            yield Change(Group.CODE, "bundle", "bundle.digest", *digests)


def _file_words(entry: BundleEntry | None) -> str | None:
    if entry is None:
        return None
    if entry.target:
        return f"link to {entry.target}"
    return f"{entry.size} bytes{', executable' * entry.executable}, SHA-256 {entry.digest[:16]}"
