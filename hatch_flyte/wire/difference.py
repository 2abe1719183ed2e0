"""Comparing two messages of one type field by field, as equality of their proto3-JSON forms has it.

Owns what a difference is and how its place is named. Knows nothing of registries or of what a field means, but for the
lists whose items have names.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN: Final = 60
"""Characters of a value that a line shows."""

_NAMES: Final[dict[str, Callable[[Any], str]]] = {
    "flyteidl.core.Alias": lambda alias: alias.var,
    "flyteidl.core.Binding": lambda binding: binding.var,
    "flyteidl.core.KeyValuePair": lambda pair: pair.key,
    "flyteidl.core.Node": lambda node: node.id,
    "flyteidl.core.Resources.ResourceEntry": lambda entry: _enum_name(
        entry.DESCRIPTOR.fields_by_name["name"], entry.name
    ),
    "flyteidl.core.WorkflowTemplate": lambda template: template.id.name,
}
"""How items of a list are called, by message type; items of other types are called by their index."""

_SORTED: Final = frozenset({"flyteidl.core.Node.upstream_node_ids"})
"""Lists that the control plane sorts: an item's place tells nothing, so they are shown whole."""

_NO_VALUE: Final = "(no value)"
"""Stands for a `google.protobuf.Value` of no kind, which has no JSON form; the control plane refuses it."""

_64_BIT: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where what was sent and what a registry stores are not the same."""

    field: str
    """Where: names joined by dots, `[n]` for the n-th item of a list, `[name]` for what has a name."""
    sent: object
    """The value in proto3-JSON (field names as in the protobuf definition); None where there is nothing."""
    stored: object
    """The registry's value, in the same form."""

    def __str__(self) -> str:
        sent, stored = _shown(self.sent, self.stored)
        return f"{self.field}: sent {sent}, stored {stored}"


def message_differences(path: str, sent: Message, stored: Message) -> Iterator[Difference]:
    """Yield where two messages of one type differ; `path` goes before each field's name.

    As in JSON, an empty message is not the same as none, the order of lists counts and that of maps does not; unknown
    fields are not looked at. Equal messages cost next to nothing.
    """
    if sent == stored:
        return
    ours = {field.name: (field, value) for field, value in sent.ListFields()}
    theirs = {field.name: (field, value) for field, value in stored.ListFields()}
    for name, (field, _) in sorted((ours | theirs).items(), key=lambda item: item[1][0].index):
        here = f"{path}.{name}" if path else name
        if name in ours and name in theirs:
            yield from _value_differences(here, field, ours[name][1], theirs[name][1])
        else:
            yield Difference(here, *(_json(field, one[name][1]) if name in one else None for one in (ours, theirs)))


def _value_differences(path: str, field: FieldDescriptor, sent: Any, stored: Any) -> Iterator[Difference]:
    if isinstance(sent, Message):
        yield from _submessage_differences(path, sent, stored)
    elif isinstance(sent, Mapping):
        yield from _map_differences(path, field, sent, stored)
    elif isinstance(sent, Sequence) and not isinstance(sent, str | bytes):
        yield from _list_differences(path, field, sent, stored)
    elif sent != stored and (sent == sent or stored == stored):  # noqa: PLR0124 # NaN is NaN in JSON
        yield Difference(path, _json(field, sent), _json(field, stored))


def _submessage_differences(path: str, sent: Message, stored: Message) -> Iterator[Difference]:
    if sent.DESCRIPTOR.file.package != "google.protobuf":
        yield from message_differences(path, sent, stored)
    elif sent != stored:
        yield from _json_differences(path, _message_json(sent), _message_json(stored))


def _map_differences(path: str, field: FieldDescriptor, sent: Any, stored: Any) -> Iterator[Difference]:
    value_field = cast("Any", field.message_type).fields_by_name["value"]
    for key in sorted({*sent, *stored}):
        here = f"{path}[{key}]"
        if key in sent and key in stored:
            yield from _value_differences(here, value_field, sent[key], stored[key])
        else:
            yield Difference(here, *(_json(value_field, one[key]) if key in one else None for one in (sent, stored)))


def _list_differences(path: str, field: FieldDescriptor, sent: Any, stored: Any) -> Iterator[Difference]:
    """Compare lists whose items have names by name, others by place."""
    if field.full_name in _SORTED:
        if sent != stored:
            yield Difference(path, list(sent), list(stored))
        return
    names = item_names(field, sent, stored)
    pairs = _pairs(*names)
    for ours, theirs, name in pairs:
        here = f"{path}[{name}]"
        if ours is not None and theirs is not None:
            yield from _value_differences(here, field, sent[ours], stored[theirs])
        else:
            both = ((ours, sent), (theirs, stored))
            yield Difference(here, *(None if at is None else _json(field, items[at]) for at, items in both))
    places = [theirs for ours, theirs, _ in pairs if ours is not None and theirs is not None]
    if places != sorted(places):
        yield Difference(path, *names)


def item_names(field: FieldDescriptor, *lists: Sequence[Any]) -> list[list[str]]:
    """Return what the items of lists are called: names if all have one, distinct within their list, else indices."""
    name = _NAMES.get(str(field.message_type and field.message_type.full_name))
    names = [[name(item) for item in items] for items in lists] if name else []
    if names and all(all(one) and len(set(one)) == len(one) for one in names):
        return names
    return [[str(at) for at in range(len(items))] for items in lists]


def _pairs(sent: list[str], stored: list[str]) -> list[tuple[int | None, int | None, str]]:
    """Match items by name, those left over by their order; return (place in sent, place in stored, name) of each pair.

    Leftover items are matched only if there are as many on both sides: then they were most likely renamed.
    """
    theirs = {name: at for at, name in enumerate(stored)}
    added = [name for name in sent if name not in theirs]
    gone = [name for name in stored if name not in set(sent)]
    renamed = dict(zip(added, gone, strict=True)) if len(added) == len(gone) else {}
    pairs: list[tuple[int | None, int | None, str]] = [
        (at, theirs.get(renamed.get(name, name)), name) for at, name in enumerate(sent)
    ]
    return pairs if renamed else pairs + [(None, theirs[name], name) for name in gone]


def _json_differences(path: str, sent: object, stored: object) -> Iterator[Difference]:
    if isinstance(sent, dict) and isinstance(stored, dict):
        for key in sorted({*sent, *stored}):
            here = f"{path}.{key}" if key.isidentifier() else f"{path}[{key}]"
            if key in sent and key in stored:
                yield from _json_differences(here, sent[key], stored[key])
            else:
                yield Difference(here, sent.get(key), stored.get(key))
    elif isinstance(sent, list) and isinstance(stored, list):
        for at in range(max(len(sent), len(stored))):
            here = f"{path}[{at}]"
            if at < len(sent) and at < len(stored):
                yield from _json_differences(here, sent[at], stored[at])
            else:
                yield Difference(here, *(one[at] if at < len(one) else None for one in (sent, stored)))
    elif sent != stored or isinstance(sent, bool) != isinstance(stored, bool):
        yield Difference(path, sent, stored)


def _json(field: FieldDescriptor, value: Any) -> object:
    """Return the proto3-JSON form of a field's value."""
    if isinstance(value, Message):
        return _message_json(value)
    if isinstance(value, Mapping):
        value_field = cast("Any", field.message_type).fields_by_name["value"]
        return {str(key): _json(value_field, one) for key, one in sorted(value.items())}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(field, one) for one in value]
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _enum_name(field, value)
    return str(value) if field.type in _64_BIT else value


def _enum_name(field: FieldDescriptor, number: int) -> Any:
    known = cast("Any", field.enum_type).values_by_number.get(number)
    return known.name if known else number


def _message_json(message: Message) -> object:
    """Return the proto3-JSON form of a message; its text form where it has none (a duration out of range)."""
    from google.protobuf import json_format, text_format

    if isinstance(message, (Struct, ListValue, Value)):
        return _struct_json(message)
    try:
        return cast("object", json_format.MessageToDict(message, preserving_proto_field_name=True))
    except (json_format.Error, ValueError, TypeError, OverflowError):
        return text_format.MessageToString(message, as_one_line=True)


def _struct_json(message: Struct | ListValue | Value) -> object:
    """Return the JSON value that a `Struct` or a part of one holds; unlike protobuf's own, for any of them."""
    if isinstance(message, Struct):
        return {key: _struct_json(value) for key, value in message.fields.items()}
    if isinstance(message, ListValue):
        return [_struct_json(value) for value in message.values]
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None if kind else _NO_VALUE
    value = getattr(message, kind)
    if isinstance(value, (Struct, ListValue)):
        return _struct_json(value)
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def _shown(sent: object, stored: object) -> tuple[str, str]:
    """Return both values as JSON text for one line, long ones cut around the first character that differs."""
    texts = ["nothing" if value is None else json.dumps(value, ensure_ascii=False) for value in (sent, stored)]
    same = next((at for at, (ours, theirs) in enumerate(zip(*texts, strict=False)) if ours != theirs), 0)
    start = max(0, same - _SHOWN // 3) if max(map(len, texts)) > _SHOWN else 0
    ours, theirs = ((("…" if start else "") + _cut(text[start:])) for text in texts)
    return ours, theirs


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
