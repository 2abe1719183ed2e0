"""A workflow's graph on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.workflow_pb2 import WorkflowSpec

from hatch_flyte.browser.model import Tree
from hatch_flyte.node_tree import node_tree
from hatch_flyte.wire.connections import END_NODE, START_NODE

if TYPE_CHECKING:
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure

    from hatch_flyte.browser.model import Section


def graph_section(closure: CompiledWorkflowClosure) -> Section:
    """Return what a workflow runs: its nodes, and those inside of them."""
    return Tree("graph", "Graph", node_tree(sent_form(closure)).nodes)


def sent_form(closure: CompiledWorkflowClosure) -> WorkflowSpec:
    """Return a workflow without the nodes that compiling adds."""
    spec = WorkflowSpec(
        template=closure.primary.template, sub_workflows=[one.template for one in closure.sub_workflows]
    )
    for template in (spec.template, *spec.sub_workflows):
        kept = [node for node in template.nodes if node.id not in {START_NODE, END_NODE}]
        del template.nodes[:]
        template.nodes.extend(kept)
    return spec
