from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from graph.support_graphs import graphs, nested_workflow
from hypothesis import HealthCheck, given, settings

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.graph.layout import laid_out
from hatch_flyte.graph.model import Edge, EdgeKind, Graph, GraphNode, NodeKind
from hatch_flyte.graph.style import stylesheet
from hatch_flyte.graph.svg import svg
from hatch_flyte.graph.workflow import workflow_graph

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

pytest.importorskip("pygraphviz")

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "g", "a", "title", "desc", "style", "rect", "path", "circle", "text"}
ATTRIBUTES = {"class", "d", "x", "y", "width", "height", "rx", "r", "cx", "cy", "transform", "role", "href", "viewBox"}
slow = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def parsed(text: str) -> Element:
    return ET.fromstring(text)  # noqa: S314 # what was just written


def titles(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}title")]


def page(entity: Identifier) -> str | None:
    return f"/{entity.kind.value}/{len(entity.name)}" if entity.kind is Kind.TASK else None


@slow
@given(graphs())
def test_hostile_texts_become_nothing_but_text(graph: Graph) -> None:
    drawn = svg(laid_out(graph), "<&\u202e\x00>" * 50, page, alone=True)

    root = parsed(drawn)
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= ELEMENTS
    assert {name for one in root.iter() for name in one.attrib} <= ATTRIBUTES | {"text-anchor"}
    texts = [text for one in root.iter() if one.tag != f"{SVG}style" for text in (one.text, one.tail) if text]
    assert all(char.isprintable() or char == "\n" for text in texts for char in text)
    assert max(map(len, texts)) < 100_000
    assert {one.get("href") for one in root.iter(f"{SVG}a")} <= {f"/task/{length}" for length in range(20_000)}


@slow
@given(graphs())
def test_the_same_graph_is_drawn_in_the_same_bytes(graph: Graph) -> None:
    assert svg(laid_out(graph), "w").encode() == svg(laid_out(graph), "w").encode()


@pytest.mark.parametrize("count", [5, 100])
def test_a_name_of_ten_thousand_characters_makes_no_larger_picture_than_one_of_a_thousand(count: int) -> None:
    def size(length: int) -> int:
        nodes = tuple(GraphNode(f"{one}{'x' * length}", NodeKind.TASK, "y" * length) for one in range(count))
        return len(svg(laid_out(Graph(nodes)), "z" * length))

    assert size(10_000) == size(1_000)


def test_a_picture_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = parsed(svg(laid_out(workflow_graph(nested_workflow(10))), "acme.flow"))

    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == "Graph of acme.flow"
    assert root[1].text is not None
    assert re.match(r"\d+ nodes: \d+ task, ", root[1].text)


def test_a_node_has_its_whole_name_and_its_inputs_as_title() -> None:
    name = "acme." + "long_" * 30 + "name"
    entity = Identifier(Kind.TASK, "", "", name, "")
    node = GraphNode("n0", NodeKind.TASK, name, "2 at once", "if x > 3", ("a = n1.o0",), many=True, entity=entity)

    drawn = parsed(svg(laid_out(Graph((node,))), "w"))

    assert titles(drawn)[1] == f"map over task {name}\n2 at once\nnode n0\nif x > 3\na = n1.o0"
    written = [one.text or "" for one in drawn.iter(f"{SVG}text")]
    assert all(len(text) < len(name) for text in written)
    assert written[:2] == ["if x > 3", written[1]]
    assert "…" in written[1]


def test_entities_that_have_a_page_are_links_and_make_the_picture_a_document() -> None:
    task = GraphNode("a", NodeKind.TASK, "x.t", entity=Identifier(Kind.TASK, "", "", "x.t", ""))
    plan = GraphNode("b", NodeKind.LAUNCH_PLAN, "x.p", entity=Identifier(Kind.LAUNCH_PLAN, "", "", "x.p", ""))
    inner = GraphNode("c", NodeKind.WORKFLOW, "x.w", inside=Graph((task,)))

    root = parsed(svg(laid_out(Graph((task, plan, inner))), "w", page))

    links = list(root.iter(f"{SVG}a"))
    assert [one.get("href") for one in links] == ["/task/3", "/task/3"]
    assert all(one.find(f"{SVG}title") is not None for one in links)
    assert not [one for link in links for one in link.iter(f"{SVG}a") if one is not link]
    assert root.get("role") == "graphics-document document"


def test_a_page_gets_no_style_and_a_file_has_its_own() -> None:
    layout = laid_out(Graph((GraphNode("a", NodeKind.TASK),)))

    inline, alone = parsed(svg(layout, "w")), parsed(svg(layout, "w", alone=True))

    assert not list(inline.iter(f"{SVG}style"))
    assert [one.text for one in alone.iter(f"{SVG}style")] == [stylesheet()]


def test_nothing_in_a_picture_refers_to_anything() -> None:
    drawn = svg(laid_out(workflow_graph(nested_workflow(30))), "w", alone=True)

    assert re.findall(r"(?:\bid=|url\(|href|@import|https?://)[^ ]*", drawn) == ['http://www.w3.org/2000/svg"']


def test_every_class_of_a_picture_has_a_rule() -> None:
    inside = Graph((GraphNode("a", NodeKind.ERROR), GraphNode("b", NodeKind.SLEEP)), (Edge("a", "b", EdgeKind.ORDER),))
    kinds = tuple(GraphNode(kind.value, kind, many=True, inside=inside) for kind in NodeKind)

    root = parsed(svg(laid_out(Graph(kinds)), "w"))

    used = {name for one in root.iter() for name in one.get("class", "").split()}
    assert {name for name in used if not re.search(rf"\.{name}\b", stylesheet())} == set()


def test_an_edge_without_data_is_dashed_and_one_with_data_says_its_names() -> None:
    ends = (GraphNode("a", NodeKind.TASK), GraphNode("b", NodeKind.TASK))
    waits, passes = Edge("a", "b", EdgeKind.ORDER), Edge("a", "b", names=("x", "y" * 100))

    def edge(one: Edge) -> Element:
        root = parsed(svg(laid_out(Graph(ends, (one,))), "w"))
        return next(path for path in root.iter(f"{SVG}path") if "edge" in path.get("class", ""))

    assert edge(waits).get("class") == "edge order"
    assert titles(edge(waits)) == []
    assert edge(passes).get("class") == "edge"
    assert titles(edge(passes)) == [f"x, {'y' * 100}"]


def test_dark_colours_follow_the_readers_settings_and_a_page_can_set_each() -> None:
    light, _, dark = stylesheet().partition("@media (prefers-color-scheme: dark)")

    properties = set(re.findall(r"var\((--flyte-graph-\w+),", light))
    assert properties <= set(re.findall(r"(--flyte-graph-\w+):", dark))
    assert len(properties) > 10
    assert "$" not in light
