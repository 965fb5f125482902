"""Rate equations and Jacobian in SymPy, as text and as LaTeX."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser
from sympy import Rational, Symbol, exp, sqrt, symbols

import mscnet
from mscnet.kinetics.symbolic import RateEquations, jacobian_latex, rates
from mscnet.network.latex import symbol_latex

A, B, C, E, S, P, k, k1, k2, k3, K, v, q = symbols("A B C E S P k k1 k2 k3 K v q")


def network(text: str) -> mscnet.Network:
    return mscnet.loads(text).network()


def equations(text: str) -> RateEquations:
    return network(text).rate_equations()


# --- equations -----------------------------------------------------------------------------------


def test_the_exchange_step() -> None:
    pc, mf, alloy, free, kf, kr = symbols("CdTe_PC CdSe_MF CdTeSe_PC399 CdTe_MF k1 k1r")
    gain = kf * pc * mf - kr * alloy * free
    assert dict(equations("CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF")) == {
        "CdTe_PC": -gain,
        "CdSe_MF": -gain,
        "CdTeSe_PC399": gain,
        "CdTe_MF": gain,
    }


def test_the_problem_of_robertson() -> None:
    found = equations("A -> B @ k1\n2 B -> B + C @ k2\nB + C -> A + C @ k3")
    assert found["B"] == k1 * A - k2 * B**2 - k3 * B * C


def test_numbers_are_exact() -> None:
    assert equations("A -> 1.5 B @ 0.1 /s")["B"] == Rational(3, 20) * A


def test_a_half_order_is_a_square_root() -> None:
    assert equations("A -> B @ k order A^0.5")["B"] == k * sqrt(A)


def test_a_symbolic_coefficient_stays_symbolic() -> None:
    n = Symbol("n")
    assert equations("parameter n\nA -> (n) B @ k order A")["B"] == n * k * A


def test_a_constant_species_has_derivative_zero() -> None:
    found = equations("species W constant\nA + W -> B @ k")
    assert (found["W"], found["B"]) == (0, k * A * Symbol("W"))


def test_a_species_in_no_reaction_has_derivative_zero() -> None:
    assert equations("species X\nA -> B")["X"] == 0


def test_combinatorial_mass_action_divides_by_the_ways_to_choose() -> None:
    assert equations("option mass_action = combinatorial\n3 A -> B @ k")["B"] == k * A**3 / 6


def test_a_general_law_stands_as_it_is() -> None:
    found = equations("parameter v = 1 M/s\nparameter K = 1 M\nS -> P rate v*[S]/(K + [S])")
    assert sympy.simplify(found["P"] - v * S / (K + S)) == 0


def test_a_law_may_depend_on_time() -> None:
    assert equations("A -> B @ k*exp(-time/(5 s))")["B"] == k * A * exp(-Symbol("time") / 5)


def test_if_becomes_piecewise() -> None:
    found = equations("parameter q = 1 M\nA -> B @ if([A] < q, k1, k2)")["B"]
    assert found == A * sympy.Piecewise((k1, sympy.Lt(A, q)), (k2, True))


def test_min_and_max_and_abs_and_sign() -> None:
    found = equations("parameter q = 1 M\nA -> B @ k*min([A], q)/max([A], q)*abs([A] - q)/q*sign([B] - q)")["B"]
    expected = k * A * sympy.Min(A, q) / sympy.Max(A, q) * sympy.Abs(A - q) / q * sympy.sign(B - q)
    assert found == expected


def test_a_static_definition_stays_a_name() -> None:
    assert equations("parameter q = 2\nparameter k = 1 /s\nkd = k/q\nA -> B @ kd")["B"] == Symbol("kd") * A


def test_a_definition_that_rests_on_constant_species_stays_a_name() -> None:
    text = "species W = 1 constant\nparameter k = 1 /M/s\nkw = k*[W]\nA -> B @ kw"
    assert equations(text)["B"] == Symbol("kw") * A


def test_a_definition_that_varies_is_written_out() -> None:
    text = "parameter q = 1 M\ninner = [B]/q\nouter = 1 + inner\nA -> B @ k*outer"
    assert equations(text)["B"] == k * A * (1 + B / q)


def test_rates_go_by_reaction() -> None:
    net = network("A <-> B @ k1, k2")
    assert list(rates(net).values()) == [k1 * A, k2 * B]


def test_a_chain_of_definitions_that_would_blow_up_is_an_error() -> None:
    lines = ["parameter q = 1 M", "a0 = [A]/q", *(f"a{i} = a{i - 1}*a{i - 1}" for i in range(1, 40)), "A -> B @ k*a39"]
    with pytest.raises(mscnet.MechanismError, match="`a39` takes more than 20000 terms"):
        _ = equations("\n".join(lines))["B"]


def test_a_long_chain_of_definitions_is_an_error_and_no_traceback() -> None:
    chain = [f"a{i} = 1 + exp(a{i - 1})" for i in range(1, 300)]
    lines = ["parameter q = 1 M", "a0 = [A]/q", *chain, "A -> B @ k*a299"]
    with pytest.raises(mscnet.MechanismError, match="200 levels"):
        _ = equations("\n".join(lines))["B"]


def test_a_power_that_would_fill_the_memory_becomes_a_float() -> None:
    assert equations("A -> B @ k*(2^1000)^1000")["B"].atoms(sympy.Float)


# --- Jacobian ------------------------------------------------------------------------------------

EXAMPLES = {
    "michaelis_menten": "E + S <-> ES -> E + P @ kon, koff, kcat",
    "brusselator": "0 -> X @ a\n2 X + Y -> 3 X @ k1\nX -> Y @ k2\nX -> 0 @ k3",
    "general": "parameter v = 1 M/s\nparameter K = 1 M\nS -> P rate v*[S]^2/(K^2 + [S]^2 + K*[P])",
    "orders": "A + B -> C @ k order A^1.5 B^-1",
    "modulated": "parameter q = 1 M\nh = exp(-[B]/q)\nA -> B @ k*h*(1 + [A]/q)",
    "stepped": "parameter q = 1 M\nA -> B @ if([A] < q, k1*[A]/q, k2)",
}


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_the_jacobian_is_that_of_the_equations(text: str) -> None:
    net = network(text)
    expected = sympy.Matrix(list(net.rate_equations().values())).jacobian([Symbol(name) for name in net.species])
    assert (net.jacobian() - expected).applyfunc(sympy.simplify) == sympy.zeros(*expected.shape)


def test_a_constant_species_has_no_row_and_no_column() -> None:
    matrix = network("species W constant\nA + W -> B @ k").jacobian()
    assert matrix == sympy.Matrix([[0, 0, 0], [0, -k * Symbol("W"), 0], [0, k * Symbol("W"), 0]])


def test_the_slope_of_an_absolute_value_is_a_sign() -> None:
    found = network("parameter q = 1 M\nA -> B @ k*abs([B] - q)/q").jacobian()[1, 1]
    assert found == k * A * sympy.sign(B - q) / q


@st.composite
def mass_action(draw: st.DrawFn) -> str:
    side = st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ABCD")), max_size=3, unique_by=lambda term: term[1])
    lines = [f"species {name} = {draw(st.integers(1, 9))}" for name in "ABCD"]
    for i in range(draw(st.integers(1, 5))):
        sides = (" + ".join(f"{n} {x}" for n, x in draw(side)) or "0" for _ in range(2))
        text = " -> ".join(sides)
        if text != "0 -> 0":
            lines += [f"parameter k{i} = {draw(st.integers(1, 5))}", f"{text} @ k{i}"]
    return "\n".join(lines)


@given(text=mass_action())
@settings(max_examples=30)
def test_equations_are_stoichiometry_times_rates(text: str) -> None:
    net = network(text)
    values = {p.name: p.value for p in net.mechanism.parameters}
    values |= {s.name: net.mechanism.evaluate(s.initial) for s in net.mechanism.species}
    constants = [values[reaction.law.expression.name] for reaction in net.mechanism.reactions]
    columns = [
        constant * np.prod([values[net.species[i]] ** int(n) for i, n in orders] or [1])
        for constant, orders in zip(constants, net.order_entries, strict=True)
    ]
    found = [float(e.subs(values)) for e in net.rate_equations().values()]
    assert found == pytest.approx(list(net.stoichiometry @ np.array(columns)) if columns else [0.0] * 4)


# --- text ----------------------------------------------------------------------------------------


def test_text_of_the_exchange_step() -> None:
    assert equations("CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF").text().splitlines()[0] == (
        "d[CdTe_PC]/dt = -k1*[CdTe_PC]*[CdSe_MF] + k1r*[CdTeSe_PC399]*[CdTe_MF]"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2 A -> B @ k", "d[A]/dt = -2*k*[A]^2"),
        ("A -> 1.5 B @ k", "d[B]/dt = 1.5*k*[A]"),
        ("A -> B @ 0.1 /s", "d[A]/dt = -0.1*[A]"),
        ("2 A -> B @ 0.1 /M/s", "d[A]/dt = -0.2*[A]^2"),
        ("A -> B @ k/3", "d[B]/dt = k/3*[A]"),
        ("option mass_action = combinatorial\n3 A -> B @ k", "d[B]/dt = k*[A]^3/6"),
        ("parameter q = 1 M\nA -> B @ k*(1 + [B]/q)", "d[A]/dt = -k*(1 + [B]/q)*[A]"),
        ("A -> B @ k order A^0.5", "d[B]/dt = k*[A]^0.5"),
        ("parameter n\nA -> (n+1) B @ k order A", "d[B]/dt = (n + 1)*k*[A]"),
        ("species X\nA -> B", "d[X]/dt = 0"),
    ],
)
def test_text_reads_as_the_language(text: str, line: str) -> None:
    assert line in equations(text).text().splitlines()


def test_text_needs_no_sympy_objects() -> None:
    found = equations("A -> B")
    found.text()
    assert "_sympy" not in vars(found)


# --- LaTeX ---------------------------------------------------------------------------------------

LATEX = {
    **EXAMPLES,
    "ions": "H^+ + OH^- -> H2O @ kw",
    "names": "parameter alpha = 1 /s\nparameter Vmax_2 = 3 /s\nA_PC -> F @ alpha*exp(-Vmax_2*time)\nF -> G @ 1e-5 /s",
    "nested": "parameter q = 1 M\nA -> B @ k*sqrt(abs([A]/q - 1/(1 + [B]/q))^3)",
}


def bodies(latex: str) -> list[str]:
    """The right-hand sides in an align environment, continued lines apart."""
    inside = latex.removeprefix("\\begin{align}\n").removesuffix("\n\\end{align}")
    return [side.strip() for line in inside.split(" \\\\\n") for side in line.split("&") if side.strip()]


@pytest.mark.parametrize("name", [name for name in LATEX if name != "stepped"])  # it knows no cases
def test_latex_is_read_by_matplotlib(name: str) -> None:
    parser = MathTextParser("path")
    for side in bodies(equations(LATEX[name]).latex()):
        assert parser.parse(f"${side}$".replace(r"\quad", r"\ "))


@pytest.mark.parametrize("text", LATEX.values(), ids=LATEX)
def test_latex_of_the_jacobian_is_balanced(text: str) -> None:
    net = network(text)
    latex = jacobian_latex(net.jacobian(), net)
    bare = re.sub(r"\\[{}]", "", latex)
    assert (bare.count("{"), latex.count(r"\left")) == (bare.count("}"), latex.count(r"\right"))


def test_latex_of_an_equation() -> None:
    assert bodies(equations("2 A <-> CdTe_PC @ kf, k2").latex())[:2] == [
        r"\frac{\mathrm{d}\left[\mathrm{A}\right]}{\mathrm{d}t}",
        r"= -2 \, k_{\mathrm{f}} \, \left[\mathrm{A}\right]^{2} + 2 \, k_{2} \, \left[\mathrm{CdTe\_PC}\right]",
    ]


def test_the_charge_of_an_ion_is_raised() -> None:
    assert r"\left[\mathrm{H^{+}}\right]" in equations("H^+ -> X").latex()


def test_latex_of_a_quotient_is_a_fraction() -> None:
    text = "parameter v = 1 M/s\nparameter K = 1 M\nS -> P rate v*[S]/(K + [S])"
    assert bodies(equations(text).latex())[-1] == (
        r"= \frac{v \, \left[\mathrm{S}\right]}{K + \left[\mathrm{S}\right]}"
    )


def test_a_notebook_shows_the_equations() -> None:
    assert network("A -> B")._repr_latex_().startswith("$$\\begin{aligned}")


def test_a_notebook_is_spared_a_thousand_equations() -> None:
    assert network("\n".join(f"A{i} -> A{i + 1}" for i in range(100)))._repr_latex_() is None


def test_an_unknown_species_is_answered_with_one_that_is_meant() -> None:
    with pytest.raises(KeyError, match="did you mean `CdTe`"):
        equations("CdTe -> B")["CdTE"]


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("krev", r"k_{\mathrm{rev}}"),
        ("kcat", r"k_{\mathrm{cat}}"),
        ("kcat2", r"k_{\mathrm{cat2}}"),
        ("kappa1", r"\kappa_{1}"),
    ],
)
def test_latex_of_a_rate_constant(name: str, latex: str) -> None:
    assert symbol_latex(name) == latex
