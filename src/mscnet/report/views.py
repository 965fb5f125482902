"""The views of ``mscnet show``: each a text for people and an object for programs.

A new view is one function and one line in `VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Definition, Observable, Parameter, Reaction, Term
from mscnet.records import dataclass, field
from mscnet.report.equilibria import bonds_cell, energies_cell, energies_data, equilibria_data, equilibria_parts
from mscnet.report.events import events_data, events_text
from mscnet.report.formulas import (
    coefficient_value,
    expression_text,
    law_text,
    reaction_text,
    steps,
    used_definitions,
)
from mscnet.report.rules import (
    contact_data,
    contact_map_dot,
    contact_map_svg,
    contact_text,
    diagrams_data,
    diagrams_dot,
    diagrams_svg,
    diagrams_text,
    influence_data,
    influence_map_dot,
    influence_map_svg,
    influence_text,
    rules_data,
    rules_text,
)
from mscnet.report.structure import (
    conservation_data,
    conservation_latex,
    conservation_text,
    graph_data,
    graph_dot,
    graph_text,
    matrix_data,
    matrix_latex,
    matrix_text,
    reduced_data,
    reduced_latex,
    reduced_text,
)
from mscnet.report.summary import summary_data, summary_text
from mscnet.report.text import (
    NOT_GIVEN,
    file_units,
    initial_value,
    number,
    parameter_unit,
    parameter_value,
    quantity,
    table,
    unit_of,
)


@dataclass(frozen=True, slots=True)
class View:
    """One answer of ``show``: its text, its data, the other spellings that it has, and its picture as SVG."""

    text: Callable[[Mechanism], str]
    data: Callable[[Mechanism], Any]
    variants: Mapping[str, Callable[[Mechanism], str]] = field(default_factory=dict)
    picture: Callable[[Mechanism], str] | None = None


# --- species -------------------------------------------------------------------------------------


def species_text(mechanism: Mechanism) -> str:
    """A table of the species: labels, compositions, initial values."""
    rows = []
    for species in mechanism.species:
        composition = species.composition.text if species.composition else ""
        kept = "yes" if species.constant else ""
        more = energies_cell(mechanism, species), bonds_cell(species)
        place = species.compartment or ""
        rows.append(
            (species.name, species.label or "", place, composition, initial_value(mechanism, species), kept, *more)
        )
    headers = ("species", "label", "in", "composition", "initial", "constant", "energies", "bonds")
    return table(headers, rows, right=(4,)) if rows else "no species"


def species_data(mechanism: Mechanism) -> list[dict[str, Any]]:
    """The species as objects; `initial` is null where the file says nothing."""
    return [
        {
            "name": s.name,
            "label": s.label,
            "composition": s.composition.text if s.composition else None,
            "charge": s.charge,
            "initial": None if s.initial is None else _value(mechanism.evaluate(s.initial)),
            "unit": mechanism.units.describe(s.dimension),
            "constant": s.constant,
            "compartment": s.compartment,
            "energies": energies_data(mechanism, s),
            "bonds": None if s.bonds is None else {bond: float(n) for bond, n in s.bonds},
        }
        for s in mechanism.species
    ]


# --- reactions and parameters --------------------------------------------------------------------


def reactions_text(mechanism: Mechanism) -> str:
    """The steps with their laws, then parameters, derived values and observables, and the file's units."""
    if not mechanism.reactions:
        return "no reactions"
    rows = []
    for reaction, partner in steps(mechanism):
        name = reaction.label or reaction.name
        law = law_text(reaction, partner, mechanism.units)
        rows.append((name, reaction_text(reaction, partner is not None), law, reaction.note or ""))
    parts = [table(("step", "reaction", "rate law", "note"), rows)]
    if mechanism.parameters:
        parts.append(parameters_text(mechanism))
    named: list[tuple[str, Sequence[Definition | Observable]]] = [
        ("derived value", mechanism.definitions), ("observable", mechanism.observables),
    ]  # fmt: skip
    for kind, items in named:
        cells = [
            (i.name, expression_text(i.expression, mechanism.units), unit_of(mechanism, i.dimension)) for i in items
        ]
        parts += [table((kind, "is", "unit"), cells)] if cells else []
    parts += equilibria_parts(mechanism)
    if mechanism.events:
        parts.append(events_text(mechanism))
    parts.append(f"numbers without a unit are in the file's: {file_units(mechanism)}")
    return "\n\n".join(parts)


def parameters_text(mechanism: Mechanism) -> str:
    """A table of the parameters: value and unit as the file writes them, bounds, notes."""
    rows = []
    for p in mechanism.parameters:
        unit = parameter_unit(mechanism, p)
        value = parameter_value(mechanism, p)
        if value == NOT_GIVEN and unit:
            value += f" (in {unit})"
        rows.append((p.name, value, _bounds(p, unit), "yes" if p.fixed else "", p.note or ""))
    return table(("parameter", "value", "bounds", "fixed", "note"), rows)


def _bounds(parameter: Parameter, unit: str) -> str:
    parts = []
    if parameter.bounds is not None:
        low, high = (bound / parameter.unit_factor for bound in parameter.bounds)
        parts.append(f"{number(low)} .. {quantity(high, unit)}" + (" log" if parameter.scale == "log" else ""))
    if parameter.prior is not None:
        parts.append(f"± {quantity(parameter.prior / parameter.unit_factor, unit)}")
    return ", ".join(parts)


def reactions_data(mechanism: Mechanism) -> dict[str, Any]:
    """Reactions, parameters, derived values and observables as objects."""
    return {
        "reactions": [_reaction_data(reaction) for reaction in mechanism.reactions],
        "parameters": [
            {
                "name": p.name,
                "value": None if p.value is None else p.value / p.unit_factor,
                "unit": parameter_unit(mechanism, p),
                "bounds": None if p.bounds is None else [bound / p.unit_factor for bound in p.bounds],
                "scale": p.scale,
                "fixed": p.fixed,
                "note": p.note,
            }
            for p in mechanism.parameters
        ],
        "definitions": {d.name: to_text(d.expression, True) for d in mechanism.definitions},
        "observables": {o.name: to_text(o.expression, True) for o in mechanism.observables},
        **equilibria_data(mechanism),
        **({"events": events_data(mechanism)} if mechanism.events else {}),
    }


def _reaction_data(reaction: Reaction) -> dict[str, Any]:
    return {
        "name": reaction.name,
        "label": reaction.label,
        "equation": reaction_text(reaction),
        "reactants": _terms(reaction.reactants),
        "products": _terms(reaction.products),
        "catalysts": _terms(reaction.catalysts),
        "orders": _terms(reaction.orders),
        "law": {"kind": reaction.law.kind, "expression": to_text(reaction.law.expression, True)},
        "equilibrium": _equilibrium(reaction),
        "partner": reaction.partner,
        "reverse": reaction.reverse,
        "reversible": reaction.reversible,
        "pathway": reaction.pathway,
        "note": reaction.note,
    }


def _equilibrium(reaction: Reaction) -> dict[str, str] | None:
    """What the law follows from together with that of the other direction; null where it is given itself."""
    known = reaction.equilibrium
    return None if known is None else {"constant": to_text(known.constant, True), "source": known.source}


def _terms(terms: tuple[Term, ...]) -> list[dict[str, Any]]:
    return [{"species": term.species, "coefficient": coefficient_value(term.written)} for term in terms]


def _value(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


# --- equations -----------------------------------------------------------------------------------


def equations_text(mechanism: Mechanism) -> str:
    """The rate equations, one line a species, and the derived values that they use."""
    from mscnet.kinetics.equations import equations_text as as_text

    if mechanism.has_fast:
        return _fast_text(mechanism)
    lines, where = _equations(mechanism)
    return (as_text(lines) or "no species") + _where_text(where)


def equations_data(mechanism: Mechanism) -> dict[str, Any]:
    """The right-hand sides by species, and the derived values that they use."""
    if mechanism.has_fast:
        return _fast_data(mechanism)
    lines, where = _equations(mechanism)
    return {"equations": {name: to_text(e, bracket_species=True) for name, e in lines.items()}, "where": where}


def equations_latex(mechanism: Mechanism) -> str:
    """The rate equations as a LaTeX ``align`` environment."""
    from mscnet.kinetics.equations import equations_latex as as_latex

    if mechanism.has_fast:
        from mscnet.kinetics.fast_equations import fast_equations

        return fast_equations(mechanism.network()).latex()
    return as_latex(_equations(mechanism)[0])


def _fast_text(mechanism: Mechanism) -> str:
    from mscnet.kinetics.fast_equations import fast_equations

    return fast_equations(mechanism.network()).text() + _where_text(_equations(mechanism)[1])


def _fast_data(mechanism: Mechanism) -> dict[str, Any]:
    from mscnet.kinetics.fast_equations import fast_equations

    found, where = fast_equations(mechanism.network()), _equations(mechanism)[1]

    def text(expression: Any) -> str:
        return to_text(expression, bracket_species=True)

    return {
        "equations": {name: text(change) for name, change in found.slow.items()},
        "totals": [{"total": dict(each.coefficients), "change": text(each.change)} for each in found.totals],
        "equilibria": {each.name: f"{text(each.left)} = {text(each.right)}" for each in found.equilibria},
        "where": where,
    }


def _where_text(where: Mapping[str, str]) -> str:
    return "\n\nwhere\n" + "\n".join(f"  {name} = {value}" for name, value in where.items()) if where else ""


def _equations(mechanism: Mechanism) -> tuple[dict[str, Any], dict[str, str]]:
    from mscnet.kinetics.equations import equation_terms, inlined_rates

    network = mechanism.network()
    rates = inlined_rates(network)
    terms = (t for r in mechanism.reactions for t in (*r.reactants, *r.products))
    held = [t.coefficient for t in terms if not isinstance(t.coefficient, Fraction)]
    held += [r.law.expression for r in mechanism.reactions if r.law.kind == "fast"]
    where = {d.name: to_text(d.expression, True) for d in used_definitions(mechanism, [*rates, *held])}
    return equation_terms(network, rates), where


VIEWS: Mapping[str, View] = {
    "summary": View(summary_text, summary_data),
    "equations": View(equations_text, equations_data, {"latex": equations_latex}),
    "reduced": View(reduced_text, reduced_data, {"latex": reduced_latex}),
    "species": View(species_text, species_data),
    "reactions": View(reactions_text, reactions_data),
    "matrix": View(matrix_text, matrix_data, {"latex": matrix_latex}),
    "conservation": View(conservation_text, conservation_data, {"latex": conservation_latex}),
    "events": View(events_text, events_data),
    "graph": View(graph_text, graph_data, {"dot": graph_dot}),
    "rules": View(rules_text, rules_data, picture=diagrams_svg),
    "contact": View(contact_text, contact_data, {"dot": contact_map_dot}, contact_map_svg),
    "influence": View(influence_text, influence_data, {"dot": influence_map_dot}, influence_map_svg),
    "diagrams": View(diagrams_text, diagrams_data, {"dot": diagrams_dot}, diagrams_svg),
}
