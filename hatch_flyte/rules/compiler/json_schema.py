"""Whether one JSON schema stands for another's values: types of dataclasses and the like carry theirs as metadata.

propeller leaves that to two libraries; what they say is the rule. `santhosh-tekuri/jsonschema` 1.2.4 reads a schema
(`json_schema_document` does here), `yvesf/json-schema-compare` takes two of them for a subset and a superset of
fields. What the latter calls "not implemented" is let pass. Schemas over which they would crash, or never come to an
end, are castable to nothing but themselves, or compared as far as they go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.rules.compiler.json_schema_document import Document, UnreadableError, is_plain, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.struct_pb2 import Struct

Schema = dict[str, Any]

_SAME: Final = 0
_NOT_IMPLEMENTED: Final = 1
_DIFFERENT: Final = 2

_MAX_DEPTH: Final = 60
"""Schemas within schemas that are compared; deeper ones, which only references can make, are different."""

_ALTERNATIVES: Final = ("allOf", "anyOf", "oneOf")
_CONDITIONS: Final = ("if", "then", "else")


class Schemas:
    """Compares schemas, and remembers each that it has read; they must not be changed."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[Struct, Document | None]] = {}

    def castable(self, up: Struct, down: Struct) -> bool:
        """Return whether a value of the schema `up` may be bound to a variable of the schema `down`."""
        source, target = self._document(up), self._document(down)
        if source is None or target is None:
            return up == down and is_plain(up)
        return up == down or _Comparison(target, source).result() < _DIFFERENT

    def _document(self, struct: Struct) -> Document | None:
        """Return a schema as it is read; None if it can't be."""
        if id(struct) not in self._read:
            try:
                document = Document(plain(struct))
            except UnreadableError:
                document = None
            self._read[id(struct)] = (struct, document)
        return self._read[id(struct)][1]


class _Comparison:
    """Goes through both schemas at once; a pair is compared once, also where they refer to themselves."""

    def __init__(self, subset: Document, superset: Document) -> None:
        self._subset = subset
        self._superset = superset
        self._found: dict[tuple[int, int], int] = {}
        self._depth = 0

    def result(self) -> int:
        """Return the gravest difference between the two."""
        return self._compare(self._subset.root, self._superset.root)

    def _compare(self, sub: Any, sup: Any) -> int:
        sub, sup = self._subset.resolved(sub), self._superset.resolved(sup)
        pair = (id(sub), id(sup))
        if pair in self._found:
            return self._found[pair]
        if self._depth == _MAX_DEPTH:
            return _DIFFERENT
        self._depth += 1
        self._found[pair] = _SAME
        self._found[pair] = max(
            self._differences(self._subset.draft.keywords(sub), self._superset.draft.keywords(sup)), default=_SAME
        )
        self._depth -= 1
        return self._found[pair]

    def _deep_compare(self, sub: Any, sup: Any) -> int:
        sub, sup = self._subset.resolved(sub), self._superset.resolved(sup)
        if (isinstance(sub, bool) or isinstance(sup, bool)) and sub is not sup:
            return _DIFFERENT
        return self._compare(sub, sup)

    def _differences(self, sub: Schema, sup: Schema) -> Iterator[int]:
        types, others = set(_types(sub)), set(_types(sup))
        if types - others or (others - types and (types or others != {"object"})):
            yield _DIFFERENT
        for type_, compare in _KINDS.items():
            if type_ in types:
                yield from compare(sub, sup)
        if "array" in types:
            yield from self._items(sub.get("items"), sup.get("items"))
        if "object" in types or not types:
            yield from _object(sub, sup)
            yield from self._conditions(sub, sup)
            yield from self._properties(sub.get("properties", {}), sup.get("properties", {}))
        for keyword in _ALTERNATIVES:
            yield from self._alternatives(sub.get(keyword, []), sup.get(keyword, []))
        if "const" in sub and ("const" not in sup or not _equal(sub["const"], sup["const"])):
            yield _DIFFERENT

    def _items(self, sub: Any, sup: Any) -> Iterator[int]:
        if isinstance(sub, list) or isinstance(sup, list):
            yield _NOT_IMPLEMENTED  # additional items, which are always allowed or not
        if sub is None:
            return
        if isinstance(sub, list) and isinstance(sup, list) and len(sub) == len(sup):
            yield from (self._compare(one, other) for one, other in zip(sub, sup, strict=True))
        elif isinstance(sub, list) or isinstance(sup, list) or sup is None:
            yield _DIFFERENT
        else:
            yield self._compare(sub, sup)

    def _properties(self, sub: Schema, sup: Schema) -> Iterator[int]:
        for name, schema in sub.items():
            yield self._compare(schema, sup[name]) if name in sup else _DIFFERENT

    def _conditions(self, sub: Schema, sup: Schema) -> Iterator[int]:
        pairs = [(_condition(sub, keyword), _condition(sup, keyword)) for keyword in _CONDITIONS]
        for one, other in pairs:
            if one is None and other is None:
                continue
            if one is None or other is None or self._deep_compare(one, other) != _SAME:
                yield _DIFFERENT

    def _alternatives(self, sub: list[Any], sup: list[Any]) -> Iterator[int]:
        """Yield a difference unless each of the superset's has its like among the subset's."""
        if not (sub or sup):
            return
        if not (sub and sup) or any(all(self._deep_compare(one, other) for one in sub) for other in sup):
            yield _DIFFERENT


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _condition(schema: Schema, keyword: str) -> Any:
    """Return a part of an if; without an if, or with nothing but one, there is none."""
    return schema.get(keyword) if "if" in schema and ("then" in schema or "else" in schema) else None


def _equal(one: Any, other: Any) -> bool:
    """Return whether two constants are equal; Go can't tell of lists and objects."""
    return type(one) is type(other) and not isinstance(one, (list, dict)) and bool(one == other)


def _at_least(keyword: str, sub: Schema, sup: Schema) -> Iterator[int]:
    if keyword in sub and (keyword not in sup or sup[keyword] < sub[keyword]):
        yield _DIFFERENT


def _at_most(keyword: str, sub: Schema, sup: Schema) -> Iterator[int]:
    if keyword in sub and (keyword not in sup or sup[keyword] > sub[keyword]):
        yield _DIFFERENT


def _string(sub: Schema, sup: Schema) -> Iterator[int]:
    yield from _at_most("maxLength", sub, sup)
    yield from _at_least("minLength", sub, sup)
    if sub.get("format") != sup.get("format") or sub.get("pattern", sup.get("pattern")) != sup.get("pattern"):
        yield _DIFFERENT
    if "enum" in sub:
        values = sup.get("enum", [])
        if not all(isinstance(value, str) for value in (*sub["enum"], *values)) or set(values) - {"", *sub["enum"]}:
            yield _DIFFERENT


def _number(sub: Schema, sup: Schema) -> Iterator[int]:
    yield from _at_most("maximum", sub, sup)
    yield from _at_least("minimum", sub, sup)
    if any(keyword in schema for keyword in ("exclusiveMinimum", "exclusiveMaximum") for schema in (sub, sup)):
        yield _NOT_IMPLEMENTED
    one, other = sub.get("multipleOf"), sup.get("multipleOf")
    if one is None and other is None:
        return
    if one is None or other is None or one < 1 or int(other) % int(one):
        yield _DIFFERENT
    elif int(one) != one or int(other) != other:
        yield _NOT_IMPLEMENTED


def _array(sub: Schema, sup: Schema) -> Iterator[int]:
    yield from _at_most("maxItems", sub, sup)
    yield from _at_least("minItems", sub, sup)
    if sub.get("uniqueItems") and not sup.get("uniqueItems"):
        yield _DIFFERENT


def _object(sub: Schema, sup: Schema) -> Iterator[int]:
    yield from _at_most("maxProperties", sub, sup)
    yield from _at_least("minProperties", sub, sup)
    if set(sub.get("required", ())) - set(sup.get("required", ())):
        yield _DIFFERENT
    for schema in (sub, sup):
        limited = schema.get("additionalProperties", True) is not True or "not" in schema
        if limited or schema.get("dependencies") or schema.get("patternProperties"):
            yield _NOT_IMPLEMENTED


_KINDS: Final[dict[str, Callable[[Schema, Schema], Iterator[int]]]] = {
    "string": _string,
    "number": _number,
    "array": _array,
}
"""What is compared besides for each type; integers have no rules."""
