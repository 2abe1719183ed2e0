"""Rules about names, whatever their versions: what is said of them, and of descriptions of versions.

Source: named_entity_validator.go, named_entity_repo.go, validation.go:ValidateDescriptionEntityGetRequest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.common_pb2 import NAMED_ENTITY_ACTIVE

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.identifiers import check_fields, complete, type_name, with_type
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value, missing, not_found
from hatch_flyte.wire.messages import RESOURCE_TYPES

if TYPE_CHECKING:
    from flyteidl.admin.common_pb2 import NamedEntityMetadata
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage

MAX_DESCRIPTION: Final = 300
"""Characters that the control plane's database has room for."""

_KINDS: Final = {number: kind for kind, number in RESOURCE_TYPES.items()}


def named(request: Any) -> Identifier:
    """Return which name a request to read or update one is about, with an empty version."""
    _check_named(request)
    if request.resource_type not in _KINDS:
        text = f"Cannot get NamedEntityMetadata for resource type: {type_name(request.resource_type)}"
        raise invalid(text, rule=catalogue.NAME)
    return Identifier(_KINDS[request.resource_type], request.id.project, request.id.domain, request.id.name, "")


def updated_name(request: Any) -> tuple[Identifier, NamedEntityMetadata]:
    """Return what a NamedEntityUpdateRequest says of which name. An empty description is to leave the old one."""
    _check_named(request)
    if not request.HasField("metadata"):
        raise missing("metadata", rule=catalogue.NAME)
    metadata: NamedEntityMetadata = request.metadata
    if metadata.state != NAMED_ENTITY_ACTIVE and request.resource_type not in _KINDS:
        text = f"Resource [{type_name(request.resource_type)}] cannot have its state updated"
        raise invalid(text, rule=catalogue.NAME)
    return named(request), metadata


def check_description_length(metadata: NamedEntityMetadata) -> None:
    """Refuse a description of a name that is there, but that has no room for it."""
    if len(metadata.description) > MAX_DESCRIPTION:
        text = f"description: expected at most {MAX_DESCRIPTION} characters (got {len(metadata.description)})"
        raise invalid(text, rule=catalogue.NAME)


def described(message: IdentifierMessage | None) -> Identifier:
    """Return which version a GetDescriptionEntity is about; of which kind it is doesn't count."""
    message = with_type(message, Kind.TASK)
    if message is None:
        raise invalid_value("resource_type", rule=catalogue.DESCRIPTION)
    return complete(message, Kind.TASK)


def no_entry() -> RefusalError:
    """Return the refusal of a request about a name or a description that isn't there."""
    return not_found("entry not found")


def _check_named(request: Any) -> None:
    if not request.resource_type:
        raise invalid_value("resource_type", rule=catalogue.NAME)
    if not request.HasField("id"):
        raise missing("id", rule=catalogue.NAME)
    check_fields(request.id, ("project", "domain", "name"))
