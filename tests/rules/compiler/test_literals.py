"""Which type a literal is of."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.json_format import ParseDict

from hatch_flyte.rules.compiler.literals import literal_type
from hatch_flyte.rules.compiler.typing import castable, type_text

Json = Any


def scalar(**value: Json) -> Json:
    return {"scalar": value}


def primitive(**value: Json) -> Json:
    return scalar(primitive=value)


def items(*values: Json) -> Json:
    return {"collection": {"literals": list(values)}}


def mapped(*values: Json) -> Json:
    return {"map": {"literals": {str(index): value for index, value in enumerate(values)}}}


def found(value: Json) -> LiteralType | None:
    return literal_type(ParseDict(value, Literal()))


ONE, WORD = primitive(integer=1), primitive(string_value="a")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ONE, "simple:INTEGER"),
        (primitive(float_value=1.5), "simple:FLOAT"),
        (primitive(boolean=False), "simple:BOOLEAN"),
        (primitive(datetime="2026-01-01T00:00:00Z"), "simple:DATETIME"),
        (primitive(duration="1s"), "simple:DURATION"),
        (primitive(), "simple:NONE"),
        (scalar(none_type={}), "simple:NONE"),
        (scalar(error={}), "simple:ERROR"),
        (scalar(generic={}), "simple: STRUCT structure{}"),
        (scalar(binary={"tag": "msgpack"}), "simple: STRUCT structure{}"),
        (scalar(binary={"tag": "other"}), "simple:BINARY"),
        (scalar(blob={"metadata": {"type": {"format": "csv"}}}), 'blob:{format:"csv"}'),
        (scalar(schema={"type": {}}), "schema:{}"),
        (
            scalar(structured_dataset={"metadata": {"structured_dataset_type": {"format": "csv"}}}),
            'structured_dataset_type:{format:"csv"}',
        ),
        (scalar(union={"type": {"simple": "STRING"}}), "union_type:{variants:{simple:STRING}}"),
        (items(), "collection_type:{simple:NONE}"),
        (items(ONE, ONE), "collection_type:{simple:INTEGER}"),
        (items(WORD, ONE), "collection_type:{union_type:{variants:{simple:INTEGER} variants:{simple:STRING}}}"),
        (items(items(), items(ONE)), "collection_type:{collection_type:{simple:INTEGER}}"),
        (items(items(), items()), "collection_type:{collection_type:{simple:NONE}}"),
        (
            items(items(ONE, WORD), WORD),
            (
                "collection_type:{collection_type:{union_type:"
                "{variants:{simple:INTEGER} variants:{simple:STRING} variants:{simple:STRING}}}}"
            ),
        ),
        (mapped(), "map_value_type:{simple:NONE}"),
        (mapped(ONE, WORD), "map_value_type:{union_type:{variants:{simple:INTEGER} variants:{simple:STRING}}}"),
        ({"offloaded_metadata": {"inferred_type": {"simple": "FLOAT"}}}, "simple:FLOAT"),
    ],
)
def test_the_type_of_a_literal(value: Json, text: str) -> None:
    assert type_text(found(value)) == text


@pytest.mark.parametrize("value", [{}, scalar(), scalar(blob={}), {"offloaded_metadata": {}}])
def test_of_some_literals_it_cannot_be_told(value: Json) -> None:
    assert found(value) is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (scalar(structured_dataset={}), "structured_dataset_type"),
        (scalar(structured_dataset={"metadata": {}}), "structured_dataset_type"),
        (scalar(schema={}), "schema"),
        (scalar(blob={"metadata": {}}), "blob"),
    ],
)
def test_a_scalar_that_does_not_say_its_type_fits_nothing(value: Json, kind: str) -> None:
    unknown = found(value)

    assert unknown is not None
    assert not castable(unknown, ParseDict({kind: {}}, LiteralType()))
