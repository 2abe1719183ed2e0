"""What a change is, as a value. Knows nothing of protobuf."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Group(enum.Enum):
    """What a change is about; the value is the word that text and JSON use."""

    DISTRIBUTION = "distribution"
    INTERFACE = "interface"
    IMAGE = "image"
    RESOURCES = "resources"
    CODE = "code"
    """Commands, their arguments, SQL; of an archive: files of its bundle."""
    ENVIRONMENT = "environment"
    RETRIES = "retries"
    TIMEOUT = "timeout"
    CACHE = "cache"
    WORKFLOW = "workflow"
    """Which workflow a launch plan starts."""
    NODES = "nodes"
    SCHEDULE = "schedule"
    INPUTS = "inputs"
    """Default and fixed inputs of launch plans."""
    NOTIFICATIONS = "notifications"
    LABELS = "labels"
    """Labels and annotations."""
    OWNER = "owner"
    """The distribution that a launch plan belongs to."""
    SECURITY = "security"
    """Secrets, tokens, and whom it runs as."""
    DESCRIPTION = "description"
    ACTIVATION = "activation"
    SOURCE = "source"
    """Where it was written."""
    MADE_WITH = "made with"
    """Versions of flytekit, Python, and what wrote the archive."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same."""

    group: Group
    subject: str
    """What of the group, in the users' terms: `input a`, `requests cpu`, `node n1 (task acme.double), runs`; may be
    empty where the group says it all."""
    field: str
    """Where it stands: the path in the protobuf, as `template.container.image`, or in the manifest or bundle."""
    old: object
    """Words for the old value, or its proto3-JSON form; None where there is nothing."""
    new: object
