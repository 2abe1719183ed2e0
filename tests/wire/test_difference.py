from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.project_pb2 import Project
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from flyteidl.core.tasks_pb2 import Container, Resources, TaskMetadata, TaskTemplate
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct, Value

from hatch_flyte.wire.difference import Difference, message_differences


def found(sent: Any, stored: Any, path: str = "") -> list[Difference]:
    return list(message_differences(path, sent, stored))


def custom(value: Any) -> TaskTemplate:
    return TaskTemplate(custom=ParseDict(value, Struct()))


def nodes(*names: str) -> WorkflowTemplate:
    return WorkflowTemplate(nodes=[Node(id=name) for name in names])


@pytest.mark.parametrize(
    ("sent", "stored", "expected"),
    [
        pytest.param(Container(image="a"), Container(image="b"), ("image", "a", "b"), id="text"),
        pytest.param(Container(image="a"), Container(), ("image", "a", None), id="text-and-none"),
        pytest.param(TaskTemplate(container={}), TaskTemplate(), ("container", {}, None), id="empty-message-and-none"),
        pytest.param(
            TaskTemplate(container={"image": "a"}),
            TaskTemplate(container={"image": "b"}),
            ("container.image", "a", "b"),
            id="in-a-message",
        ),
        pytest.param(
            TaskTemplate(config={"a": "1", "b.c": "2"}),
            TaskTemplate(config={"a": "1", "b.c": "3"}),
            ("config[b.c]", "2", "3"),
            id="in-a-map",
        ),
        pytest.param(TaskTemplate(config={"a": "1"}), TaskTemplate(), ("config", {"a": "1"}, None), id="map-and-none"),
        pytest.param(
            TaskTemplate(config={"a": "1", "b": "2"}),
            TaskTemplate(config={"a": "1"}),
            ("config[b]", "2", None),
            id="key-and-none",
        ),
        pytest.param(Container(args=["a", "b"]), Container(args=["a", "c"]), ("args[1]", "b", "c"), id="in-a-list"),
        pytest.param(Container(args=["a"]), Container(args=["a", "c"]), ("args[1]", None, "c"), id="none-and-item"),
        pytest.param(Container(args=["a"]), Container(), ("args", ["a"], None), id="list-and-none"),
        pytest.param(
            Container(env=[{"key": "A", "value": "1"}]),
            Container(env=[{"key": "A", "value": "2"}]),
            ("env[A].value", "1", "2"),
            id="by-name",
        ),
        pytest.param(
            Resources(requests=[{"name": "CPU", "value": "1"}]),
            Resources(requests=[{"name": "CPU", "value": "2"}]),
            ("requests[CPU].value", "1", "2"),
            id="by-an-enum",
        ),
        pytest.param(
            Container(env=[{"key": "A", "value": "1"}, {"key": "A", "value": "1"}]),
            Container(env=[{"key": "A", "value": "1"}, {"key": "A", "value": "2"}]),
            ("env[1].value", "1", "2"),
            id="by-index-where-names-repeat",
        ),
        pytest.param(nodes("a", "b"), nodes("a", "c"), ("nodes[b].id", "b", "c"), id="renamed"),
        pytest.param(nodes("a", "b"), nodes("b"), ("nodes[a]", {"id": "a"}, None), id="added"),
        pytest.param(nodes("b"), nodes("a", "b"), ("nodes[a]", None, {"id": "a"}), id="gone"),
        pytest.param(nodes("a", "b"), nodes("b", "a"), ("nodes", ["a", "b"], ["b", "a"]), id="other-order"),
        pytest.param(
            Node(upstream_node_ids=["a"]),
            Node(upstream_node_ids=["a", "b"]),
            ("upstream_node_ids", ["a"], ["a", "b"]),
            id="sorted-lists-whole",
        ),
        pytest.param(Project(state="ARCHIVED"), Project(state=9), ("state", "ARCHIVED", 9), id="enum"),
        pytest.param(Primitive(integer=1 << 60), Primitive(integer=2), ("integer", str(1 << 60), "2"), id="64-bit"),
        pytest.param(Primitive(integer=0), Primitive(), ("integer", "0", None), id="zero-in-a-oneof"),
        pytest.param(
            Scalar(binary={"value": b"\xff"}),
            Scalar(binary={"value": b"a"}),
            ("binary.value", "/w==", "YQ=="),
            id="bytes",
        ),
        pytest.param(
            LaunchPlanSpec(interruptible={"value": False}),
            LaunchPlanSpec(),
            ("interruptible", False, None),
            id="wrapper",
        ),
        pytest.param(
            TaskMetadata(timeout=Duration(seconds=1)),
            TaskMetadata(timeout=Duration()),
            ("timeout", "1s", "0s"),
            id="duration",
        ),
        pytest.param(
            custom({"a": {"b": [1, 2]}}), custom({"a": {"b": [1, 3]}}), ("custom.a.b[1]", 2.0, 3.0), id="struct"
        ),
        pytest.param(custom({"a.b": 1}), custom({}), ("custom[a.b]", 1.0, None), id="struct-key"),
        pytest.param(custom({"a": [1]}), custom({"a": [1, 2]}), ("custom.a[1]", None, 2.0), id="struct-list"),
        pytest.param(custom({"a": True}), custom({"a": 1}), ("custom.a", True, 1.0), id="truth-is-not-one"),
        pytest.param(custom({"a": {}}), custom({"a": []}), ("custom.a", {}, []), id="struct-kind"),
    ],
)
def test_a_difference_says_where_and_both_values(sent: Any, stored: Any, expected: tuple[str, object, object]) -> None:
    assert found(sent, stored) == [Difference(*expected)]


def test_the_order_of_a_map_is_no_difference() -> None:
    assert found(TaskTemplate(config={"a": "1", "b": "2"}), TaskTemplate(config={"b": "2", "a": "1"})) == []


def test_fields_that_nobody_knows_are_no_difference() -> None:
    unknown = b"\x9a\x3f\x01x"  # field 1011, text "x"
    known = custom({"a": 1})
    known.container.image = "a"
    sent = TaskTemplate.FromString(known.SerializeToString() + unknown)
    sent.container.MergeFromString(unknown)
    sent.custom.MergeFromString(unknown)

    assert found(sent, known) == []


def test_not_a_number_is_itself() -> None:
    nan = float("nan")

    assert found(Primitive(float_value=nan), Primitive(float_value=nan)) == []
    assert found(custom({"a": nan}), custom({"a": nan})) == []
    assert found(Primitive(float_value=nan), Primitive(float_value=1)) != []


def test_a_value_of_no_kind_is_not_null() -> None:
    sent = TaskTemplate(custom=Struct(fields={"a": Value()}))

    assert found(sent, custom({"a": None})) == [Difference("custom.a", "(no value)", None)]


def test_a_message_without_a_json_form_is_shown_as_text() -> None:
    sent = TaskTemplate(metadata={"timeout": Duration(seconds=1 << 50)})

    assert found(sent, TaskTemplate()) == [Difference("metadata", "timeout { seconds: 1125899906842624 }", None)]


def test_a_value_of_every_shape_is_shown_where_there_is_none() -> None:
    literal = ParseDict(
        {"map": {"literals": {"k": {"collection": {"literals": [{"scalar": {"none_type": {}}}]}}}}}, Literal()
    )
    sent = TaskTemplate(container={"env": [{"key": "A"}], "config": [{"key": "B"}]})

    assert found(literal, Literal(map={}))[0].sent == {
        "k": {"collection": {"literals": [{"scalar": {"none_type": {}}}]}}
    }
    assert found(sent, TaskTemplate(container={}))[0].sent == [{"key": "A"}]


def test_differences_come_in_the_order_of_the_definition_with_the_path_before_each() -> None:
    sent = TaskTemplate(type="a", id={"name": "n"}, container={"image": "i"})
    fields = [one.field for one in found(sent, TaskTemplate(type="b", config={"k": "v"}), "template")]

    assert fields == ["template.id", "template.type", "template.container", "template.config"]


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference("a.b[3]", "x", None), 'a.b[3]: sent "x", stored nothing'),
        (Difference("a", None, {"k": ["ü", 1]}), 'a: sent nothing, stored {"k": ["ü", 1]}'),
        (Difference("a", 1.5, []), "a: sent 1.5, stored []"),
    ],
)
def test_a_difference_reads_as_a_sentence(difference: Difference, text: str) -> None:
    assert str(difference) == text


def test_of_long_values_the_part_that_differs_is_shown() -> None:
    text = str(Difference("a", "x" * 100 + "SENT" + "y" * 100, "x" * 100 + "STORED"))

    assert text == f'a: sent …{"x" * 19}SENT{"y" * 37}…, stored …{"x" * 19}STORED"'
