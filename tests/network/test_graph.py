"""The bipartite graph, its data, and its way out as GraphML and Graphviz."""

from __future__ import annotations

import io
import shutil
import subprocess
from xml.etree import ElementTree

import networkx
import pytest

import mscnet
from mscnet.network.dot import quoted


def network(text: str) -> mscnet.Network:
    return mscnet.loads(text).network()


@pytest.fixture(scope="module")
def graph() -> networkx.MultiDiGraph:
    return network(
        'species OTA "octylamine" of C8H19N = 2 constant\nspecies A "CdTe PC-371" = 1.5\nparameter n\n'
        "parameter q = 2\nh = [B]/q\nstep1: A + 2 B <-> C @ k1, k2\nstep2: C -[OTA]-> D @ k3*(1 + h)\n"
        "step3: (n+1) D -> 0 @ k4 order D"
    ).graph()


def roles(graph: networkx.MultiDiGraph, role: str) -> set[tuple[str, str]]:
    return {(start, end) for start, end, data in graph.edges(data=True) if data["role"] == role}


def name_of(graph: networkx.MultiDiGraph, label: str, reverse: bool = False) -> str:
    return next(k for k, d in graph.nodes(data=True) if d["label"] == label and d.get("reverse", False) == reverse)


def test_it_is_bipartite(graph: networkx.MultiDiGraph) -> None:
    sides = networkx.get_node_attributes(graph, "bipartite")
    assert all(sides[start] != sides[end] for start, end in graph.edges())


def test_a_species_is_a_node_of_its_name(graph: networkx.MultiDiGraph) -> None:
    assert graph.nodes["OTA"] == {
        "kind": "species",
        "bipartite": 0,
        "name": "OTA",
        "label": "octylamine",
        "composition": "C8H19N",
        "initial": 2.0,
        "initial_text": "2",
        "constant": True,
    }


def test_a_reaction_carries_its_rate_law_as_text(graph: networkx.MultiDiGraph) -> None:
    assert graph.nodes[name_of(graph, "step1")]["rate"] == "k1*[A]*[B]^2"


def test_both_directions_of_a_step_know_each_other(graph: networkx.MultiDiGraph) -> None:
    forward, backward = name_of(graph, "step1"), name_of(graph, "step1", reverse=True)
    assert (graph.nodes[forward]["partner"], graph.nodes[backward]["partner"]) == (backward, forward)


def test_reactant_edges_carry_the_stoichiometry(graph: networkx.MultiDiGraph) -> None:
    data = graph.get_edge_data("B", name_of(graph, "step1"))[0]
    assert data == {"role": "reactant", "stoichiometry": 2.0, "coefficient": "2", "order": "2"}


def test_a_symbolic_coefficient_stands_as_text(graph: networkx.MultiDiGraph) -> None:
    assert graph.get_edge_data("D", name_of(graph, "step3"))[0]["coefficient"] == "n + 1"


def test_what_stands_over_the_arrow_is_a_catalyst(graph: networkx.MultiDiGraph) -> None:
    assert roles(graph, "catalyst") == {("OTA", name_of(graph, "step2"))}


def test_a_species_that_only_the_rate_depends_on_is_a_modifier(graph: networkx.MultiDiGraph) -> None:
    assert roles(graph, "modifier") == {("B", name_of(graph, "step2"))}


def test_a_product_that_inhibits_is_a_modifier() -> None:
    found = network("parameter v = 1 /s\nparameter K = 1 M\nstep: S -> P rate v*[S]/(1 + [P]/K)").graph()
    assert {start for start, _ in roles(found, "modifier")} == {"P"}


def test_a_reaction_called_as_a_species_is_another_node() -> None:
    found = network("A: A -> B").graph()
    assert sorted(found.successors("A")) == [k for k, d in found.nodes(data=True) if d["kind"] == "reaction"]


def test_all_data_are_plain(graph: networkx.MultiDiGraph) -> None:
    tables = [data for _, data in graph.nodes(data=True)] + [data for *_, data in graph.edges(data=True)]
    assert {type(value) for data in tables for value in data.values()} <= {str, int, float, bool}


def test_it_goes_out_as_graphml_and_comes_back(graph: networkx.MultiDiGraph) -> None:
    file = io.BytesIO()
    networkx.write_graphml(graph, file)
    file.seek(0)
    again = networkx.read_graphml(file, force_multigraph=True)
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))


# --- Graphviz ------------------------------------------------------------------------------------


def test_a_reversible_step_is_drawn_once_with_two_heads() -> None:
    assert network("A <-> B").to_dot().count("dir=both") == 2


def test_a_one_way_step_has_one_head() -> None:
    assert "dir=both" not in network("A -> B").to_dot()


def test_a_net_rate_law_of_both_directions_has_two_heads() -> None:
    text = "parameter k = 1 /s\nparameter K = 2\nA <-> B rate k*([A] - [B]/K)"
    assert network(text).to_dot().count("dir=both") == 2


def test_a_catalyst_of_both_directions_is_one_dashed_edge() -> None:
    assert network("A <-[C]-> B @ k1, k2").to_dot().count("style=dashed") == 1


def test_a_label_is_shown_as_it_is() -> None:
    assert quoted('a "b" \\ c\nd') == '"a \\"b\\" \\\\ c\\nd"'


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("label", ['"', "\\", "a\\", "\\N", "<b>", "&lt;", "{|}", "α → β"])
def test_graphviz_shows_every_label_as_it_is(label: str) -> None:
    given = f"digraph g {{ a [label={quoted(label)}] }}"
    drawn = subprocess.run(["dot", "-Tsvg"], input=given, capture_output=True, text=True, encoding="utf-8", check=True)
    # The text of the only node, as an XML reader sees it.
    shown = "".join(ElementTree.fromstring(drawn.stdout).find(".//{*}g[@class='node']/{*}text").itertext())
    assert shown == label


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_a_network() -> None:
    given = network("A + 2 B <-> C -[E]-> D").to_dot()
    drawn = subprocess.run(["dot", "-Tsvg"], input=given, capture_output=True, text=True, encoding="utf-8", check=True)
    assert drawn.stdout.count('class="node"') == 7
