"""What an archive holds, for those who look into it: entities one by one, images, tables.

Takes archives with and without a manifest. Texts stay as they stand in the archive: whoever shows them escapes them.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.bundle_reader import read_bundle
from hatch_flyte.entity import Kind
from hatch_flyte.entries import parse_member
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive, Member
    from hatch_flyte.bundle_reader import BundleEntry
    from hatch_flyte.manifest import ManifestEntity

COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.TASK: ("type", "image"),
    Kind.WORKFLOW: ("nodes",),
    Kind.LAUNCH_PLAN: ("workflow", "schedule", "activate"),
}
"""What a table of each kind says of an entity, besides its name and source."""


@dataclass(frozen=True, slots=True)
class Content:
    """One entity of an archive."""

    member: Member
    name: str
    message: Message
    """`admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlan`, as the archive has it."""
    said: ManifestEntity | None = None
    """What the manifest says of it; None without a manifest."""

    @property
    def kind(self) -> Kind:
        """The entity's kind."""
        return self.member.kind

    @property
    def source(self) -> str:
        """Where it was written, `acme/jobs.py:7`; empty where unknown."""
        return f"{self.said.source}:{self.said.line}" if self.said and self.said.source else ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive with all that is in it."""

    archive: Archive
    entities: dict[tuple[Kind, str], Content]
    files: tuple[BundleEntry, ...]
    """The bundle's; empty without one."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the manifest names, or that entities ask for."""

    name: str
    """Its name in the manifest; empty for one that has none there."""
    image: str
    uses: int
    """How many tasks and nodes ask for it."""


def opened(archive: Archive) -> Opened:
    """Return `archive` with its entities and the files of its bundle.

    Raises `ArchiveError` for what can't be read, and for an entity that is there more than once.
    """
    files = read_bundle(archive.bundle) if archive.bundle else ()
    return Opened(archive, by_name(contents(archive)), tuple(files))


def contents(archive: Archive) -> list[Content]:
    """Return the entities of `archive`, in its order.

    Raises `ArchiveError` for a member that isn't the protobuf its name says.
    """
    from hatch_flyte.wire.messages import own_identifier

    said = {entity.file: entity for entity in archive.manifest.entities} if archive.manifest else {}
    found = []
    for member in archive.members:
        message = parse_member(member)
        name = str(own_identifier(member.kind, message).name)
        found.append(Content(member, name, message, said.get(member.file)))
    return found


def by_name(found: Sequence[Content]) -> dict[tuple[Kind, str], Content]:
    """Return `found` by kind and name. Raises `ArchiveError` for an entity that is there more than once."""
    counted = Counter((one.kind, one.name) for one in found)
    twice = [f"{kind.value} {name}" for (kind, name), count in counted.items() if count > 1]
    if twice:
        raise ArchiveError(f"archive: expected each entity once (got {', '.join(twice)} more than once)")
    return {(one.kind, one.name): one for one in found}


def closest(name: str, names: Sequence[str]) -> list[str]:
    """Return those of `names` that `name` may have been meant for: that end with it, or are spelled nearly so."""
    ending = sorted({one for one in names if one.endswith(f".{name}")})
    return ending or difflib.get_close_matches(name, sorted(set(names)), cutoff=0.8)


def table(kind: Kind, found: Sequence[Content]) -> list[list[str]]:
    """Return a table of the entities of a kind, headers first, without columns that are empty; nothing of no entity."""
    rows = [[one.name, *_details(one), one.source] for one in found if one.kind is kind]
    columns = zip([kind.value, *COLUMNS[kind], "source"], *rows, strict=True)
    return [list(row) for row in zip(*(column for column in columns if any(column[1:])), strict=True)]


def _details(content: Content) -> list[str]:
    """Return what `COLUMNS` names for the entity's kind."""
    from hatch_flyte.words import reference_words, schedule_words

    message = cast("Any", content.message)
    if content.kind is Kind.TASK:
        return [message.template.type, ", ".join(task_images(message))]
    if content.kind is Kind.WORKFLOW:
        return [str(len(message.template.nodes) + message.template.HasField("failure_node"))]
    activate = "yes" if content.said and content.said.activate else ""
    spec = message.spec
    return [reference_words(spec.workflow_id), schedule_words(spec.entity_metadata.schedule), activate]


def images(archive: Archive, found: Sequence[Content]) -> list[Image]:
    """Return the images that the manifest names, then those that only entities name, each with its uses."""
    uses = Counter(image for one in found for image in _images(one))
    named = archive.manifest.images if archive.manifest else {}
    others = sorted(set(uses) - set(named.values()))
    return [
        *(Image(name, image, uses[image]) for name, image in named.items()),
        *(Image("", image, uses[image]) for image in others),
    ]


def _images(content: Content) -> Iterator[str]:
    from hatch_flyte.wire.nodes import template_nodes, templates

    message = cast("Any", content.message)
    if content.kind is Kind.TASK:
        yield from task_images(message)
    elif content.kind is Kind.WORKFLOW:
        for template in templates(message):
            for node in template_nodes(template):
                yield from filter(None, [node.task_node.overrides.container_image])


def task_images(spec: Any) -> list[str]:
    """Return the images of a `TaskSpec`: its container's, or those of its pod's containers."""
    from hatch_flyte.wire.pods import pod_images

    found = [spec.template.container.image, *pod_images(spec.template.k8s_pod.pod_spec)]
    return list(dict.fromkeys(filter(None, found)))
