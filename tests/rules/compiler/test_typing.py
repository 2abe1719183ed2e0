"""What may be bound to what, and how a type is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from hatch_flyte.rules.compiler.typing import castable, type_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = Any

INT, FLOAT, STRING, NONE, STRUCT = ({"simple": name} for name in ("INTEGER", "FLOAT", "STRING", "NONE", "STRUCT"))
ENUM = {"enum_type": {"values": ["a", "b"]}}


def type_of(value: Json) -> LiteralType:
    return ParseDict(value, LiteralType())


def list_of(value: Json) -> Json:
    return {"collection_type": value}


def map_of(value: Json) -> Json:
    return {"map_value_type": value}


def union(*variants: Json) -> Json:
    return {"union_type": {"variants": list(variants)}}


def blob(format_: str = "", dimensionality: str = "SINGLE") -> Json:
    return {"blob": {"format": format_, "dimensionality": dimensionality}}


def schema(**columns: str) -> Json:
    return {"schema": {"columns": [{"name": name, "type": type_} for name, type_ in columns.items()]}}


def dataset(format_: str = "", **columns: Json) -> Json:
    said = [{"name": name, "literal_type": type_} for name, type_ in columns.items()]
    return {"structured_dataset_type": {"format": format_, "columns": said}}


def tagged(value: Json, tag: str) -> Json:
    return {**value, "structure": {"tag": tag}}


def fits(up: Json, down: Json) -> bool:
    return castable(type_of(up), type_of(down))


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (ENUM, STRING),
        (STRING, ENUM),
        (list_of(NONE), list_of(INT)),
        (list_of(NONE), list_of(union(INT, STRING))),
        (map_of(NONE), map_of(list_of(INT))),
        (list_of(ENUM), list_of(STRING)),
        (INT, {**INT, "annotation": {"annotations": {"a": 1}}}),
        (tagged(INT, "int"), tagged(INT, "int")),
        (INT, tagged(INT, "int")),
        (blob("csv"), blob()),
        (blob(), blob("csv")),
        (blob("csv", "SINGLE"), blob("csv", "MULTIPART")),
        (schema(a="INTEGER"), schema()),
        (schema(), schema(a="INTEGER")),
        (schema(a="INTEGER", b="FLOAT"), schema(a="INTEGER")),
        (dataset("parquet", a=INT, b=FLOAT), schema(a="INTEGER")),
        (dataset("Parquet"), schema(a="INTEGER")),
        (dataset(), schema()),
        (schema(a="DATETIME"), dataset("PARQUET", a={"simple": "DATETIME"})),
        (NONE, dataset("csv")),
        (dataset("CSV"), dataset("csv")),
        (dataset("csv"), dataset()),
        (dataset(a=list_of(NONE)), dataset(a=list_of(INT))),
        (INT, union(INT, NONE)),
        (NONE, union(INT, NONE)),
        (union(INT, NONE), union(STRING, INT, NONE)),
        (union(INT), INT),
        (union(INT), union(INT, NONE)),
        (list_of(INT), union(list_of(INT), list_of(STRING))),
        (STRUCT, {**STRUCT, "metadata": {"type": "object"}}),
    ],
)
def test_these_fit(up: Json, down: Json) -> None:
    assert fits(up, down)


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (INT, FLOAT),
        (INT, STRING),
        (NONE, INT),
        (INT, NONE),
        (ENUM, INT),
        (ENUM, {"enum_type": {"values": ["b", "a"]}}),
        (list_of(INT), INT),
        (INT, list_of(INT)),
        (list_of(INT), map_of(INT)),
        (map_of(INT), STRUCT),
        (list_of(union(INT)), list_of(INT)),
        (tagged(INT, "x"), tagged(INT, "int")),
        (tagged(INT, "x"), INT),
        (blob("csv"), blob("json")),
        (blob(), STRING),
        (STRING, blob()),
        (NONE, schema()),
        (schema(a="INTEGER"), schema(a="FLOAT")),
        (schema(a="INTEGER"), schema(b="INTEGER")),
        (dataset("csv"), schema()),
        (dataset(a=STRING), schema(a="INTEGER")),
        (schema(), dataset("csv")),
        (dataset("csv"), dataset("parquet")),
        (dataset(a=INT), dataset(a=INT, b=INT)),
        (dataset(a=union(INT)), dataset(a=INT)),
        (STRING, union(INT, NONE)),
        (list_of(NONE), union(list_of(INT), list_of(STRING))),
        (union(INT, NONE), INT),
        (union(INT, STRING), union(INT, NONE)),
        ({}, INT),
        (INT, {}),
        ({"simple": "ERROR"}, STRUCT),
        ({"simple": "BINARY"}, STRUCT),
    ],
)
def test_these_do_not_fit(up: Json, down: Json) -> None:
    assert not fits(up, down)


def test_a_value_that_fits_two_variants_is_ambiguous() -> None:
    assert fits(STRING, union(STRING, NONE))
    assert not fits(STRING, union(STRING, ENUM))


simple_types = st.sampled_from(["NONE", "INTEGER", "FLOAT", "STRING", "BOOLEAN", "DATETIME", "DURATION", "STRUCT"])
names = st.text("abc", min_size=1, max_size=2)


def nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    variants = st.lists(inner, min_size=1, max_size=3)
    columns = st.dictionaries(names, inner, max_size=2)
    return st.one_of(
        inner.map(list_of),
        inner.map(map_of),
        variants.map(lambda types: union(*types)),
        columns.map(lambda types: dataset("csv", **types)),
    )


types = st.recursive(
    st.one_of(simple_types.map(lambda name: {"simple": name}), st.just({}), st.just(ENUM), names.map(blob)), nested
)


@given(types)
def test_every_type_fits_itself(value: Json) -> None:
    assert fits(value, value)


@given(types, st.lists(types, max_size=2))
def test_a_union_takes_a_union_of_some_of_its_variants(one: Json, others: Sequence[Json]) -> None:
    assert fits(union(one), union(*others, one))


def test_unions_of_one_within_each_other_take_no_time() -> None:
    value: Json = INT
    for _ in range(40):
        value = union(value)
    assert not fits(value, list_of(value))
    assert fits(value, union(value))


class TestText:
    def test_is_the_messages_as_go_prints_it(self) -> None:
        value = {**union(INT, list_of(ENUM)), "structure": {"tag": "t", "dataclass_type": {"b": INT, "a": {}}}}

        assert type_text(type_of(value)) == (
            'union_type:{variants:{simple:INTEGER} variants:{collection_type:{enum_type:{values:"a" values:"b"}}}} '
            'structure:{tag:"t" dataclass_type:{key:"a" value:{}} dataclass_type:{key:"b" value:{simple:INTEGER}}}'
        )

    def test_of_a_struct_shows_its_fields(self) -> None:
        value = {**STRUCT, "structure": {"dataclass_type": {"b": list_of(INT), "a": STRUCT}}}

        assert type_text(type_of(value)) == (
            "simple: STRUCT structure{dataclass_type:{key:a value:{simple: STRUCT structure{}}, "
            "dataclass_type:{key:b value:{collection_type:{simple:INTEGER}}}"
        )

    def test_of_no_type_and_of_one_that_is_not_set(self) -> None:
        assert type_text(None) == "None"
        assert type_text(LiteralType()) == ""
