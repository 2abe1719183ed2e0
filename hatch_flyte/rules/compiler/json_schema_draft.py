"""What a JSON schema may say in each draft: the drafts' own schemas in short, as `santhosh-tekuri/jsonschema` has them.

Knows nothing of what it means, nor of references.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_FORMATS: Final = frozenset(
    {"date", "date-time", "time", "hostname", "email", "ip-address", "ipv4", "ipv6", "uri", "iri", "uri-reference"}
    | {"uriref", "iri-reference", "uri-template", "regex", "json-pointer", "relative-json-pointer", "format"}
    | {"encoding", "mediatype"}
)
"""The formats that the library knows; a schema that names another can't be read."""

_NAMED: Final = ("properties", "patternProperties", "dependencies")
_SINGLE: Final = ("additionalItems", "additionalProperties", "contains", "propertyNames", "if", "then", "else", "not")
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "items")
"""Where schemas stand inside of a schema: under names, one, one or several."""

_FIRST_IN_6: Final = frozenset({"$id", "const", "contains", "propertyNames"})
_FIRST_IN_7: Final = frozenset(
    {"$comment", "readOnly", "examples", "contentMediaType", "contentEncoding", "if", "then", "else"}
)


class Draft:
    """The rules of one draft: 4, 6 or 7."""

    def __init__(self, number: int) -> None:
        rules: dict[str, Callable[[Any], bool]] = {
            **_PLAIN_RULES,
            **dict.fromkeys(_SINGLE, self.is_schema),
            **dict.fromkeys(("allOf", "anyOf", "oneOf"), self._are_schemas),
            **dict.fromkeys(("definitions", "properties"), self._are_named_schemas),
            "items": lambda value: self.is_schema(value) or self._are_schemas(value),
            "patternProperties": lambda value: self._are_named_schemas(value) and all(map(_is_pattern, value)),
            "dependencies": self._are_dependencies,
            "required": self._are_names,
        }
        self._first = number == _OLDEST
        if self._first:
            rules.update(dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _is_boolean), id=_is_string)
            additional = dict.fromkeys(("additionalItems", "additionalProperties"), self._is_boolean_or_schema)
            rules.update(additional)
        later = (_FIRST_IN_6 if number < 6 else frozenset()) | (_FIRST_IN_7 if number < 7 else frozenset())  # noqa: PLR2004 # drafts
        self._rules = {keyword: rule for keyword, rule in rules.items() if keyword not in later}

    def is_schema(self, value: Any) -> bool:
        """Return whether a value is a schema, with all that is in it."""
        if not isinstance(value, dict):
            return isinstance(value, bool) and not self._first
        if self._first and any(f"exclusive{bound}" in value and bound.lower() not in value for bound in _BOUNDS):
            return False
        return all(self._rules[keyword](said) for keyword, said in value.items() if keyword in self._rules)

    def keywords(self, schema: Any) -> dict[str, Any]:
        """Return what a schema says, as draft 7 would say it.

        The library takes one that is true or false for one of no properties.
        """
        if not isinstance(schema, dict):
            return {"minProperties": 0, "maxProperties": 0}
        known = schema
        if "if" not in self._rules:
            known = {keyword: value for keyword, value in known.items() if keyword != "if"}
        if self._first:
            known.pop("const", None)
            for bound in _BOUNDS:
                if known.pop(f"exclusive{bound}", False):
                    known[f"exclusive{bound}"] = known.pop(bound.lower())
        return known

    def parts(self, schema: dict[str, Any]) -> Iterator[Any]:
        """Yield the schemas inside of a schema, but for definitions, which count when they are referred to."""
        for keyword, value in schema.items():
            if keyword in self._rules and keyword in _NAMED:
                yield from (one for one in value.values() if isinstance(one, dict))
            elif keyword in self._rules and (keyword in _SINGLE or keyword in _SEVERAL):
                yield from value if isinstance(value, list) else (value,)

    def _is_boolean_or_schema(self, value: Any) -> bool:
        return isinstance(value, bool) or self.is_schema(value)

    def _are_schemas(self, value: Any) -> bool:
        return isinstance(value, list) and bool(value) and all(map(self.is_schema, value))

    def _are_named_schemas(self, value: Any) -> bool:
        return isinstance(value, dict) and all(map(self.is_schema, value.values()))

    def _are_dependencies(self, value: Any) -> bool:
        return isinstance(value, dict) and all(self.is_schema(one) or self._are_names(one) for one in value.values())

    def _are_names(self, value: Any) -> bool:
        return _are_strings(value) and len(set(value)) == len(value) >= int(self._first)


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_string, value))


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


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
    return _are_strings(types) and len(types) > 0 and len(set(types)) == len(types) and _TYPES.issuperset(types)


def _is_format(value: Any) -> bool:
    return isinstance(value, str) and value in _FORMATS


_OLDEST: Final = 4
_BOUNDS: Final = ("Minimum", "Maximum")

_PLAIN_RULES: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("$id", "$schema", "$ref", "$comment", "title", "description"), _is_string),
    **dict.fromkeys(("readOnly", "uniqueItems"), _is_boolean),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), _is_number),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"), _is_count),
    "enum": _is_enum,
    "type": _is_type,
    "format": _is_format,
    "pattern": _is_pattern,
    "examples": _is_list,
    "multipleOf": _is_positive,
    "contentMediaType": lambda value: value == "application/json",
    "contentEncoding": lambda value: value == "base64",
}
"""What each keyword must be that has no schemas in it."""

DRAFTS: Final = {number: Draft(number) for number in (4, 6, 7)}
