"""A workflow's graph on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.workflow_pb2 import WorkflowSpec

from hatch_flyte.browser.addresses import entity_address
from hatch_flyte.browser.model import Picture
from hatch_flyte.errors import GraphError
from hatch_flyte.graph.layout import laid_out
from hatch_flyte.graph.svg import svg
from hatch_flyte.graph.workflow import closure_graph
from hatch_flyte.node_tree import node_tree
from hatch_flyte.wire.connections import END_NODE, START_NODE

if TYPE_CHECKING:
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure

    from hatch_flyte.browser.model import Section


def graph_section(closure: CompiledWorkflowClosure) -> Section:
    """Return what a workflow runs: its nodes, and those inside of them; drawn, where Graphviz is installed and can."""

    def draw() -> str:
        try:
            layout = laid_out(closure_graph(closure))
        except GraphError:
            return ""
        return svg(layout, closure.primary.template.id.name, lambda entity: entity_address(entity) or None)

    return Picture("graph", "Graph", draw, node_tree(sent_form(closure)).nodes)


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
