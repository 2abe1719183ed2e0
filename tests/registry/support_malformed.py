"""Requests that no client means to send: any bytes, recorded requests damaged, messages of any content, HTTP of any."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st
from registry.local_server import SERVICES
from registry.recorded_player import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor

DEEPEST = 5
ODD_TEXTS = (
    *("", "..", "../x", "/etc/passwd", "%", "%00", "\x00", "{{.", "' OR 1=1 --", "$", "0"),
    *("a" * 10_000, "é" * 300),
)
WORDS = (
    *("flytesnacks", "development", "f.t", "v1", "name", "n0", "start-node"),
    *("eq(name,x)", "in(version,a;b)", "0 3 * * *"),
)
"""What leads further into the server than chance does."""


@cache
def recorded() -> dict[str, list[bytes]]:
    """Return what the recordings ask, as bytes, by `SERVICE/METHOD`."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for step in json.loads(line.replace("$PROJECT", "flytesnacks"))["steps"]:
                service, _, name = step["rpc"].partition("/")
                if service in SERVICES:
                    message = message_factory.GetMessageClass(SERVICES[service].methods_by_name[name].input_type)()
                    found.setdefault(step["rpc"], []).append(
                        json_format.ParseDict(step["request"], message).SerializeToString()
                    )
    return found


@st.composite
def damaged_calls(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a path and what is sent there: a recorded request after some damage, or any bytes."""
    rpc = draw(st.sampled_from(sorted(recorded())))
    if draw(st.integers(0, 4)) == 0:
        return path_of(rpc), draw(st.binary(max_size=200))
    data = draw(st.sampled_from(recorded()[rpc]))
    for _ in range(draw(st.integers(1, 3))):
        data = draw(damaged(data))
    return path_of(rpc), data


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw `data` cut off, or with a piece of it changed, left out or repeated."""
    begin = draw(st.integers(0, len(data)))
    end = draw(st.integers(begin, min(len(data), begin + 20)))
    piece = draw(st.sampled_from([b"", data[begin:end] * 2]) | st.binary(min_size=1, max_size=4))
    rest = draw(st.sampled_from([data[end:], data[end:], b""]))
    return data[:begin] + piece + rest


@st.composite
def odd_calls(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a path and a message of its type, filled in with anything."""
    rpc = draw(st.sampled_from(sorted(recorded())))
    service, _, name = rpc.partition("/")
    descriptor = SERVICES[service].methods_by_name[name].input_type
    return path_of(rpc), draw(messages(descriptor, DEEPEST)).SerializeToString()


def path_of(rpc: str) -> str:
    """Return the path of `SERVICE/METHOD` on the wire."""
    return f"/{rpc}" if "." in rpc.partition("/")[0] else f"/flyteidl.service.{rpc}"


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, depth: int) -> Any:
    """Draw a message with some of its fields set; below `depth` none is."""
    message = message_factory.GetMessageClass(descriptor)()
    fields = list(descriptor.fields) if depth else []
    for field in [one for one in fields if draw(st.integers(0, 2))]:
        if field.is_repeated:
            _fill_repeated(draw, getattr(message, field.name), field, depth)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(messages(field.message_type, depth - 1)))
        else:
            setattr(message, field.name, draw(scalars(field)))
    return message


def _fill_repeated(draw: st.DrawFn, repeated: Any, field: FieldDescriptor, depth: int) -> None:
    entry = field.message_type
    for _ in range(draw(st.integers(0, 2))):
        if entry and entry.GetOptions().map_entry:
            key, value = draw(scalars(entry.fields_by_name["key"])), entry.fields_by_name["value"]
            if value.message_type:
                repeated[key].CopyFrom(draw(messages(value.message_type, depth - 1)))
            else:
                repeated[key] = draw(scalars(value))
        elif entry:
            repeated.add().CopyFrom(draw(messages(entry, depth - 1)))
        else:
            repeated.append(draw(scalars(field)))


def scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Return what a field without fields of its own may hold."""
    if field.enum_type:
        return st.sampled_from([*(value.number for value in field.enum_type.values), 99])
    texts = st.sampled_from(WORDS) | st.sampled_from(ODD_TEXTS) | st.text(st.characters(codec="utf-8"), max_size=8)
    of_type: dict[int, Callable[[], st.SearchStrategy[Any]]] = {
        FieldDescriptor.CPPTYPE_STRING: lambda: (
            st.binary(max_size=20) if field.type == FieldDescriptor.TYPE_BYTES else texts
        ),
        FieldDescriptor.CPPTYPE_BOOL: st.booleans,
        FieldDescriptor.CPPTYPE_INT32: lambda: st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]),
        FieldDescriptor.CPPTYPE_INT64: lambda: st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]),
        FieldDescriptor.CPPTYPE_UINT32: lambda: st.sampled_from([0, 1, 2**32 - 1]),
        FieldDescriptor.CPPTYPE_UINT64: lambda: st.sampled_from([0, 1, 2**64 - 1]),
        FieldDescriptor.CPPTYPE_DOUBLE: st.floats,
        FieldDescriptor.CPPTYPE_FLOAT: lambda: st.floats(width=32),
    }
    return of_type[field.cpp_type]()


@st.composite
def http_requests(draw: st.DrawFn) -> bytes:
    """Draw what is sent to the HTTP port: a request of any form, or nothing like one."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(min_size=1, max_size=300)) + b"\r\n\r\n"
    method = draw(st.sampled_from([b"GET", b"PUT", b"HEAD", b"POST", b"OPTIONS", b"PRI", b"\x00"]))
    parts = st.sampled_from(
        [b"..", b"%2e%2e", b"%2f", b"%00", b"\xff", b"p", b"d", b"//", b"\\", b"?", b"#", b"x" * 9000, b"http://a"]
    )
    path = b"/" + b"/".join(draw(st.lists(parts | st.binary(max_size=6), max_size=5)))
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", *headers, b"", draw(st.binary(max_size=40))])


HEADERS = (
    b"Host: localhost",
    b"Host: evil.example",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked",
    b"Range: bytes=0-99999999999999",
    b"Content-MD5: ????",
    b"Expect: 100-continue",
    b"Upgrade: h2c\r\nConnection: Upgrade",
    b"Connection: close",
    b"X: " + b"y" * 20_000,
    b"\x00: \xff",
)
