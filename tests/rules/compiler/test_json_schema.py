"""Whether a dataclass may be bound to another one, by the JSON schemas in their metadata."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from hatch_flyte.rules.compiler.json_schema import Schemas

Json = Any

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
INT, NUMBER, STRING = {"type": "integer"}, {"type": "number"}, {"type": "string"}


def struct(value: Json) -> Struct:
    return ParseDict(value, Struct())


def fits(up: Json, down: Json) -> bool:
    return Schemas().castable(struct(up), struct(down))


def fields(**properties: Json) -> Json:
    return {"type": "object", "title": "A", "properties": properties, "additionalProperties": False}


def field_fits(up: Json, down: Json) -> bool:
    return fits(fields(a=up), {**fields(a=down), "title": "B"})


def definitions(**named: Json) -> Json:
    return {"$schema": DRAFT_7, "definitions": named, "$ref": "#/definitions/A"}


def test_more_fields_fit_fewer_and_not_the_other_way_round() -> None:
    assert fits(fields(a=INT, b=STRING), fields(a=INT))
    assert not fits(fields(a=INT), fields(a=INT, b=STRING))


def test_what_is_required_must_be_required() -> None:
    assert fits({**fields(a=INT), "required": ["a"]}, fields(a=INT))
    assert not fits(fields(a=INT), {**fields(a=INT), "required": ["a"]})


def test_fields_of_fields_count() -> None:
    assert field_fits(fields(b=INT, c=INT), fields(b=INT))
    assert not field_fits(fields(b=INT), fields(b=STRING))


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (STRING, {**STRING, "title": "t", "default": "d"}),
        ({**STRING, "maxLength": 3}, {**STRING, "maxLength": 5}),
        ({**NUMBER, "maximum": 3}, NUMBER),
        ({**NUMBER, "multipleOf": 6}, {**NUMBER, "multipleOf": 3}),
        ({**NUMBER, "exclusiveMinimum": 6}, {**NUMBER, "exclusiveMinimum": 7}),
        ({**INT, "maximum": 9}, {**INT, "maximum": 3}),
        ({**STRING, "enum": ["a"]}, {**STRING, "enum": ["a", "b"]}),
        ({"type": "array", "items": INT}, {"type": "array", "items": INT}),
        ({"type": "array", "items": [INT, INT]}, {"type": "array", "items": [INT, INT]}),
        ({"anyOf": [INT, STRING]}, {"anyOf": [STRING, INT, NUMBER]}),
        ({"type": ["integer", "null"]}, {"type": ["null", "integer"]}),
        (fields(), {}),
    ],
)
def test_fields_that_fit(up: Json, down: Json) -> None:
    assert field_fits(up, down)


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (INT, NUMBER),
        (INT, {"type": ["integer", "null"]}),
        ({}, fields()),
        (STRING, {**STRING, "format": "date"}),
        ({**STRING, "maxLength": 5}, {**STRING, "maxLength": 3}),
        ({**STRING, "minLength": 1}, {**STRING, "minLength": 2}),
        (STRING, {**STRING, "pattern": "a"}),
        ({**STRING, "enum": ["a", "b"]}, {**STRING, "enum": ["a"]}),
        ({**STRING, "enum": [1]}, {**STRING, "enum": ["1"]}),
        (NUMBER, {**NUMBER, "minimum": 0}),
        (NUMBER, {**NUMBER, "multipleOf": 3}),
        ({**NUMBER, "multipleOf": 1}, {**NUMBER, "multipleOf": 0.5}),
        ({"type": "array", "items": INT}, {"type": "array", "items": STRING}),
        ({"type": "array", "items": INT}, {"type": "array", "items": [INT]}),
        ({"type": "array"}, {"type": "array", "items": INT}),
        ({"type": "array", "items": INT}, {"type": "array", "items": INT, "uniqueItems": True}),
        ({"anyOf": [INT, STRING]}, {"anyOf": [INT]}),
        ({"anyOf": [fields(), INT]}, {"anyOf": [fields(), INT]}),
        ({"const": 1}, {"const": 2}),
        (INT, {**INT, "oneOf": [INT]}),
    ],
)
def test_fields_that_do_not_fit(up: Json, down: Json) -> None:
    assert not field_fits(up, down)


@pytest.mark.parametrize(
    "unreadable",
    [
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "http://json-schema.org/draft-07/schema"},
        fields(a={"type": "int"}),
        fields(a={"type": "string", "format": "uuid"}),
        fields(a={"$ref": "#/definitions/missing"}),
        fields(a={"$ref": "other.json"}),
        {**fields(a=INT), "required": "a"},
        {"type": "array", "items": []},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_cannot_be_read_fits_nothing_but_itself(unreadable: Json) -> None:
    assert fits(unreadable, unreadable)
    assert not fits(unreadable, {})
    assert not fits({}, unreadable)


def test_a_value_without_a_kind_does_not_even_fit_itself() -> None:
    strange = Struct()
    strange.fields["a"].SetInParent()

    assert not Schemas().castable(strange, strange)


def test_references_into_the_definitions_are_followed() -> None:
    assert fits(definitions(A=fields(a={"$ref": "#/definitions/B"}), B=fields(b=INT)), fields(a=fields(b=INT)))
    assert not fits(definitions(A=fields(a={"$ref": "#/definitions/B"}), B=fields(b=STRING)), fields(a=fields(b=INT)))


def test_a_schema_that_says_nothing_is_none() -> None:
    assert fits({}, {})
    assert not fits({"type": "object"}, {})


def test_a_schema_that_is_true_or_false_is_one_of_no_properties() -> None:
    assert fits(fields(a=True), fields(a=False))
    assert not fits(fields(a={}), fields(a=True))
    assert fits(fields(a=True), fields(a={}))


@pytest.mark.parametrize(
    ("draft", "unreadable"),
    [
        (4, fields(a=True)),
        (4, {"required": []}),
        (4, {"minimum": 1, "exclusiveMinimum": 1}),
        (4, {"exclusiveMinimum": True}),
        (6, {"exclusiveMinimum": True, "minimum": 1}),
        (7, {"if": 1}),
    ],
)
def test_what_a_draft_does_not_let_say_cannot_be_read(draft: int, unreadable: Json) -> None:
    said = {**unreadable, "$schema": f"http://json-schema.org/draft-0{draft}/schema#"}
    assert fits(said, said)
    assert not fits(said, {**said, "title": "t"})


def test_bounds_that_are_left_out_move_in_draft_4() -> None:
    draft_4 = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "number"}
    assert fits(
        {**draft_4, "minimum": 1, "exclusiveMinimum": True}, {**draft_4, "minimum": 2, "exclusiveMinimum": True}
    )
    assert not fits({**draft_4, "minimum": 1, "exclusiveMinimum": False}, {**draft_4, "minimum": 2})


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    tree = definitions(A=fields(next={"$ref": "#/definitions/A"}))
    labelled = definitions(A=fields(next={"$ref": "#/definitions/A"}, label=STRING))

    assert fits(labelled, tree)
    assert not fits(tree, labelled)


def test_alternatives_that_multiply_take_no_time() -> None:
    links = {f"A{i}": {"anyOf": [{"$ref": f"#/definitions/A{i + 1}"}] * 4} for i in range(500)}
    wide = definitions(A={"$ref": "#/definitions/A0"}, **links, A500=INT)
    other = definitions(A={"$ref": "#/definitions/A0"}, **links, A500=STRING)

    assert not fits(wide, other)


def test_the_drafts_differ_in_what_they_know() -> None:
    draft_4, draft_6 = (f"http://json-schema.org/draft-0{number}/schema#" for number in (4, 6))
    one, two = {"const": 1}, {"const": 2}
    condition = {"if": INT, "then": {}}

    assert fits({**two, "$schema": draft_4}, {**one, "$schema": draft_4})
    assert not fits({**two, "$schema": draft_6}, {**one, "$schema": draft_6})
    assert fits({"$schema": draft_6}, {**condition, "$schema": draft_6})
    assert not fits({"$schema": DRAFT_7}, {**condition, "$schema": DRAFT_7})
