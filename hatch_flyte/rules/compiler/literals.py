"""Which type a literal is of: propeller's `validators/utils.go`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.types_pb2 import LiteralType, SimpleType, UnionType

from hatch_flyte.rules.compiler.typing import UNSAID
from hatch_flyte.rules.prototext import message_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar

_PRIMITIVES: Final = {
    "integer": SimpleType.INTEGER,
    "float_value": SimpleType.FLOAT,
    "string_value": SimpleType.STRING,
    "boolean": SimpleType.BOOLEAN,
    "datetime": SimpleType.DATETIME,
    "duration": SimpleType.DURATION,
}
_SCALARS: Final = {"none_type": SimpleType.NONE, "error": SimpleType.ERROR, "generic": SimpleType.STRUCT}
_MESSAGEPACK: Final = "msgpack"
"""The tag of binaries that are dataclasses and the like."""


def literal_type(literal: Literal) -> LiteralType | None:
    """Return the type of a literal (`LiteralTypeForLiteral`); None if it can't be told.

    Of a scalar that says nothing of its type (a schema, a blob, a structured dataset) the type is one that fits nothing
    (`typing.UNSAID`).
    """
    value = literal.WhichOneof("value")
    if value == "scalar":
        return scalar_type(literal.scalar)
    if value == "collection":
        return LiteralType(collection_type=_common_type(literal.collection.literals))
    if value == "map":
        return LiteralType(map_value_type=_common_type(literal.map.literals.values()))
    offloaded = literal.offloaded_metadata
    return offloaded.inferred_type if offloaded.HasField("inferred_type") else None


def scalar_type(scalar: Scalar) -> LiteralType | None:
    """Return the type of a scalar (`literalTypeForScalar`); None if it can't be told."""
    value = scalar.WhichOneof("value")
    if value in _SCALARS:
        return LiteralType(simple=_SCALARS[value])
    if value == "primitive":
        return primitive_type(scalar.primitive)
    if value == "binary":
        return LiteralType(simple=SimpleType.STRUCT if scalar.binary.tag == _MESSAGEPACK else SimpleType.BINARY)
    if value == "union":
        return LiteralType(union_type=UnionType(variants=[scalar.union.type]))
    if value == "blob":
        return _blob_type(scalar)
    return _table_type(scalar) if value is not None else None


def primitive_type(primitive: Primitive) -> LiteralType:
    """Return the type of a primitive (`literalTypeForPrimitive`): none if it isn't set."""
    return LiteralType(simple=_PRIMITIVES.get(primitive.WhichOneof("value") or "", SimpleType.NONE))


def _blob_type(scalar: Scalar) -> LiteralType | None:
    if not scalar.blob.HasField("metadata"):
        return None
    metadata = scalar.blob.metadata
    return LiteralType(blob=metadata.type) if metadata.HasField("type") else UNSAID["blob"]


def _table_type(scalar: Scalar) -> LiteralType:
    if scalar.HasField("schema"):
        return LiteralType(schema=scalar.schema.type) if scalar.schema.HasField("type") else UNSAID["schema"]
    metadata = scalar.structured_dataset.metadata
    if not metadata.HasField("structured_dataset_type"):
        return UNSAID["structured_dataset_type"]
    return LiteralType(structured_dataset_type=metadata.structured_dataset_type)


def _common_type(literals: Iterable[Literal]) -> LiteralType:
    """Return the type of a list's elements (`literalTypeForLiterals`): a union of them if they are of several."""
    types: dict[str, LiteralType] = {}
    texts: dict[bytes | None, str] = {}
    empty: LiteralType | None = None
    for literal in literals:
        found = literal_type(literal)
        if literal.HasField("collection") and not literal.collection.literals:
            empty = found
            continue
        key = None if found is None else found.SerializeToString(deterministic=True)
        if key not in texts:
            texts[key] = message_text(found)
            types.setdefault(texts[key], found or LiteralType())
    if not types:
        return empty or LiteralType(simple=SimpleType.NONE)
    if len(types) == 1:
        return next(iter(types.values()))
    return _union([types[text] for text in sorted(types)])


def _union(types: Iterable[LiteralType]) -> LiteralType:
    """Return the union of several types (`buildMultipleTypeUnion`); a list of a union among them takes all in."""
    variants: list[LiteralType] = []
    nested = False
    for one in types:
        inner = one.collection_type
        nested = nested or inner.HasField("union_type")
        variants.extend(inner.union_type.variants if inner.HasField("union_type") else [one])
    union = LiteralType(union_type=UnionType(variants=variants))
    return LiteralType(collection_type=union) if nested else union
