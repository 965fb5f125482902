"""The analytic Jacobian against finite differences, over random networks with laws of all kinds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

import mscnet
from mscnet.kinetics.system import RateSystem, build_rate_system

NAMES = ["A", "B", "C", "D", "W"]
species = st.sampled_from(NAMES)

#: Laws of concentrations (in units of c, so that every one is a pure number) that are smooth where all are above 0.
LAWS = (
    "{a}/(K + {a})", "{a}^n/(K^n + {a}^n)", "{a}*{b}/(1 + {a} + {b}/K)", "exp(-{a})*{b}", "sqrt({a})*{b}",
    "if({a} < 100, {a}^2*{b}, {b})", "min({a}, 50)*{b}", "ln(1 + {a}*{b})", "total/(K + {a})", "({a} - {b})^3",
    "tanh({a} - K*{b})", "{a}/(1 + x*{b}/100)", "abs({a} + 1)*atan({b})",
)  # fmt: skip


@st.composite
def reactions(draw: st.DrawFn) -> str:
    left = draw(st.lists(species, min_size=0, max_size=3))
    right = draw(st.lists(species, min_size=0, max_size=2).filter(lambda names: sorted(names) != sorted(left)))
    equation = f"{' + '.join(left) or '0'} -> {' + '.join(right) or '0'}"
    if not left and not right:
        equation = "A -> B"
    a, b = (f"({draw(species)}/c)" for _ in range(2))
    law = draw(st.sampled_from(LAWS)).format(a=a, b=b)
    constant = draw(st.integers(1, 90)) / 10
    kind = draw(st.sampled_from(["number", "varying", "full", "orders"]))
    if kind == "full":
        return f"{equation} rate {constant}*v*({law})"
    if kind == "varying":
        return f"{draw(species)} -> {equation.partition('-> ')[2]} @ {constant}*k*({law})"
    if kind == "orders":
        order = draw(st.sampled_from(["0.5", "1.5", "-1", "5", "0"]))
        return f"{equation} @ {constant} order {draw(species)}^{order}"
    return f"{equation} @ {constant}"


@st.composite
def systems(draw: st.DrawFn) -> RateSystem:
    option = draw(st.sampled_from(["", "option mass_action = combinatorial"]))
    lines = draw(st.lists(reactions(), min_size=1, max_size=6))
    header = "parameter c = 1 M; parameter v = 1 M/s; parameter k = 1 /s; parameter K = 0.7; parameter n = 2.3"
    declared = "species A; species B; species C; species D; species W = 1.3 constant"
    derived = "total = (A + 2*B + 3*C - D + W)/c; x = total*(A/c)"
    return build_rate_system(mscnet.loads("\n".join([header, option, declared, derived, *lines])).network())


def differences(system: RateSystem, x: np.ndarray) -> np.ndarray:
    """Central differences, extrapolated once, of the species that change."""
    columns = []
    for i in range(len(x)):
        slopes = []
        for h in (1e-4 * x[i], 5e-5 * x[i]):
            step = np.zeros_like(x)
            step[i] = h
            slopes.append((system.rhs(0.3, x + step) - system.rhs(0.3, x - step)) / (2 * h))
        columns.append(np.zeros_like(x) if system.constant[i] else (4 * slopes[1] - slopes[0]) / 3)
    return np.array(columns).T


@configured(max_examples=60)
@given(systems(), st.lists(st.floats(0.2, 3.0), min_size=4, max_size=4))
def test_jacobian_is_the_derivative(system: RateSystem, levels: list[float]) -> None:
    x = np.array([*levels, 1.3])
    jacobian = system.jacobian(0.3, x).toarray()
    np.testing.assert_allclose(jacobian, differences(system, x), rtol=1e-6, atol=1e-7 * (1 + np.abs(jacobian).max()))


@configured(max_examples=40)
@given(systems(), st.lists(st.floats(0.2, 3.0), min_size=4, max_size=4))
def test_conserved_totals_have_no_rate(system: RateSystem, levels: list[float]) -> None:
    rates = system.rhs(0.0, np.array([*levels, 1.3]))
    for law in system.network.conservation_laws():
        parts = [number * rates[system.network.species_index[name]] for name, number in law.coefficients]
        assert abs(sum(parts)) <= 1e-12 * (1 + sum(map(abs, parts)))
