"""What stands in an entity's protobuf, in a few words for people: types, values, conditions, schedules, nodes.

The same words wherever an entity is shown. They stand for the part that counts, not for every field: where two
messages have the same words they may still differ. Texts from protobufs stand in them as they are: untrusted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.admin.schedule_pb2 import Schedule
    from flyteidl.core.condition_pb2 import BooleanExpression, Operand
    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.interface_pb2 import Parameter
    from flyteidl.core.literals_pb2 import BindingData, Literal, Primitive, Scalar
    from flyteidl.core.types_pb2 import BlobType, LiteralType, OutputReference
    from flyteidl.core.workflow_pb2 import ArrayNode, GateNode, Node
    from google.protobuf.message import Message

_SIGNS: Final = ("==", "!=", ">", ">=", "<", "<=")
"""`ComparisonExpression.Operator` by number."""
_CONJUNCTIONS: Final = ("and", "or")
"""`ConjunctionExpression.LogicalOperator` by number."""
_UNITS: Final = ("minute", "hour", "day")
"""`FixedRateUnit` by number."""


def type_words(message: LiteralType) -> str:
    """Return a type: `integer`, `list of float`, `file (csv)`, `struct Limits`, `map of (string or none)`."""
    field = message.WhichOneof("type")
    if field == "simple":
        word = _enum_word(message, "simple").lower()
        title = message.metadata.fields["title"].string_value if "title" in message.metadata.fields else ""
        return f"{word} {title}" if word == "struct" and title else word
    return _TYPES[field](message) if field else "no type"


def _enclosed(message: LiteralType) -> str:
    words = type_words(message)
    return f"({words})" if message.HasField("union_type") else words


def _blob_words(blob: BlobType) -> str:
    word = "folder" if blob.dimensionality else "file"
    return f"{word} ({blob.format})" if blob.format else word


def _dataset_words(message: LiteralType) -> str:
    kind = message.structured_dataset_type.format
    return f"dataset ({kind})" if kind else "dataset"


_TYPES: Final[dict[str, Callable[[Any], str]]] = {
    "collection_type": lambda message: f"list of {_enclosed(message.collection_type)}",
    "map_value_type": lambda message: f"map of {_enclosed(message.map_value_type)}",
    "blob": lambda message: _blob_words(message.blob),
    "enum_type": lambda message: f"enum ({', '.join(message.enum_type.values)})",
    "schema": lambda _message: "schema",
    "structured_dataset_type": _dataset_words,
    "union_type": lambda message: " or ".join(map(_enclosed, message.union_type.variants)) or "union of nothing",
}


def literal_words(message: Literal) -> str:
    """Return a value: `3`, `"text"`, `[1, 2]`, `none`, `msgpack of 12 bytes`, the address of a file."""
    field = message.WhichOneof("value")
    if field == "scalar":
        return scalar_words(message.scalar)
    if field == "collection":
        return _listed(map(literal_words, message.collection.literals))
    if field == "map":
        return _mapped((key, literal_words(one)) for key, one in sorted(message.map.literals.items()))
    return f"value at {message.offloaded_metadata.uri}" if field else "no value"


def scalar_words(message: Scalar) -> str:
    """Return a value that is no list and no map, as `literal_words` does."""
    field = message.WhichOneof("value")
    return _SCALARS[field](message) if field else "no value"


_SCALARS: Final[dict[str, Callable[[Any], str]]] = {
    "primitive": lambda message: primitive_words(message.primitive),
    "blob": lambda message: f"{_blob_words(message.blob.metadata.type)} at {message.blob.uri}",
    "binary": lambda message: f"{message.binary.tag or 'binary'} of {len(message.binary.value)} bytes",
    "schema": lambda message: f"schema at {message.schema.uri}",
    "none_type": lambda _message: "none",
    "error": lambda message: f"error {_quoted(message.error.message)}",
    "generic": lambda message: _json_words(message.generic),
    "structured_dataset": lambda message: f"dataset at {message.structured_dataset.uri}",
    "union": lambda message: literal_words(message.union.value),
}


def primitive_words(message: Primitive) -> str:
    """Return a number, text, truth, time or duration."""
    field = message.WhichOneof("value")
    value = getattr(message, field) if field else None
    if field == "string_value":
        return _quoted(message.string_value)
    if field == "duration":
        return duration_words(message.duration)
    if field == "datetime":
        return _json_words(message.datetime).strip('"')
    return json.dumps(value) if field else "no value"


def binding_words(message: BindingData) -> str:
    """Return what an input is bound to: `n0.o0`, `input a`, or a value."""
    field = message.WhichOneof("value")
    if field == "promise":
        return _promise_words(message.promise)
    if field == "scalar":
        return scalar_words(message.scalar)
    if field == "collection":
        return _listed(map(binding_words, message.collection.bindings))
    if field == "map":
        return _mapped((key, binding_words(one)) for key, one in sorted(message.map.bindings.items()))
    return f"value at {message.offloaded_metadata.uri}" if field else "nothing"


def _promise_words(promise: OutputReference) -> str:
    path = "".join(
        f"[{one.int_value}]" if one.HasField("int_value") else f".{one.string_value}" for one in promise.attr_path
    )
    return f"{promise.node_id}.{promise.var}{path}" if promise.node_id else f"input {promise.var}{path}"


def condition_words(message: BooleanExpression) -> str:
    """Return a condition: `n0.o0 > 3 and (a == 1 or b == 2)`."""
    if message.HasField("conjunction"):
        both = message.conjunction
        sides = (both.left_expression, both.right_expression)
        words = (
            f"({condition_words(side)})" if side.HasField("conjunction") else condition_words(side) for side in sides
        )
        return f" {_numbered(_CONJUNCTIONS, both.operator)} ".join(words)
    compared = message.comparison
    sign = _numbered(_SIGNS, compared.operator)
    return f"{_operand_words(compared.left_value)} {sign} {_operand_words(compared.right_value)}"


def _operand_words(message: Operand) -> str:
    field = message.WhichOneof("val")
    if field == "var":
        return str(message.var)
    return primitive_words(message.primitive) if field == "primitive" else scalar_words(message.scalar)


def schedule_words(message: Schedule) -> str:
    """Return a schedule: `cron 0 6 * * *`, `every 10 minutes`; empty if there is none."""
    field = message.WhichOneof("ScheduleExpression")
    if field == "rate":
        unit = _numbered(_UNITS, message.rate.unit)
        words = f"every {unit}" if message.rate.value == 1 else f"every {message.rate.value} {unit}s"
    elif field == "cron_schedule":
        offset = f", offset {message.cron_schedule.offset}" if message.cron_schedule.offset else ""
        words = f"cron {message.cron_schedule.schedule}{offset}"
    else:
        words = f"cron {message.cron_expression}" if field else ""
    kickoff = message.kickoff_time_input_arg
    return f"{words}, its time in input {kickoff}" if words and kickoff else words


def parameter_words(message: Parameter) -> str:
    """Return an input of a launch plan: `integer, default 3`; `integer, required`."""
    field = message.WhichOneof("behavior")
    more = {
        None: "",
        "default": f", default {literal_words(message.default)}",
        "required": ", required" if message.required else "",
    }.get(field, ", from an artifact")
    return f"{type_words(message.var.type)}{more}"


def reference_words(message: Identifier) -> str:
    """Return the name of an entity, and what it is pinned to: `other.task 7 in other/production`."""
    version = f" {message.version}" if message.version else ""
    place = "/".join(filter(None, (message.project, message.domain)))
    return f"{message.name}{version}{place and f' in {place}'}"


def node_words(message: Node) -> str:
    """Return what a node runs: `task acme.double`, `condition size`, `map over task acme.double`, `sleep 30s`."""
    field = message.WhichOneof("target")
    if field == "task_node":
        return f"task {reference_words(message.task_node.reference_id)}"
    if field == "workflow_node":
        inner = message.workflow_node
        if inner.HasField("sub_workflow_ref"):
            return f"workflow {reference_words(inner.sub_workflow_ref)}"
        return f"launch plan {reference_words(inner.launchplan_ref)}"
    if field == "gate_node":
        return _gate_words(message.gate_node)
    if field == "array_node":
        return _array_words(message.array_node)
    return f"condition {message.metadata.name}".rstrip() if field else "nothing"


def _gate_words(gate: GateNode) -> str:
    field = gate.WhichOneof("condition")
    if field == "sleep":
        return f"sleep {duration_words(gate.sleep.duration)}"
    if field == "approve":
        return f"approve {_quoted(gate.approve.signal_id)}"
    if field == "signal":
        return f"wait for input {_quoted(gate.signal.signal_id)}, {type_words(gate.signal.type)}"
    return "gate"


def _array_words(array: ArrayNode) -> str:
    return ", ".join(filter(None, [f"map over {node_words(array.node)}", array_words(array)]))


def array_words(array: ArrayNode) -> str:
    """Return how an array node runs: `2 at once, at least 50% must succeed`; empty where it doesn't say."""
    words = [f"{array.parallelism} at once"] if array.parallelism else []
    if array.HasField("min_successes"):
        words.append(f"at least {array.min_successes} must succeed")
    elif array.HasField("min_success_ratio") and array.min_success_ratio != 1:
        words.append(f"at least {array.min_success_ratio:.0%} must succeed")
    return ", ".join(words)


def duration_words(message: Any) -> str:
    """Return a `google.protobuf.Duration`: `90s`, `0.5s`."""
    # Not its JSON form, which it has for some 10,000 years only.
    return f"{message.seconds + message.nanos / 1e9:.9f}".rstrip("0").rstrip(".") + "s"


def _enum_word(message: Message, name: str) -> str:
    field: Any = message.DESCRIPTOR.fields_by_name[name]
    number = getattr(message, name)
    known = field.enum_type.values_by_number.get(number)
    return str(known.name) if known else f"{name} {number}"


def _numbered(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else f"({number})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(words: Iterable[str]) -> str:
    return f"[{', '.join(words)}]"


def _mapped(words: Iterable[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{_quoted(key)}: {one}' for key, one in words)}}}"


def _json_words(message: Message) -> str:
    from google.protobuf import json_format

    try:
        return json.dumps(json_format.MessageToDict(message), ensure_ascii=False)
    except (json_format.Error, ValueError, OverflowError):
        return f"{message.DESCRIPTOR.name.lower()} of {message.ByteSize()} bytes"
