"""What the local registry does with names and with descriptions. May raise `RefusalError` or `StoreError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import (
    NamedEntity,
    NamedEntityIdentifier,
    NamedEntityIdentifierList,
    NamedEntityList,
    NamedEntityMetadata,
)
from flyteidl.admin.description_entity_pb2 import (
    Description,
    DescriptionEntity,
    DescriptionEntityList,
    SourceCode,
)
from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage

from hatch_flyte.rules import listing, names
from hatch_flyte.wire.messages import RESOURCE_TYPES

if TYPE_CHECKING:
    from flyteidl.admin.common_pb2 import NamedEntityIdentifierListRequest, NamedEntityListRequest
    from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest

    from hatch_flyte.entity import Kind
    from hatch_flyte.registry.store import Description as Said
    from hatch_flyte.registry.store import Store
    from hatch_flyte.registry.store_names import Name


class NameOffice:
    """The names and descriptions of a store, as the control plane lets one read and change them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, request: Any) -> NamedEntity:
        """Return the name that a request asks for."""
        identifier = names.named(request)
        found = self._store.names.find(identifier)
        if found is None:
            raise names.no_entry()
        return _named(identifier.kind, found)

    def update(self, request: Any) -> None:
        """Say something of a name that something is registered under."""
        identifier, metadata = names.updated_name(request)
        if self._store.names.find(identifier) is None:
            raise names.no_entry()
        names.check_description_length(metadata)
        self._store.names.say(identifier, metadata.description, metadata.state)

    def page(self, request: NamedEntityListRequest) -> NamedEntityList:
        """Return the names that a request asks for, with what is said of them."""
        query = listing.names_query(request)
        found = [_named(query.kind, name) for name in self._store.names.select(query)]
        return NamedEntityList(entities=found, token=listing.next_token(query, len(found)))

    def identifiers(self, kind: Kind, request: NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList:
        """Return the names of a kind that a request asks for."""
        query = listing.ids_query(kind, request)
        found = [_identifier(name) for name in self._store.names.select(query)]
        return NamedEntityIdentifierList(entities=found, token=listing.next_token(query, len(found)))

    def description(self, requested: IdentifierMessage | None) -> DescriptionEntity:
        """Return what is said of a version."""
        identifier = names.described(requested)
        found = self._store.find_description(identifier)
        if found is None:
            raise names.no_entry()
        return _description(
            IdentifierMessage(project=identifier.project, domain=identifier.domain), identifier.name, found
        )

    def descriptions(self, request: DescriptionEntityListRequest) -> DescriptionEntityList:
        """Return what is said of the versions of a name."""
        query = listing.description_query(request)
        place = IdentifierMessage(project=request.id.project, domain=request.id.domain)
        found = [_description(place, request.id.name, said) for said in self._store.select_descriptions(query)]
        return DescriptionEntityList(descriptionEntities=found, token=listing.next_token(query, len(found)))


def _identifier(name: Name) -> NamedEntityIdentifier:
    return NamedEntityIdentifier(project=name.project, domain=name.domain, name=name.name)


def _named(kind: Kind, name: Name) -> NamedEntity:
    metadata = NamedEntityMetadata(description=name.description, state=name.state)
    return NamedEntity(resource_type=RESOURCE_TYPES[kind], id=_identifier(name), metadata=metadata)


def _description(place: IdentifierMessage, name: str, said: Said) -> DescriptionEntity:
    identifier = IdentifierMessage(resource_type=said.kind, name=name, version=said.version)
    identifier.MergeFrom(place)
    return DescriptionEntity(
        id=identifier,
        short_description=said.short,
        long_description=Description.FromString(said.long),
        source_code=SourceCode(link=said.link),
    )
