"""A message as Go's encoding/json writes its struct, and the differences of two such forms as text.

flyteadmin tells a caller that way what differs from the stored version, and clients show it, so the form is part of
the interface: names as in the protobuf definition, oneofs and their members under their Go names (null where nothing is
set), enums as numbers, google.protobuf.Struct as plain JSON. The differences are those of wI2L/jsondiff.
"""

from __future__ import annotations

import base64
import math
import re
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

_PLAIN: Final = frozenset({"google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"})
"""Messages whose Go types write themselves as the JSON that they stand for."""

_WORD: Final = re.compile(r"_(?=[a-z])|([0-9]|[^0-9][a-z]*)")
_PLAIN_EXPONENTS: Final = range(-4, 6)
"""Powers of ten that Go's `%v` writes without an exponent."""

Json = Any
Change = tuple[str, Json]


def go_json(message: Message) -> dict[str, Json]:
    """Return `message` as Go's encoding/json writes the generated struct."""
    result: dict[str, Json] = {}
    for oneof in message.DESCRIPTOR.oneofs:
        if not _is_optional(oneof.fields[0]):
            member = message.WhichOneof(oneof.name)
            field = message.DESCRIPTOR.fields_by_name.get(member or "")
            value = {_go_name(field.name): _value(field, getattr(message, field.name))} if field else None
            result[_go_name(oneof.name)] = value
    for field, value in message.ListFields():
        if field.containing_oneof is None or _is_optional(field):
            result[field.name] = _field(field, value)
    return result


def difference_text(old: Json, new: Json) -> str:
    """Return where two JSON values differ, as flyteadmin words it.

    Only what can be named by one path on both sides is told; added and removed items of lists are not.
    """
    forward, backward = dict(_changes("", old, new)), dict(_changes("", new, old))
    common = (path for path in backward if path in forward)
    return "\n".join(f"{path}:\n\t- {go_text(backward[path])} \n\t+ {go_text(forward[path])}" for path in common)


def go_text(value: Json) -> str:
    """Return a JSON value as Go's `%v` prints it."""
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return _number_text(float(value)) if isinstance(value, (int, float)) else str(value)


def _changes(path: str, source: Json, target: Json) -> Iterator[Change]:
    """Yield the paths at which `source` is changed to become `target`, each with the value there afterwards."""
    if isinstance(source, dict) and isinstance(target, dict):
        for key in sorted(source.keys() | target.keys()):
            here = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in source and key in target:
                yield from _changes(here, source[key], target[key])
            else:
                yield here, target.get(key)
    elif isinstance(source, list) and isinstance(target, list):
        yield from _list_changes(path, source, target)
    elif source != target or isinstance(source, bool) != isinstance(target, bool):
        yield path, target


def _list_changes(path: str, source: list[Json], target: list[Json]) -> Iterator[Change]:
    common = min(len(source), len(target))
    for index, (old, new) in enumerate(zip_longest(source, target)):
        if index < common:
            yield from _changes(f"{path}/{index}", old, new)
        else:
            # jsondiff appends under "-" and removes at the end of what is common, so these never meet.
            yield (f"{path}/{common}", None) if index < len(source) else (f"{path}/-", new)


def _field(field: Any, value: Any) -> Json:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        return {str(key): _value(entry.fields_by_name["value"], item) for key, item in value.items()}
    if isinstance(value, (str, bytes)) or not hasattr(value, "append"):
        return _value(field, value)
    return [_value(field, item) for item in value]


def _value(field: Any, value: Any) -> Json:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return _plain(value) if field.message_type.full_name in _PLAIN else go_json(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _plain(message: Message) -> Json:
    try:
        return json_format.MessageToDict(message)
    except (json_format.Error, ValueError):  # infinities and the like, which JSON has not
        return None


def _is_optional(field: Any) -> bool:
    """Return whether a field's oneof is the one that proto3 makes for `optional`."""
    return field.containing_oneof is not None and field.containing_oneof.name == f"_{field.name}"


def _go_name(name: str) -> str:
    """Return the Go name of a field or oneof: `k8s_pod` is `K8SPod`."""
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(name))


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(number), "NaN")
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    if power in _PLAIN_EXPONENTS:
        return f"{Decimal(repr(number)).normalize():f}"
    fraction = "".join(map(str, digits[1:]))
    return f"{'-' * sign}{digits[0]}{'.' * bool(fraction)}{fraction}e{power:+03d}"
