"""A JSON schema as `santhosh-tekuri/jsonschema` 1.2.4 reads it: draft 7 unless it says 6 or 4, and nothing later.

Owns which schemas can be read at all (that library checks them against the drafts' own schemas), and what their
references point at. Knows nothing of comparing.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.struct_pb2 import Struct, Value

_DRAFTS: Final = {
    "http://json-schema.org/schema#": 7,
    "http://json-schema.org/draft-07/schema#": 7,
    "http://json-schema.org/draft-06/schema#": 6,
    "http://json-schema.org/draft-04/schema#": 4,
}
_LATEST: Final = 7
_FIRST_WITH_CONST: Final = 6
_FIRST_WITH_IF: Final = 7

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_FORMATS: Final = frozenset(
    {"date", "date-time", "time", "hostname", "email", "ip-address", "ipv4", "ipv6", "uri", "iri", "uri-reference"}
    | {"uriref", "iri-reference", "uri-template", "regex", "json-pointer", "relative-json-pointer", "format"}
    | {"encoding", "mediatype"}
)
"""The formats that the library knows; a schema that names another can't be read."""


_MAX_REFERENCES: Final = 1000
"""References one after the other; only one that leads back to itself comes near."""


class UnreadableError(Exception):
    """A schema can't be read."""


def plain(struct: Struct) -> dict[str, Any]:
    """Return a struct as JSON's values; one that has no JSON form can't be read."""
    return {name: _plain(value) for name, value in struct.fields.items()}


def is_plain(struct: Struct) -> bool:
    """Return whether a struct has a JSON form."""
    try:
        plain(struct)
    except UnreadableError:
        return False
    return True


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind is None or (kind == "number_value" and not math.isfinite(value.number_value)):
        raise UnreadableError
    return None if kind == "null_value" else getattr(value, kind)


class Document:
    """A schema with what it refers to inside of itself.

    Raises `UnreadableError` where the library would not read it.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        said = root.get("$schema", "http://json-schema.org/schema#")
        if not isinstance(said, str) or said not in _DRAFTS:
            raise UnreadableError
        self._draft = _DRAFTS[said]
        self._check()

    def resolved(self, schema: Any) -> Any:
        """Return what a schema refers to, itself if it is no reference."""
        for _ in range(_MAX_REFERENCES):
            if not (isinstance(schema, dict) and "$ref" in schema):
                return schema
            schema = self._target(schema["$ref"])
        raise UnreadableError

    def keywords(self, schema: Any) -> dict[str, Any]:
        """Return what a schema says to its draft; one that is true or false says nothing."""
        if not isinstance(schema, dict) or self._draft >= _FIRST_WITH_IF:
            return schema if isinstance(schema, dict) else {}
        known = {keyword: value for keyword, value in schema.items() if keyword != "if"}
        if self._draft < _FIRST_WITH_CONST:
            known.pop("const", None)
            for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
                if known.pop(exclusive, False) and bound in known:
                    known[exclusive] = known.pop(bound)
        return known

    def _check(self) -> None:
        """Check all that is said in the schema, and all that it refers to, each once."""
        waiting, seen = [self.root], set[int]()
        if not _is_schema(self.root):
            raise UnreadableError
        while waiting:
            schema = waiting.pop()
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            target = self.resolved(schema)
            if not _is_schema(target):
                raise UnreadableError
            if isinstance(target, dict):
                waiting.extend([target] if target is not schema else _parts(target))

    def _target(self, reference: str) -> Any:
        if reference in {"", "#", "#/"}:
            return self.root
        found: Any = self.root
        if not reference.startswith("#/"):
            raise UnreadableError  # by name or in another document, which the control plane has not
        for step in reference[2:].split("/"):
            name = unquote(step.replace("~1", "/").replace("~0", "~"))
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                raise UnreadableError
        return found


def _parts(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the schemas inside of a schema, but for definitions, which count when they are referred to."""
    for keyword, value in schema.items():
        if keyword in _NAMED:
            yield from (one for one in value.values() if isinstance(one, dict))
        elif keyword in _SINGLE or keyword in _SEVERAL:
            yield from value if isinstance(value, list) else (value,)


def _is_schema(value: Any) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, bool)
    return all(_RULES[keyword](said) for keyword, said in value.items() if keyword in _RULES)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _is_schema_or_schemas(value: Any) -> bool:
    return _is_schema(value) or _are_schemas(value)


def _are_named_schemas(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_schema, value.values()))


def _are_schemas_by_pattern(value: Any) -> bool:
    return _are_named_schemas(value) and all(map(_is_pattern, value))


def _are_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_schema(one) or _are_names(one) for one in value.values())


def _are_names(value: Any) -> bool:
    strings = isinstance(value, list) and all(map(_is_string, value))
    return strings and len(set(value)) == len(value)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


def _is_bound(value: Any) -> bool:
    return isinstance(value, (float, bool))


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and float(value).is_integer()


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError, TypeError):
        return False
    return True


def _is_enum(value: Any) -> bool:
    return _is_list(value) and len({json.dumps(one, sort_keys=True) for one in value}) == len(value) > 0


def _is_type(value: Any) -> bool:
    types = [value] if isinstance(value, str) else value
    return _are_names(types) and bool(types) and _TYPES.issuperset(types)


def _is_format(value: Any) -> bool:
    return isinstance(value, str) and value in _FORMATS


_NAMED: Final = ("properties", "patternProperties", "dependencies")
_SINGLE: Final = ("additionalItems", "additionalProperties", "contains", "propertyNames", "if", "then", "else", "not")
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "items")
"""Where schemas stand inside of a schema: under names, one, one or several."""

_RULES: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("$id", "$schema", "$ref", "$comment", "title", "description"), _is_string),
    **dict.fromkeys(("readOnly", "uniqueItems"), _is_boolean),
    **dict.fromkeys(("maximum", "minimum"), _is_number),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _is_bound),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"), _is_count),
    **dict.fromkeys(_SINGLE, _is_schema),
    **dict.fromkeys(_SEVERAL, _are_schemas),
    **dict.fromkeys(("definitions", "properties"), _are_named_schemas),
    "items": _is_schema_or_schemas,
    "patternProperties": _are_schemas_by_pattern,
    "dependencies": _are_dependencies,
    "required": _are_names,
    "enum": _is_enum,
    "type": _is_type,
    "format": _is_format,
    "pattern": _is_pattern,
    "examples": _is_list,
    "multipleOf": _is_positive,
    "contentMediaType": lambda value: value == "application/json",
    "contentEncoding": lambda value: value == "base64",
}
"""What each keyword must be: the drafts' own schemas in short. Draft 4's few differences are let pass."""
