"""What follows from the network: matrix, graph, conserved totals and reduced equations, as texts and objects."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mscnet.mechanism.expression import number_text, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient
from mscnet.report.formulas import coefficient_value
from mscnet.report.plain import plain
from mscnet.report.text import table

#: A matrix with more reactions is listed entry by entry.
_DENSE_REACTIONS = 16


# --- conserved totals ----------------------------------------------------------------------------


def conservation_text(mechanism: Mechanism) -> str:
    """One conservation law a line; ``nothing is conserved`` where there is none."""
    return "\n".join(law.text() for law in mechanism.network().conservation_laws()) or "nothing is conserved"


def conservation_data(mechanism: Mechanism) -> list[dict[str, Any]]:
    """The laws as objects: text, and integer coefficients by species."""
    laws = mechanism.network().conservation_laws()
    return [{"law": law.text(), "coefficients": dict(law.coefficients)} for law in laws]


def conservation_latex(mechanism: Mechanism) -> str:
    """The laws as a LaTeX ``gather`` environment."""
    laws = mechanism.network().conservation_laws()
    if not laws:
        return "% nothing is conserved"
    return "\\begin{gather}\n  " + " \\\\\n  ".join(law.latex() for law in laws) + "\n\\end{gather}"


# --- matrix --------------------------------------------------------------------------------------


def matrix_text(mechanism: Mechanism) -> str:
    """The net stoichiometry: species down, reactions across; a list of entries where it would be too wide."""
    network = mechanism.network()
    if len(network.reactions) > _DENSE_REACTIONS:
        entries = [
            (network.species[i], network.reactions[j], _entry(coefficient))
            for j, column in enumerate(network.net)
            for i, coefficient in column
        ]
        size = f"{len(network.species)} species × {len(network.reactions)} reactions, entries that are not 0"
        return size + "\n\n" + table(("species", "reaction", "coefficient"), entries, right=(2,))
    across = range(1, len(network.reactions) + 1)
    rows = [[name, *cells] for name, cells in zip(network.species, _dense(mechanism), strict=True)]
    return table(("species", *network.reactions), rows, right=across)


def matrix_data(mechanism: Mechanism) -> dict[str, Any]:
    """The matrix as its entries: ``[row, column, coefficient]``, counted from 0."""
    network = mechanism.network()
    entries = [[i, j, coefficient_value(c)] for j, column in enumerate(network.net) for i, c in column]
    return {"species": list(network.species), "reactions": list(network.reactions), "entries": entries}


def matrix_latex(mechanism: Mechanism) -> str:
    """The matrix as a ``pmatrix``, rows and columns in the file's order."""
    rows = [" & ".join(cells) for cells in _dense(mechanism)]
    return "\\begin{pmatrix}\n  " + " \\\\\n  ".join(rows) + "\n\\end{pmatrix}"


def _dense(mechanism: Mechanism) -> list[list[str]]:
    network = mechanism.network()
    cells = [["0"] * len(network.reactions) for _ in network.species]
    for j, column in enumerate(network.net):
        for i, coefficient in column:
            cells[i][j] = _entry(coefficient)
    return cells


def _entry(coefficient: Coefficient) -> str:
    if isinstance(coefficient, Fraction):
        return str(coefficient) if coefficient.denominator < 100 else number_text(coefficient)
    return to_text(coefficient)


# --- graph ---------------------------------------------------------------------------------------

#: The column of the listing that an edge belongs to.
_COLUMN_OF_ROLE = {"reactant": 0, "product": 1, "catalyst": 2, "modifier": 2}


def graph_text(mechanism: Mechanism) -> str:
    """For each species the reactions that consume it, form it, and go at a rate that it sets."""
    model = mechanism.expanded
    graph = model.network().graph()
    links: dict[str, tuple[list[str], list[str], list[str]]] = {s.name: ([], [], []) for s in model.species}
    for source, target, data in graph.edges(data=True):
        species, reaction = (target, source) if data["role"] == "product" else (source, target)
        links[species][_COLUMN_OF_ROLE[data["role"]]].append(graph.nodes[reaction]["name"])
    rows = [(name, *(", ".join(dict.fromkeys(found)) for found in groups)) for name, groups in links.items()]
    return table(("species", "consumed by", "formed by", "acts on"), rows) if rows else "no species"


def graph_data(mechanism: Mechanism) -> dict[str, Any]:
    """Nodes and edges of the bipartite graph with their data, as `mscnet.network.graph.build_graph` has them."""
    graph = mechanism.network().graph()
    nodes = [{"id": key, **plain(data)} for key, data in graph.nodes(data=True)]
    return {"nodes": nodes, "edges": [{"from": a, "to": b, **plain(data)} for a, b, data in graph.edges(data=True)]}


def graph_dot(mechanism: Mechanism) -> str:
    """The graph as Graphviz text."""
    return mechanism.network().to_dot()


# --- reduced equations ---------------------------------------------------------------------------


def reduced_text(mechanism: Mechanism) -> str:
    """Totals, the species that they give, and the rate equations that are left."""
    return mechanism.network().reduced_equations().text()


def reduced_data(mechanism: Mechanism) -> dict[str, Any]:
    """The same as objects: texts by name."""
    reduced = mechanism.network().reduced_equations()
    return {
        "totals": {name: law.text().removesuffix(" = const") for name, law in reduced.totals},
        "eliminated": {name: to_text(e, bracket_species=True) for name, e in reduced.dependent.items()},
        "equations": {name: to_text(e, bracket_species=True) for name, e in reduced.expressions.items()},
    }


def reduced_latex(mechanism: Mechanism) -> str:
    """The same as LaTeX ``align`` environments."""
    return mechanism.network().reduced_equations().latex()
