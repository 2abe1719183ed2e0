"""Workflows in few words, and what the compiler says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface, VariableMap
from flyteidl.core.workflow_pb2 import WorkflowTemplate
from google.protobuf.json_format import ParseDict

from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup, References, TaskInterface
from hatch_flyte.rules.compiler.workflow_compiler import compile_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.identifier_pb2 import Identifier

Json = Any

INT, STRING, NONE, STRUCT = ({"simple": name} for name in ("INTEGER", "STRING", "NONE", "STRUCT"))
ENUM = {"enum_type": {"values": ["red", "green"]}}
ONE = {"scalar": {"primitive": {"integer": 1}}}
WORD = {"scalar": {"primitive": {"string_value": "red"}}}


def list_of(type_: Json) -> Json:
    return {"collection_type": type_}


def map_of(type_: Json) -> Json:
    return {"map_value_type": type_}


def union(*types: Json) -> Json:
    return {"union_type": {"variants": list(types)}}


def variables(types: Mapping[str, Json]) -> Json:
    return {"variables": {name: {} if type_ is None else {"type": type_} for name, type_ in types.items()}}


def interface(inputs: Mapping[str, Json], outputs: Mapping[str, Json]) -> Json:
    return {"inputs": variables(inputs), "outputs": variables(outputs)}


def promise(node: str, var: str = "o", *path: Json) -> Json:
    steps = [{"string_value": step} if isinstance(step, str) else {"int_value": step} for step in path]
    return {"promise": {"node_id": node, "var": var, "attr_path": steps}}


def items(*bindings: Json) -> Json:
    return {"collection": {"bindings": list(bindings)}}


def mapped(**bindings: Json) -> Json:
    return {"map": {"bindings": bindings}}


def bound(bindings: Mapping[str, Json]) -> list[Json]:
    return [{"var": var} if data is None else {"var": var, "binding": data} for var, data in bindings.items()]


def identifier(name: str, kind: str = "TASK") -> Json:
    return {"resource_type": kind, "project": "p", "domain": "d", "name": name, "version": "v"}


def node(name: str, target: Json, /, **inputs: Json) -> Json:
    return {"id": name, "inputs": bound(inputs), **target}


def runs(task: str) -> Json:
    return {"task_node": {"reference_id": identifier(task)}}


def launches(plan: str) -> Json:
    return {"workflow_node": {"launchplan_ref": identifier(plan, "LAUNCH_PLAN")}}


def embeds(workflow: str) -> Json:
    return {"workflow_node": {"sub_workflow_ref": identifier(workflow, "WORKFLOW")}}


SLEEPS: Json = {"gate_node": {"sleep": {}}}
APPROVES: Json = {"gate_node": {"approve": {}}}


def signals(type_: Json) -> Json:
    return {"gate_node": {"signal": {"type": type_, "output_variable_name": "o"}}}


def workflow(
    *nodes: Json, inputs: Mapping[str, Json] | None = None, outputs: Json = None, name: str = "w", **more: Json
) -> Json:
    """Return a template; `outputs` are types and bindings by name."""
    bindings = {var: data for var, (_, data) in (outputs or {}).items()}
    types = {var: type_ for var, (type_, _) in (outputs or {}).items()}
    return {
        "id": identifier(name, "WORKFLOW"),
        "interface": interface(inputs or {}, types),
        "nodes": list(nodes),
        "outputs": bound(bindings),
        **more,
    }


TASKS: dict[str, Json] = {
    "number": interface({}, {"o": INT}),
    "take": interface({"a": INT}, {"o": INT}),
    "take_text": interface({"a": STRING}, {"o": STRING}),
    "take_list": interface({"a": list_of(INT)}, {"o": list_of(INT)}),
    "take_map": interface({"a": map_of(INT)}, {"o": map_of(INT)}),
    "take_enum": interface({"a": ENUM}, {}),
    "take_optional": interface({"a": union(INT, NONE)}, {}),
    "take_either": interface({"a": union(list_of(INT), list_of(STRING))}, {}),
    "take_two": interface({"a": INT, "b": INT}, {"o": INT}),
    "nothing": None,
    "untyped": interface({"a": None}, {}),
}
PLANS: dict[str, Json] = {
    "plan": {
        "inputs": {
            "parameters": {"x": {"var": {"type": INT}, "required": True}, "y": {"var": {"type": INT}, "default": {}}}
        },
        "outputs": variables({"o": INT}),
    },
    "plan_without_outputs": {"inputs": {"parameters": {}}},
}


def task_of(asked: Identifier) -> TaskInterface | Lookup:
    if asked.name not in TASKS or asked.resource_type != 1:
        return Lookup.MISSING
    said = TASKS[asked.name]
    return TaskInterface(None if said is None else ParseDict(said, TypedInterface()))


def plan_of(asked: Identifier) -> LaunchPlanInterface | Lookup:
    if asked.name not in PLANS:
        return Lookup.MISSING
    said = PLANS[asked.name]
    inputs = ParseDict(said["inputs"], ParameterMap()) if "inputs" in said else None
    return LaunchPlanInterface(inputs, ParseDict(said["outputs"], VariableMap()) if "outputs" in said else None)


REGISTERED = References(task_of, plan_of)


def template(value: Json) -> WorkflowTemplate:
    return ParseDict(value, WorkflowTemplate())


def problems(value: Json, *embedded: Json, references: References = REGISTERED) -> list[str]:
    """Return what the compiler says of a workflow: code, node and text of each error."""
    errors = compile_workflow(template(value), [template(one) for one in embedded], references)
    return [f"{error.code.value} {error.node_id}: {error.description}" for error in errors]


def codes(value: Json, *embedded: Json, references: References = REGISTERED) -> list[str]:
    """Return the code and the node of each error that the compiler finds."""
    return [line.partition(": ")[0] for line in problems(value, *embedded, references=references)]
