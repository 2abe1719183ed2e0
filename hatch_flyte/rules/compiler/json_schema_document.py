"""A JSON schema as `santhosh-tekuri/jsonschema` 1.2.4 reads it: draft 7 unless it says 6 or 4, and nothing later.

Owns which schemas can be read at all, and what their references point at. Knows nothing of comparing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from hatch_flyte.rules.compiler.json_schema_draft import DRAFTS

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct, Value

_SAID: Final = {
    "http://json-schema.org/schema#": 7,
    "http://json-schema.org/draft-07/schema#": 7,
    "http://json-schema.org/draft-06/schema#": 6,
    "http://json-schema.org/draft-04/schema#": 4,
}
"""The drafts, as `$schema` says them, to the letter."""

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
        # Go writes a schema that says nothing as null, which is none.
        if not root or not isinstance(said, str) or said not in _SAID:
            raise UnreadableError
        self.draft = DRAFTS[_SAID[said]]
        self._check()

    def resolved(self, schema: Any) -> Any:
        """Return what a schema refers to, itself if it is no reference."""
        for _ in range(_MAX_REFERENCES):
            if not (isinstance(schema, dict) and "$ref" in schema):
                return schema
            schema = self._target(schema["$ref"])
        raise UnreadableError

    def _check(self) -> None:
        """Check all that is said in the schema, and all that it refers to, each once."""
        if not self.draft.is_schema(self.root):
            raise UnreadableError
        waiting, seen = [self.root], set[int]()
        while waiting:
            schema = waiting.pop()
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            target = self.resolved(schema)
            if target is schema:
                waiting.extend(self.draft.parts(schema) if isinstance(schema, dict) else ())
            elif self.draft.is_schema(target):
                waiting.append(target)
            else:
                raise UnreadableError

    def _target(self, reference: str) -> Any:
        if reference in {"", "#", "#/"}:
            return self.root
        if not reference.startswith("#/"):
            raise UnreadableError  # by name or in another document, which the control plane has not
        found: Any = self.root
        for step in reference[2:].split("/"):
            name = unquote(step.replace("~1", "/").replace("~0", "~"))
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                raise UnreadableError
        return found
