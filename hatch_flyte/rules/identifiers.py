"""Rules about identifiers, and how flyteadmin writes them in its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
from flyteidl.core.identifier_pb2 import ResourceType

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.prototext import enum_name, message_text
from hatch_flyte.rules.refusal import RefusalError, invalid, missing, not_found
from hatch_flyte.wire.messages import RESOURCE_TYPES, from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS: Final = ("project", "domain", "name", "version")
"""What an identifier must have, in the order in which flyteadmin looks."""


def checked(message: IdentifierMessage | None, kind: Kind) -> Identifier:
    """Return the identifier in a request, which must be a `kind`'s and complete."""
    if message is None:
        raise missing("id", rule=catalogue.IDENTIFIER_FIELDS)
    if message.resource_type != RESOURCE_TYPES[kind]:
        raise invalid(
            f"unexpected resource type {type_name(message.resource_type).lower()} "
            f"for identifier [{identifier_text(message)}], expected {type_name(RESOURCE_TYPES[kind]).lower()} instead",
            rule=catalogue.IDENTIFIER_TYPE,
        )
    return complete(message, kind)


def asked_for(message: IdentifierMessage | None, kind: Kind) -> Identifier:
    """Return the identifier in a request to read or update: without a resource type it is taken for a `kind`'s."""
    return checked(with_type(message, kind), kind)


def with_type(message: IdentifierMessage | None, kind: Kind) -> IdentifierMessage | None:
    """Return `message` with the resource type of `kind` where it has none, as flyteadmin's rpc layer fills it in."""
    if message is None or message.resource_type:
        return message
    filled = IdentifierMessage(resource_type=RESOURCE_TYPES[kind])
    filled.MergeFrom(message)
    return filled


def complete(message: IdentifierMessage | None, kind: Kind) -> Identifier:
    """Return the identifier in a request that may say any resource type."""
    if message is None:
        raise missing("id", rule=catalogue.IDENTIFIER_FIELDS)
    check_fields(message, FIELDS)
    return Identifier(kind, message.project, message.domain, message.name, message.version)


def check_fields(message: object, fields: Iterable[str]) -> None:
    """Refuse a message in which one of `fields` is empty; the first such is named."""
    for field in fields:
        if not getattr(message, field):
            raise missing(field, rule=catalogue.IDENTIFIER_FIELDS)


def missing_entity(identifier: Identifier) -> RefusalError:
    """Return the refusal of a request about an entity that isn't there."""
    return not_found(missing_text(identifier))


def missing_text(identifier: Identifier) -> str:
    """Return how flyteadmin says that an entity isn't there: the kind comes first, and not again in the identifier."""
    kind = type_name(RESOURCE_TYPES[identifier.kind])
    return f"missing entity of type {kind} with identifier {identifier_text(identifier, typed=False)}"


def identifier_text(identifier: Identifier | IdentifierMessage | None, *, typed: bool = True) -> str:
    """Return an identifier as Go prints the message: fields in order, empty ones left out, strings in quotes."""
    message = from_identifier(identifier) if isinstance(identifier, Identifier) else identifier
    if typed or message is None:
        return message_text(message)
    untyped = IdentifierMessage()
    untyped.CopyFrom(message)
    untyped.resource_type = 0
    return message_text(untyped)


def type_name(number: int) -> str:
    """Return the name of a `flyteidl.core.ResourceType`; of an unknown one its number."""
    return enum_name(ResourceType.DESCRIPTOR, number)
