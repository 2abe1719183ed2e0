"""Messages as Go prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.literals_pb2 import BindingData, Scalar
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.json_format import ParseDict

from hatch_flyte.rules.prototext import message_text, quoted

if TYPE_CHECKING:
    from google.protobuf.message import Message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (None, "<nil>"),
        (LiteralType(), ""),
        (Identifier(resource_type=1, name="n"), 'resource_type:TASK name:"n"'),
        (Identifier(resource_type=99), "resource_type:99"),
        (ParseDict({"simple": "NONE"}, LiteralType()), "simple:NONE"),
        (ParseDict({"primitive": {"float_value": 1e6}}, Scalar()), "primitive:{float_value:1e+06}"),
        (ParseDict({"primitive": {"float_value": 0.5}}, Scalar()), "primitive:{float_value:0.5}"),
        (ParseDict({"primitive": {"float_value": "-Infinity"}}, Scalar()), "primitive:{float_value:-inf}"),
        (ParseDict({"primitive": {"boolean": False}}, Scalar()), "primitive:{boolean:false}"),
        (ParseDict({"primitive": {"duration": "1.5s"}}, Scalar()), "primitive:{duration:{seconds:1 nanos:500000000}}"),
        (ParseDict({"binary": {"value": "/wBh"}}, Scalar()), 'binary:{value:"\\xff\\x00a"}'),
        (
            ParseDict({"simple": "STRUCT", "metadata": {"b": 1, "a": None}}, LiteralType()),
            (
                'simple:STRUCT metadata:{fields:{key:"a" value:{null_value:NULL_VALUE}} '
                'fields:{key:"b" value:{number_value:1}}}'
            ),
        ),
        (
            ParseDict({"metadata": {"a": [1]}}, LiteralType()),
            'metadata:{fields:{key:"a" value:{list_value:{values:{number_value:1}}}}}',
        ),
        (
            ParseDict({"map": {"bindings": {"b": {}, "a": {"promise": {"var": "x"}}}}}, BindingData()),
            'map:{bindings:{key:"a" value:{promise:{var:"x"}}} bindings:{key:"b" value:{}}}',
        ),
    ],
)
def test_the_text_of_a_message(message: Message | None, expected: str) -> None:
    assert message_text(message) == expected


def test_fields_come_in_the_order_of_their_declaration() -> None:
    value = {"enum_type": {"values": ["a"]}, "structure": {"tag": "t"}, "annotation": {}, "metadata": {}}
    assert message_text(ParseDict(value, LiteralType())) == (
        'enum_type:{values:"a"} metadata:{} annotation:{} structure:{tag:"t"}'
    )


def test_what_is_packed_and_cannot_be_read_stays_packed() -> None:
    packed = AnyMessage(type_url="type.googleapis.com/google.protobuf.Duration", value=b"\xff")

    assert message_text(packed) == 'type_url:"type.googleapis.com/google.protobuf.Duration" value:"\\xff"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('say "a\\b"', '"say \\"a\\\\b\\""'),
        ("\n\r\t\x01\x7f", '"\\n\\r\\t\\x01\\x7f"'),
        ("größe\x85", '"größe\\u0085"'),
    ],
)
def test_text_is_quoted(text: str, expected: str) -> None:
    assert quoted(text) == expected
