"""General rate laws: values, derivatives, shapes, and laws that are too large."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet.kinetics.laws import LawsOfShape
from mscnet.kinetics.system import RateSystem, build_rate_system

UNITS = "parameter k = 1; parameter c = 1\n"


def system(text: str) -> RateSystem:
    return build_rate_system(mscnet.loads(text).network())


def rate_and_slope(law: str, a: float, b: float = 0.5) -> tuple[float, float]:
    """The rate of 0 -> A by a law of a = [A]/c and b = [B]/c, and its derivative by [A]."""
    built = system(f"{UNITS}species A; species B; a = [A]/c; b = [B]/c; B -> B + A rate k*c*({law})")
    x = np.array([a, b])
    return float(built.rates(0.0, x)[0]), float(built.jacobian(0.0, x).toarray()[0, 0])


@pytest.mark.parametrize(
    ("law", "a", "rate", "slope"),
    [
        ("a/(2 + a)", 2.0, 0.5, 0.125),
        ("exp(-a)", 1.0, math.exp(-1), -math.exp(-1)),
        ("ln(a)", 2.0, math.log(2), 0.5),
        ("log10(a)", 10.0, 1.0, 0.1 / math.log(10)),
        ("sqrt(a)", 4.0, 2.0, 0.25),
        ("a^2.5", 4.0, 32.0, 20.0),
        ("2^a", 3.0, 8.0, 8 * math.log(2)),
        ("sin(a)*cos(a)", 0.3, 0.5 * math.sin(0.6), math.cos(0.6)),
        ("tan(a)", 0.3, math.tan(0.3), 1 + math.tan(0.3) ** 2),
        ("asin(a)", 0.3, math.asin(0.3), 1 / math.sqrt(0.91)),
        ("acos(a)", 0.3, math.acos(0.3), -1 / math.sqrt(0.91)),
        ("atan(a)", 0.3, math.atan(0.3), 1 / 1.09),
        ("sinh(a)", 0.3, math.sinh(0.3), math.cosh(0.3)),
        ("cosh(a)", 0.3, math.cosh(0.3), math.sinh(0.3)),
        ("tanh(a)", 0.3, math.tanh(0.3), 1 - math.tanh(0.3) ** 2),
        ("abs(a - 1)", 0.3, 0.7, -1.0),
        ("abs(a - 1)", 1.3, 0.3, 1.0),
        ("sign(a - 1)*a", 0.3, -0.3, -1.0),
        ("min(a, b, 2)", 0.3, 0.3, 1.0),
        ("min(a, b, 2)", 0.7, 0.5, 0.0),
        ("max(a, b)", 0.7, 0.7, 1.0),
        ("if(a < b, a^2, 3*a)", 0.4, 0.16, 0.8),
        ("if(a < b, a^2, 3*a)", 0.6, 1.8, 3.0),
        ("if(a >= b, a^2, 3*a)", 0.5, 0.25, 1.0),
        ("a^2*b/(1 + b)", 3.0, 3.0, 2.0),
    ],
)
def test_value_and_derivative(law: str, a: float, rate: float, slope: float) -> None:
    assert rate_and_slope(law, a) == pytest.approx((rate, slope), rel=1e-12)


def test_branch_that_is_not_taken_does_no_harm() -> None:
    """1/a at a = 0 is in the other branch."""
    assert rate_and_slope("if(a > 0, 1/a, 2*a)", 0.0) == (0.0, 2.0)


def test_concentration_below_zero_counts_as_zero_under_a_root() -> None:
    built = system(f"{UNITS}parameter K = 2; parameter n = 2.5; A -> B rate k*c*[A]^n/(K^n + [A]^n)")
    assert built.rates(0, np.array([-1e-12, 0.0])) == [0.0]


def test_singular_derivative_counts_as_zero_but_the_rate_is_shown() -> None:
    rate, slope = rate_and_slope("1/a", 0.0)
    assert (rate, slope) == (math.inf, 0.0)


def test_time_is_an_argument() -> None:
    built = system("parameter w = 2; parameter k = 3; A -> B @ k*(1 + w*t)")
    assert built.rates(5.0, np.array([1.0, 0.0])) == [33.0]
    assert built.timed


def test_coefficient_that_varies_is_multiplied_by_its_monomial() -> None:
    built = system(f"{UNITS}2 A + C -> B @ k*(1 + [B]/c)")
    assert built.species == ("A", "C", "B")
    np.testing.assert_allclose(built.rates(0, np.array([2.0, 3.0, 4.0])), [60.0])
    slopes = built.jacobian(0, np.array([2.0, 3.0, 4.0])).toarray()[2]
    np.testing.assert_allclose(slopes, [60.0, 20.0, 12.0])


def test_derived_values_are_put_in() -> None:
    built = system(f"{UNITS}total = [A] + [B]; share = [A]/total; A -> B rate k*c*share*share")
    np.testing.assert_allclose(built.rates(0, np.array([1.0, 3.0])), [1 / 16])


@pytest.mark.slow
def test_a_thousand_laws_of_one_shape_are_one_block() -> None:
    lines = [
        f"parameter V{i} = {i + 1}; parameter K{i} = 2; A{i} -> B{i} rate V{i}*[A{i}]/(K{i} + [A{i}])"
        for i in range(1000)
    ]
    built = system("\n".join(lines))
    assert len(built.blocks) == 1
    x = np.tile([2.0, 0.0], 1000)
    np.testing.assert_allclose(built.rates(0, x), np.arange(1, 1001) / 2)


def test_laws_that_differ_in_form_are_different_blocks() -> None:
    built = system(f"{UNITS}A -> B rate k*[A]/(1 + [A]/c); B -> A rate k*[B]/(1 + [B]/c + [A]/c)")
    assert len(built.blocks) == 2


def test_law_that_is_a_product_of_powers_goes_to_the_tables() -> None:
    built = system(f"{UNITS}A -> B rate k*[A]^2/[B]")
    assert not any(isinstance(block, LawsOfShape) for block in built.blocks)
    assert built.rates(0, np.array([2.0, 4.0])) == [1.0]


def test_names_of_a_file_never_reach_the_generated_code() -> None:
    """Names that mean something to Python, NumPy or SymPy are only names."""
    names = "parameter lambda = 2; parameter exec = 1; species exp2 = 1; species I = 1"
    text = f"{names}; I -> exp2 rate lambda*[I]/(exec + [I])"
    np.testing.assert_allclose(system(text).rates(0, np.ones(2)), [1.0])


# --- totals and size --------------------------------------------------------------------------------


def test_total_over_many_species_is_one_slot() -> None:
    """Monomer balance: M = M0 - sum n F[n] enters every growth step."""
    count = 60
    total = " - ".join(["M0", *(f"{n}*[F{n}]" for n in range(1, count + 1))])
    steps = "\n".join(f"F{n} -> F{n + 1} @ k*M" for n in range(1, count))
    built = system(f"parameter M0 = 5000; parameter k = 2; M = {total}\n{steps}")
    assert len(built.blocks) == 1
    x = np.arange(1.0, count + 1)
    m = 5000 - sum(n * n for n in range(1, count + 1))
    np.testing.assert_allclose(built.rates(0, x), 2 * m * x[:-1])
    slopes = built.jacobian(0, x).toarray()
    np.testing.assert_allclose(
        slopes[count - 1], [2 * x[count - 2] * -n + (2 * m if n == count - 1 else 0) for n in range(1, count + 1)]
    )


def test_long_nonlinear_sum_compiles_in_parts() -> None:
    terms = " + ".join(f"([S{i}]/c)^2" for i in range(200))
    steps = "; ".join(f"S{i} -> S{i + 1} @ 1" for i in range(199))
    built = system(f"{UNITS}{steps}\nS0 -> 0 rate k*[S0]/(1 + {terms})")
    x = np.full(200, 2.0)
    assert built.rates(0, x)[-1] == pytest.approx(2 / 801)
    assert built.jacobian(0, x).toarray()[0, 7] == pytest.approx(2 * 4 / 801**2)


def test_deep_law_compiles_in_steps() -> None:
    law = "[A]/c"
    for _ in range(60):
        law = f"tanh({law})"
    built = system(f"{UNITS}A -> B rate k*c*{law}")
    value, slope = 0.8, 1.0
    for _ in range(60):
        value = math.tanh(value)
        slope *= 1 - value * value
    x = np.array([0.8, 0.0])
    assert built.rates(0, x)[0] == pytest.approx(value)
    assert built.jacobian(0, x).toarray()[1, 0] == pytest.approx(slope)


def test_law_that_explodes_when_written_out_is_refused() -> None:
    chain = "\n".join(f"d{i} = d{i - 1}*exp(d{i - 1})" for i in range(1, 25))
    with pytest.raises(mscnet.MechanismError, match="too large") as caught:
        system(f"{UNITS}d0 = [A]/c\n{chain}\nburn: A -> B rate k*c*d24")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E042"
    assert diagnostic.span is not None
