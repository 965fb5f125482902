"""Elimination of dependent species: the reduced equations are the full ones on the conserved manifold."""

from __future__ import annotations

import pytest
import sympy

import mscnet
from mscnet.kinetics.reduce import ReducedEquations

EXAMPLES = {
    "michaelis_menten": "E + S <-> ES -> E + P @ kon, koff, kcat",
    "exchange": "CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF",
    "dual_futile_cycle": (
        "S0 + E <-> S0E -> S1 + E @ a1, b1, c1\nS1 + E <-> S1E -> S2 + E @ a2, b2, c2\n"
        "S2 + F <-> S2F -> S1 + F @ a3, b3, c3\nS1 + F <-> S1F -> S0 + F @ a4, b4, c4"
    ),
    "dimer": "2 M <-> D @ kf, kr\nD + L <-> DL @ kb, ku",
    "difference": "A + B -> 0 @ k",
    "open": "0 -> A -> 0 @ k1, k2",
    "catalyst": "C + A -> C + B @ k\nB -> A @ k2",
    "inhibited": "parameter q = 1 M\nh = 1/(1 + [P]/q)\nS -> P @ k*h",
    "reservoir": "species W = 1 constant\nA + W <-> B @ k1, k2",
}

every = pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)


def network(text: str) -> mscnet.Network:
    return mscnet.loads(text).network()


def reduced(text: str) -> ReducedEquations:
    return network(text).reduced_equations()


def totals_of_state(found: ReducedEquations) -> dict[sympy.Symbol, sympy.Expr]:
    """Each total as what it is in the full state."""
    return {
        sympy.Symbol(name): sympy.Add(*[c * sympy.Symbol(species) for species, c in law.coefficients])
        for name, law in found.totals
    }


@every
def test_with_totals_of_the_state_they_equal_the_full_equations(text: str) -> None:
    net, found = network(text), reduced(text)
    full, back = net.rate_equations(), totals_of_state(found)
    assert [sympy.simplify(found[name].subs(back) - full[name]) for name in found] == [0] * len(found)


@every
def test_dependent_species_come_back_from_totals(text: str) -> None:
    found = reduced(text)
    back = totals_of_state(found)
    assert [sympy.expand(e.subs(back)) for e in found.elimination.values()] == [
        sympy.Symbol(name) for name in found.elimination
    ]


@every
def test_one_species_goes_for_each_law(text: str) -> None:
    net, found = network(text), reduced(text)
    assert (len(found.dependent), len(found.independent)) == (
        len(net.conservation_laws()),
        len(net.species) - sum(net.constant) - len(net.conservation_laws()),
    )


@every
def test_reduced_equations_hold_independent_species_alone(text: str) -> None:
    found = reduced(text)
    used = {symbol.name for expression in found.values() for symbol in expression.free_symbols}
    assert used.isdisjoint(found.dependent)


@every
def test_the_reduced_jacobian_is_that_of_the_reduced_equations(text: str) -> None:
    found = reduced(text)
    if not found:
        pytest.skip("nothing is left")
    expected = sympy.Matrix(list(found.values())).jacobian([sympy.Symbol(name) for name in found])
    assert (found.jacobian() - expected).applyfunc(sympy.simplify) == sympy.zeros(*expected.shape)


def test_enzyme_and_product_go_from_michaelis_menten() -> None:
    assert reduced(EXAMPLES["michaelis_menten"]).text() == (
        "T_1 = [E] + [ES]\n"
        "T_2 = [S] + [ES] + [P]\n"
        "[E] = T_1 - [ES]\n"
        "[P] = T_2 - [S] - [ES]\n"
        "d[S]/dt = -kon*(T_1 - [ES])*[S] + koff*[ES]\n"
        "d[ES]/dt = kon*(T_1 - [ES])*[S] - koff*[ES] - kcat*[ES]"
    )


def test_totals_are_named_apart_from_what_the_file_names() -> None:
    assert [name for name, _ in reduced("parameter T_1 = 1 /s\nA -> B @ T_1").totals] == ["Total_1"]


def test_an_open_network_keeps_all_its_species() -> None:
    assert reduced(EXAMPLES["open"]).independent == ("A",)


@every
def test_latex_is_balanced(text: str) -> None:
    found = reduced(text)
    latex = found.latex() + found.jacobian_latex()
    bare = latex.replace(r"\{", "").replace(r"\}", "")
    assert (bare.count("{"), latex.count(r"\left")) == (bare.count("}"), latex.count(r"\right"))
