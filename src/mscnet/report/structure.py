"""The stoichiometric matrix, the graph and the conserved totals as texts and objects."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from mscnet.mechanism.expression import number_text, symbols, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Reaction
from mscnet.report.text import table

#: A matrix with more reactions is listed entry by entry.
_DENSE_REACTIONS = 16


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
    from mscnet.report.views import coefficient_value

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


def graph_text(mechanism: Mechanism) -> str:
    """For each species the reactions that consume it, form it, and go at a rate that it sets."""
    links: dict[str, tuple[list[str], list[str], list[str]]] = {s.name: ([], [], []) for s in mechanism.species}
    for source, target, role in _edges(mechanism):
        if role == "reactant":
            links[source][0].append(target)
        elif role == "product":
            links[target][1].append(source)
        else:
            links[source][2].append(target)
    rows = [(name, *(", ".join(dict.fromkeys(found)) for found in groups)) for name, groups in links.items()]
    return table(("species", "consumed by", "formed by", "acts on"), rows) if rows else "no species"


def graph_data(mechanism: Mechanism) -> dict[str, Any]:
    """Nodes and edges of the bipartite graph of species and reactions."""
    return {
        "species": [s.name for s in mechanism.species],
        "reactions": [r.name for r in mechanism.reactions],
        "edges": [{"from": a, "to": b, "role": role} for a, b, role in _edges(mechanism)],
    }


def _edges(mechanism: Mechanism) -> Iterable[tuple[str, str, str]]:
    for reaction in mechanism.reactions:
        for term in reaction.reactants:
            yield term.species, reaction.name, "reactant"
        for term in reaction.products:
            yield reaction.name, term.species, "product"
        for name in _modifiers(reaction):
            yield name, reaction.name, "modifier"


def _modifiers(reaction: Reaction) -> list[str]:
    """Species that the rate depends on and that are no reactants, catalysts first."""
    named = [t.species for t in (*reaction.catalysts, *reaction.orders)]
    named += sorted(s.name for s in symbols(reaction.law.expression) if s.kind == "species")
    reactants = {t.species for t in reaction.reactants}
    return [name for name in dict.fromkeys(named) if name not in reactants]
