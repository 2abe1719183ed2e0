"""Types: what may be bound to what, and how messages show a type.

propeller's `validators/typing.go` and `common/pretty_print.go`.
"""

from __future__ import annotations

from typing import Final

from flyteidl.core.types_pb2 import BlobType, LiteralType, SchemaType, SimpleType, StructuredDatasetType

from hatch_flyte.rules.compiler import json_schema
from hatch_flyte.rules.compiler.errors import TooMuchError, Work
from hatch_flyte.rules.prototext import message_text

_Column = SchemaType.SchemaColumn
_COLUMN_TYPES: Final = {
    _Column.INTEGER: SimpleType.INTEGER,
    _Column.FLOAT: SimpleType.FLOAT,
    _Column.STRING: SimpleType.STRING,
    _Column.BOOLEAN: SimpleType.BOOLEAN,
    _Column.DATETIME: SimpleType.DATETIME,
    _Column.DURATION: SimpleType.DURATION,
}
"""Which simple type each type of a schema's column is."""

_NOT_COMPARED: Final = ("structure", "metadata", "annotation")
"""Fields in which two simple types, enums or unset types may differ."""

_UNSAID_CONTENT: Final = b"\xfa\xff\x07\x00"
"""A field that no message has: nobody sends it, and no text shows it."""

UNSAID: Final = {
    "schema": LiteralType(schema=SchemaType.FromString(_UNSAID_CONTENT)),
    "blob": LiteralType(blob=BlobType.FromString(_UNSAID_CONTENT)),
    "structured_dataset_type": LiteralType(
        structured_dataset_type=StructuredDatasetType.FromString(_UNSAID_CONTENT),
    ),
}
"""Types whose content is a pointer at nothing, as those are that scalars don't say: they fit nothing."""

Columns = list[tuple[str, "int | None"]]
"""Names and types of a table's columns; None is a type that fits nothing."""


def castable(up: LiteralType, down: LiteralType) -> bool:
    """Return whether a value of type `up` may be bound to a variable of type `down` (`AreTypesCastable`)."""
    try:
        return Casts(Work()).castable(up, down)
    except TooMuchError:
        return False


def type_text(literal_type: LiteralType | None) -> str:
    """Return a type as messages about mismatching types show it (`LiteralTypeToStr`); structs print specially."""
    if literal_type is None:
        return "None"
    if not is_struct(literal_type):
        return message_text(literal_type)
    fields = literal_type.structure.dataclass_type
    # The braces don't match in the original either.
    texts = (f"dataclass_type:{{key:{name} value:{{{type_text(fields[name])}}}" for name in sorted(fields))
    return f"simple: STRUCT structure{{{', '.join(texts)}}}"


def is_none(literal_type: LiteralType) -> bool:
    """Return whether a type is that of nothing."""
    return bool(literal_type.WhichOneof("type") == "simple" and literal_type.simple == SimpleType.NONE)


def is_struct(literal_type: LiteralType) -> bool:
    """Return whether a type is that of dataclasses, dictionaries and the like."""
    return bool(literal_type.simple == SimpleType.STRUCT)


def is_optional(literal_type: LiteralType) -> bool:
    """Return whether a variable of a type may stay unbound (`IsOptionalType`): a union one of whose variants is none.

    As in propeller, each variant that isn't a simple type counts as none.
    """
    return any(variant.simple == SimpleType.NONE for variant in literal_type.union_type.variants)


class Casts:
    """Answers what may be bound to what, and remembers what it was asked: unions ask the same again and again.

    Types that it was given must not be changed.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._schemas = json_schema.Schemas()
        self._known: dict[tuple[int, int], tuple[LiteralType, LiteralType, bool]] = {}
        """Answers by identity; the types are kept, so that no other can take theirs."""
        self._texts: dict[int, tuple[LiteralType, str]] = {}

    def castable(self, up: LiteralType, down: LiteralType) -> bool:
        """Return whether a value of type `up` may be bound to a variable of type `down`."""
        pair = (id(up), id(down))
        if pair not in self._known:
            # A union of one is unwrapped here, and only here: not inside of lists and maps.
            only = up.union_type.variants if len(up.union_type.variants) == 1 else ()
            answer = any(self.casts_from(down, one) for one in only) or self.casts_from(down, up)
            self._known[pair] = (up, down, answer)
        return self._known[pair][2]

    def text(self, literal_type: LiteralType) -> str:
        """Return how messages about mismatching types show a type."""
        if id(literal_type) not in self._texts:
            self._texts[id(literal_type)] = (literal_type, type_text(literal_type))
        return self._texts[id(literal_type)][1]

    def casts_from(self, down: LiteralType, up: LiteralType) -> bool:
        """Ask the checker of `down`'s kind (`getTypeChecker(down).CastsFrom(up)`)."""
        self._work.spend()
        kind, given = down.WhichOneof("type") or "", up.WhichOneof("type")
        if given == kind == "simple" and up == down and not down.HasField("metadata"):
            return True  # as most are
        if given in UNSAID and UNSAID[given] == up:
            return False
        if kind in {"collection_type", "map_value_type"}:
            return self._element(kind, down, up)
        checker = {"union_type": self._union, "structured_dataset_type": self._structured_dataset}.get(kind)
        if checker is None:
            checker = _CHECKERS.get(kind, self._trivial)
        return checker(down, up)

    def _element(self, kind: str, down: LiteralType, up: LiteralType) -> bool:
        """Compare the elements of lists and maps; an empty one, whose elements are of no type, fits any."""
        if not up.HasField(kind):
            return False
        inner: LiteralType = getattr(up, kind)
        return is_none(inner) or self.casts_from(getattr(down, kind), inner)

    def _union(self, down: LiteralType, up: LiteralType) -> bool:
        """Each variant of a union must fit some variant; anything else exactly one."""
        variants = down.union_type.variants
        if up.HasField("union_type"):
            return all(any(self.castable(one, variant) for variant in variants) for one in up.union_type.variants)
        return sum(self.castable(up, variant) for variant in variants) == 1

    def _structured_dataset(self, down: LiteralType, up: LiteralType) -> bool:
        wanted = down.structured_dataset_type
        if up.HasField("schema"):
            return _is_parquet(wanted) and _among(_simple_columns(wanted), _schema_columns(up.schema))
        if not up.HasField("structured_dataset_type"):
            return is_none(up)
        given = up.structured_dataset_type
        if given.format and wanted.format and given.format.casefold() != wanted.format.casefold():
            return False
        types = {one.name: one.literal_type for one in given.columns}
        return not types or all(
            one.name in types and self.casts_from(one.literal_type, types[one.name]) for one in wanted.columns
        )

    def _trivial(self, down: LiteralType, up: LiteralType) -> bool:
        """Compare simple types, enums, and types that aren't set: they must be equal but for what is said besides."""
        if is_none(down):
            return is_none(up)
        if up.HasField("enum_type") and down.simple == SimpleType.STRING:
            return True
        if down.HasField("enum_type") and up.simple == SimpleType.STRING:
            return True
        if up.structure.tag and up.structure.tag != down.structure.tag:
            return False
        if is_struct(up) and is_struct(down):
            known = up.HasField("metadata") and down.HasField("metadata")
            return not known or self._schemas.castable(up.metadata, down.metadata)
        return bool(up == down or _bare(up) == _bare(down))


def _blob(down: LiteralType, up: LiteralType) -> bool:
    """Compare formats, where both say one; whether it is one file or many doesn't count."""
    return up.HasField("blob") and len({up.blob.format, down.blob.format} - {""}) <= 1


def _schema(down: LiteralType, up: LiteralType) -> bool:
    if up.HasField("schema"):
        return _among(*([(one.name, one.type) for one in schema.columns] for schema in (down.schema, up.schema)))
    if not up.HasField("structured_dataset_type"):
        return False
    dataset = up.structured_dataset_type
    return _is_parquet(dataset) and _among(_schema_columns(down.schema), _simple_columns(dataset))


def _is_parquet(dataset: StructuredDatasetType) -> bool:
    """Return whether a structured dataset may be in the only format that a schema is written in."""
    return dataset.format.casefold() in {"", "parquet"}


def _among(wanted: Columns, given: Columns) -> bool:
    """Return whether each wanted column is given with its type; who names no columns takes and gives any."""
    types = dict(given)
    return not types or all(type_ is not None and types.get(name) == type_ for name, type_ in wanted)


def _schema_columns(schema: SchemaType) -> Columns:
    return [(one.name, _COLUMN_TYPES.get(one.type)) for one in schema.columns]


def _simple_columns(dataset: StructuredDatasetType) -> Columns:
    return [(one.name, one.literal_type.simple) for one in dataset.columns]


def _bare(literal_type: LiteralType) -> LiteralType:
    bare = LiteralType()
    bare.CopyFrom(literal_type)
    for field in _NOT_COMPARED:
        bare.ClearField(field)
    return bare


_CHECKERS: Final = {"blob": _blob, "schema": _schema}
