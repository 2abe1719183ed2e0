"""Messages as Go prints them (`%v`): protobuf's text format on one line.

Fields stand in the order of their declaration, map entries in that of their keys. Go puts one blank or two between
fields, depending on the build of the program; here it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_DELETE: Final = 0x7F
_LARGE: Final = 21
"""Go writes floats with an exponent from this power of ten on."""


def proto_text(message: Message | None) -> str:
    """Return a message as Go prints it; what isn't there is `<nil>`."""
    return "<nil>" if message is None else " ".join(_fields(message))


def enum_name(descriptor: Any, number: int) -> str:
    """Return the name of an enum's value; of an unknown one its number."""
    value = descriptor.values_by_number.get(number)
    return str(value.name) if value else str(number)


def quoted(text: str) -> str:
    """Return `text` in quotes, as Go's text format escapes it."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{ord(character):02x}" if character < " " or ord(character) == _DELETE else character


def _fields(message: Message) -> Iterator[str]:
    if isinstance(message, AnyMessage) and message.type_url:
        content = _unpacked(message)
        if content is not None:
            yield f"[{message.type_url}]:{{{proto_text(content)}}}"
            return
    for field, value in sorted(message.ListFields(), key=lambda pair: pair[0].index):
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            yield from (f"{field.name}:{{{_entry(entry, key, value[key])}}}" for key in sorted(value))
        elif isinstance(value, (str, bytes)) or not hasattr(value, "append"):
            yield f"{field.name}:{_value(field, value)}"
        else:
            yield from (f"{field.name}:{_value(field, one)}" for one in value)


def _entry(entry: Any, key: Any, value: Any) -> str:
    names = entry.fields_by_name
    return f"key:{_value(names['key'], key)} value:{_value(names['value'], value)}"


def _value(field: Any, value: Any) -> str:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return f"{{{proto_text(value)}}}"
    if field.type == FieldDescriptor.TYPE_ENUM:
        return enum_name(field.enum_type, value)
    if isinstance(value, bytes):
        return quoted(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    text = f"{value:.17g}" if abs(value) >= 10**_LARGE else repr(value)
    return text.removesuffix(".0")


def _unpacked(message: AnyMessage) -> Message | None:
    """Return what is packed in a message, None if its type isn't known here."""
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(message.TypeName())
    except KeyError:
        return None
    content = message_class(descriptor)()
    return content if message.Unpack(content) else None


def message_class(descriptor: Any) -> Any:
    """Return the class of a message, with any release of protobuf that is supported."""
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    factory: Any = message_factory.MessageFactory()  # protobuf before 4.22
    return factory.GetPrototype(descriptor)
