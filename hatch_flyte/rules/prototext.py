"""A message as Go's text format prints it in one line: how propeller and flyteadmin show values in their messages.

Fields in the order of their declaration, what is empty left out, entries of maps by key, fields and entries apart by
one blank (Go prints one or two, by the build of the binary). Fields that nobody knows are left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hatch_flyte.rules.go_json import go_text
from hatch_flyte.wire.messages import message_class

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_DELETE: Final = 0x7F
_LAST_CONTROL: Final = 0x9F
_SPECIAL: Final = {math.inf: "inf", -math.inf: "-inf"}


def message_text(message: Message | None) -> str:
    """Return a message as Go prints it; None is a pointer that points at nothing."""
    return "<nil>" if message is None else " ".join(_fields(message))


def quoted(text: str) -> str:
    """Return `text` in quotes, as Go's text format escapes it."""
    return f'"{text}"' if text.isascii() and text.isalnum() else f'"{"".join(map(_escaped, text))}"'


def enum_name(descriptor: Any, number: int) -> str:
    """Return the name of an enum's value; of an unknown one its number."""
    known = descriptor.values_by_number.get(number)
    return str(number) if known is None else str(known.name)


def _fields(message: Message) -> Iterator[str]:
    packed = _unpacked(message) if isinstance(message, AnyMessage) else None
    if packed is not None and isinstance(message, AnyMessage):
        yield f"[{message.type_url}]:{{{message_text(packed)}}}"
        return
    for field, value in sorted(message.ListFields(), key=lambda pair: pair[0].index):
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from (_entry(field, key, value[key]) for key in sorted(value))
        elif isinstance(value, (str, bytes, Message)) or not hasattr(value, "append"):  # as ListValue has
            yield f"{field.name}:{_value(field, value)}"
        else:
            yield from (f"{field.name}:{_value(field, item)}" for item in value)


def _entry(field: Any, key: Any, value: Any) -> str:
    names = field.message_type.fields_by_name
    return f"{field.name}:{{key:{_value(names['key'], key)} value:{_value(names['value'], value)}}}"


def _value(field: Any, value: Any) -> str:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return f"{{{message_text(value)}}}"
    if field.type == FieldDescriptor.TYPE_ENUM:
        return enum_name(field.enum_type, value)
    if isinstance(value, bytes):
        # Bytes are printed as text wherever they are UTF-8.
        return quoted(value.decode(errors="surrogateescape"))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else _SPECIAL.get(value, go_text(value))
    return quoted(value) if isinstance(value, str) else go_text(value) if isinstance(value, bool) else str(value)


def _escaped(character: str) -> str:
    number = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004 # a byte that is no UTF-8, as surrogateescape keeps it
        return f"\\x{number - 0xDC00:02x}"
    if character < " " or number == _DELETE:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if _DELETE < number <= _LAST_CONTROL else character


def _unpacked(message: AnyMessage) -> Message | None:
    """Return what is packed in a message; None if it is nothing that is known here, or can't be read."""
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(message.TypeName())
    except KeyError:
        return None
    content = message_class(descriptor)()
    try:
        return content if message.Unpack(content) else None
    except DecodeError:
        return None
