"""A workflow that has a node of every kind in every place, and small pieces to build others from."""

from __future__ import annotations

from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate
from google.protobuf import text_format


def identifier(name: str, *, version: str = "", project: str = "", domain: str = "") -> str:
    return f'project: "{project}" domain: "{domain}" name: "{name}" version: "{version}"'


def runs_task(name: str, **where: str) -> str:
    return f"task_node {{ reference_id {{ resource_type: TASK {identifier(name, **where)} }} }}"


def runs_plan(name: str, **where: str) -> str:
    return f"workflow_node {{ launchplan_ref {{ resource_type: LAUNCH_PLAN {identifier(name, **where)} }} }}"


def runs_workflow(name: str, **where: str) -> str:
    return f"workflow_node {{ sub_workflow_ref {{ resource_type: WORKFLOW {identifier(name, **where)} }} }}"


def node(text: str) -> Node:
    return text_format.Parse(text, Node())


def template(name: str, *nodes: str, failure: str = "", rest: str = "") -> WorkflowTemplate:
    text = " ".join(f"nodes {{ {one} }}" for one in nodes) + (f" failure_node {{ {failure} }}" if failure else "")
    return text_format.Parse(f"id {{ resource_type: WORKFLOW {identifier(name)} }} {text} {rest}", WorkflowTemplate())


def spec(primary: WorkflowTemplate, *embedded: WorkflowTemplate) -> WorkflowSpec:
    return WorkflowSpec(template=primary, sub_workflows=embedded)


def every_place() -> WorkflowSpec:
    """Tasks a to g, launch plans p and q, workflow inner; each name says in which order it is met."""
    branch = f"""branch_node {{ if_else {{
        case {{ then_node {{ id: "x" {runs_task("b")} }} }}
        other {{ then_node {{ id: "y" {runs_plan("p")} }} }}
        else_node {{ id: "z" branch_node {{ if_else {{ case {{ then_node {{ id: "w" {runs_task("c")} }} }} }} }} }}
    }} }}"""
    primary = template(
        "outer",
        f'id: "n0" {runs_task("a")}',
        f'id: "n1" {branch}',
        f'id: "n2" array_node {{ node {{ id: "m" {runs_task("d")} }} }}',
        'id: "n3" gate_node { sleep {} }',
        f'id: "n4" {runs_workflow("inner")}',
        f'id: "n5" {runs_task("a")}',
        failure=f'id: "fail" {runs_task("e")}',
    )
    inner = template(
        "inner", f'id: "n0" {runs_task("f")}', f'id: "n1" {runs_plan("q")}', failure=f'id: "g" {runs_task("g")}'
    )
    return spec(primary, inner)
