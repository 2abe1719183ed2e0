"""The compiler says what propeller's own, built from its source of release 1.16.8, said of random workflows and types.

`propeller/workflows.jsonl` holds a workflow a line, as proto3 JSON, with the interfaces of the tasks and the closures
of the launch plans that are registered, and the text that propeller gave; `propeller/types.jsonl` pairs of types,
whether one may be bound to the other, and the first as text. Left out is what propeller says in an order of chance.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface, VariableMap
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.json_format import ParseDict
from rules.compiler.support_compiler import template

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import collected_text
from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup, References, TaskInterface
from hatch_flyte.rules.compiler.requirements import workflow_index
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.rules.compiler.workflow_compiler import compile_workflow
from hatch_flyte.rules.prototext import message_text

if TYPE_CHECKING:
    from flyteidl.core.identifier_pb2 import Identifier

Json = Any

FOLDER = Path(__file__).parent / "propeller"


def lines(name: str) -> list[Json]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


WORKFLOWS = lines("workflows.jsonl")


def references(line: Json) -> References:
    def task(asked: Identifier) -> TaskInterface | Lookup:
        if asked.name not in line["tasks"]:
            return Lookup.MISSING
        said = line["tasks"][asked.name]
        return TaskInterface(None if said is None else ParseDict(said, TypedInterface()))

    def launch_plan(asked: Identifier) -> LaunchPlanInterface | Lookup:
        if asked.name not in line["launch_plans"]:
            return Lookup.MISSING
        inputs, outputs = line["launch_plans"][asked.name]
        return LaunchPlanInterface(
            None if inputs is None else ParseDict(inputs, ParameterMap()),
            None if outputs is None else ParseDict(outputs, VariableMap()),
        )

    return References(task, launch_plan)


def said_of(line: Json) -> str:
    embedded = [template(one) for one in line["sub_workflows"]]
    index = workflow_index(embedded)
    if not index.complete:
        return f"failed to get workflow requirements with err {collected_text(index.errors)}"
    errors = compile_workflow(template(line["workflow"]), embedded, references(line))
    return collected_text(errors) if errors else ""


@pytest.mark.parametrize("number", range(200))
def test_of_a_workflow_it_says_the_same(number: int) -> None:
    line = WORKFLOWS[number]
    assert re.sub(" +", " ", said_of(line)) == line["said"]


def test_types_that_may_be_bound_are_the_same_and_shown_the_same() -> None:
    for line in lines("types.jsonl"):
        up, down = (ParseDict(line[side], LiteralType()) for side in ("up", "down"))
        assert (castable(up, down), message_text(up)) == (line["castable"], line["text"])


def test_there_are_workflows_for_every_code_that_a_workflow_can_have() -> None:
    assert len(WORKFLOWS) == 200
    told = {code for line in WORKFLOWS for code in re.findall(r"Code: (\w+),", line["said"])}
    rare = {ErrorCode.AMBIGUOUS_BINDING_UNION_VALUE, ErrorCode.FIELD_NOT_FOUND, ErrorCode.TASK_REFERENCE_NOT_FOUND}
    elsewhere = {ErrorCode.INVALID_VALUE, ErrorCode.CYCLE_DETECTED}
    assert told >= {code.value for code in set(ErrorCode) - rare - elsewhere}
    assert sum(not line["said"] for line in WORKFLOWS) >= 30
