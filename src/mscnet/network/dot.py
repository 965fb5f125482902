"""A network's graph as Graphviz text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mscnet.network.network import Network

_HEADER = (
    "  rankdir=LR;",
    '  node [fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];',
)


def to_dot(network: Network) -> str:
    """Graphviz text: species as ellipses with their printed labels, reactions as small boxes.

    A reversible step is one box with double-headed edges.  Catalysts, and species that only a rate depends on,
    have dashed edges; constant species a double outline.  Coefficients other than 1 stand at their edges.
    """
    from mscnet.network.graph import build_graph  # it brings networkx along

    graph = build_graph(network)
    drawn = [key for key, data in graph.nodes(data=True) if not _is_second(graph, data)]
    lines = [f"digraph {quoted(network.mechanism.name)} {{", *_HEADER]
    lines += [_node(key, graph.nodes[key]) for key in drawn]
    for key in drawn:
        if graph.nodes[key]["kind"] == "reaction":
            lines += _edges(graph, key)
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """A text as a quoted Graphviz string that shows exactly it, newlines included."""
    # Graphviz reads entities such as &lt; in labels.
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r\n", "\n").replace("\n", "\\n")
    return '"' + "".join(c if c.isprintable() else " " for c in text) + '"'


def _is_second(graph: Any, data: dict[str, Any]) -> bool:
    """Whether a node is the backward direction of a step that its partner draws."""
    return data["kind"] == "reaction" and data["reverse"] and data["partner"] in graph


def _node(key: str, data: dict[str, Any]) -> str:
    label = quoted(data["label"])
    if data["kind"] == "species":
        outline = ", peripheries=2" if data["constant"] else ""
        return f"  {quoted(key)} [shape=ellipse, label={label}{outline}];"
    return f"  {quoted(key)} [shape=box, height=0.2, width=0.3, margin=0.04, fontsize=9, label={label}];"


def _edges(graph: Any, key: str) -> Iterator[str]:
    both = graph.nodes[key]["reversible"] or graph.nodes[key]["partner"] in graph
    shown = ["dir=both"] if both else []
    for species, _, data in graph.in_edges(key, data=True):
        if data["role"] == "reactant":
            yield _edge(species, key, [*shown, *_coefficient(data)])
    for _, species, data in graph.out_edges(key, data=True):
        yield _edge(key, species, [*shown, *_coefficient(data)])
    for species in _helpers(graph, key):
        yield _edge(species, key, ["style=dashed", "arrowhead=odot"])


def _helpers(graph: Any, key: str) -> dict[str, None]:
    """Species with a dashed edge to a step, those of its backward direction included."""
    keys = [key, graph.nodes[key]["partner"]]
    found = [
        species
        for one in keys
        if one in graph
        for species, _, data in graph.in_edges(one, data=True)
        if data["role"] in ("catalyst", "modifier")
    ]
    return dict.fromkeys(found)


def _coefficient(data: dict[str, Any]) -> list[str]:
    return [] if data["coefficient"] == "1" else [f"label={quoted(data['coefficient'])}"]


def _edge(start: str, end: str, attributes: list[str]) -> str:
    shown = f" [{', '.join(attributes)}]" if attributes else ""
    return f"  {quoted(start)} -> {quoted(end)}{shown};"
