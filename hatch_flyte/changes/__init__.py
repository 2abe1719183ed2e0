"""What changed between two specs of one entity, and between two archives, in the users' terms. Its public names."""

from hatch_flyte.changes.archives import ArchiveChanges, EntityChange, archive_changes
from hatch_flyte.changes.change import Change, Group
from hatch_flyte.changes.entities import changes_of

__all__ = ["ArchiveChanges", "Change", "EntityChange", "Group", "archive_changes", "changes_of"]
