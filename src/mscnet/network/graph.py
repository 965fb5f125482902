"""The bipartite graph of a network: a view of it for networkx, GraphML and Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import networkx

from mscnet.mechanism.expression import symbols, to_text
from mscnet.mechanism.types import Coefficient, Reaction, Species, Term
from mscnet.network.coefficients import coefficient_text
from mscnet.network.network import Network
from mscnet.network.rates import rate_expression


def build_graph(network: Network) -> networkx.MultiDiGraph:
    """The bipartite graph of species and reactions, with plain strings, numbers and truth values as data.

    Nodes. A species' key is its name, with ``kind="species"``, ``bipartite=0``, ``name``, ``label``,
    ``composition`` (text), ``initial`` (float in the file's units, nan where a value is missing),
    ``initial_text`` and ``constant``.  A reaction's key is ``reaction:`` and its name, with
    ``kind="reaction"``, ``bipartite=1``, ``name``, ``label``, ``pathway``, ``rate`` (the rate law as text),
    ``law`` (``mass_action`` or ``general``), ``partner`` (the key of the other direction of a reversible
    step, else ""), ``reverse`` (it is the backward one) and ``reversible`` (its law is the net rate of both).

    Edges carry ``role``. ``reactant`` runs from a species to a reaction and ``product`` from a reaction to a species,
    each with ``stoichiometry`` (float, nan where a value is missing) and ``coefficient`` (text, such as ``3/2`` or
    ``n + 1``).  ``catalyst`` (over the arrow) and ``modifier`` (a species that only the rate depends on)
    run from a species to a reaction.  Where a species has a kinetic order in the reaction, ``order`` is its
    text.  Texts that are not given are "".
    """
    graph = networkx.MultiDiGraph(name=network.mechanism.name)
    keys = reaction_keys(network)
    for species in network.mechanism.species:
        graph.add_node(species.name, **_species_data(species, network))
    for reaction in network.mechanism.reactions:
        graph.add_node(keys[reaction.name], **_reaction_data(reaction, network, keys))
    for reaction in network.mechanism.reactions:
        _add_edges(graph, reaction, keys[reaction.name], network)
    return graph


def reaction_keys(network: Network) -> dict[str, str]:
    """The graph's key of each reaction: its name behind as many ``reaction:`` as keep it from being a species'."""
    keys: dict[str, str] = {}
    for name in network.reactions:
        key = f"reaction:{name}"
        while key in network.species_index:
            key = f"reaction:{key}"
        keys[name] = key
    return keys


def _species_data(species: Species, network: Network) -> dict[str, Any]:
    initial = 0.0 if species.initial is None else network.mechanism.evaluate(species.initial)
    return {
        "kind": "species",
        "bipartite": 0,
        "name": species.name,
        "label": species.shown,
        "composition": species.composition.text if species.composition else "",
        "initial": float(initial),
        "initial_text": "" if species.initial is None else to_text(species.initial),
        "constant": species.constant,
    }


def _reaction_data(reaction: Reaction, network: Network, keys: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "reaction",
        "bipartite": 1,
        "name": reaction.name,
        "label": reaction.label or reaction.name,
        "pathway": reaction.pathway or "",
        "rate": _rate_text(reaction, network),
        "law": reaction.law.kind,
        "partner": keys.get(reaction.partner or "", ""),
        "reverse": reaction.reverse,
        "reversible": reaction.reversible,
    }


def _rate_text(reaction: Reaction, network: Network) -> str:
    if reaction.law.kind == "fast":
        return f"K = {to_text(reaction.law.expression, bracket_species=True)}"
    return to_text(rate_expression(network.mechanism, reaction), bracket_species=True)


def _add_edges(graph: networkx.MultiDiGraph, reaction: Reaction, key: str, network: Network) -> None:
    orders = {term.species: coefficient_text(term.coefficient) for term in reaction.orders}

    def order(species: str) -> dict[str, str]:
        return {"order": orders[species]} if species in orders else {}

    for term in reaction.reactants:
        graph.add_edge(term.species, key, role="reactant", **_amount(term, network), **order(term.species))
    for term in reaction.products:
        graph.add_edge(key, term.species, role="product", **_amount(term, network))
    for term in reaction.catalysts:
        graph.add_edge(term.species, key, role="catalyst", **order(term.species))
    known = _names(reaction.reactants) | _names(reaction.catalysts)
    if reaction.reversible:
        known |= _names(reaction.products)
    for species in _species_of_rate(reaction, network):
        if species not in known:
            graph.add_edge(species, key, role="modifier", **order(species))


def _amount(term: Term, network: Network) -> dict[str, Any]:
    return {"stoichiometry": _number(term.written, network), "coefficient": coefficient_text(term.written)}


def _number(coefficient: Coefficient, network: Network) -> float:
    if isinstance(coefficient, Fraction):
        return float(coefficient)
    return float(network.mechanism.evaluate(coefficient))


def _names(terms: Iterable[Term]) -> set[str]:
    return {term.species for term in terms}


def _species_of_rate(reaction: Reaction, network: Network) -> list[str]:
    """The species that a rate depends on, through derived values as well, in order of species."""
    names = _names(reaction.orders)
    pending = [reaction.law.expression]
    seen: set[str] = set()
    while pending:
        for symbol in symbols(pending.pop()):
            if symbol.kind == "species":
                names.add(symbol.name)
            elif symbol.kind in ("definition", "observable", "temperature") and symbol.name not in seen:
                seen.add(symbol.name)
                pending.append(network.mechanism.expression_of(symbol.name))
    return sorted(names, key=network.species_index.__getitem__)
