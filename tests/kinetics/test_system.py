"""Rate systems: rates, right-hand sides, sizes and changes of values, against values worked out by hand."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

import mscnet
from mscnet.kinetics.system import RateSystem, build_rate_system


def system(text: str) -> RateSystem:
    return build_rate_system(mscnet.loads(text).network())


def rates(text: str, **concentrations: float) -> list[float]:
    built = system(text)
    return list(built.rates(0.0, np.array([concentrations[name] for name in built.species])))


def test_orders_one_two_and_three() -> None:
    text = "A -> D @ 2; A + B -> D @ 3; 2 A + B -> D @ 5; 0 -> A @ 7"
    assert rates(text, A=2, B=10, D=0) == [4, 60, 200, 7]


def test_high_order() -> None:
    assert rates("5 A -> B @ 0.5", A=2, B=0) == [16]


def test_fractional_and_negative_orders() -> None:
    assert rates("A -> B @ 3 order A^0.5 C^-1; C -> B @ 1", A=4, B=0, C=2) == [3, 2]


def test_a_concentration_below_zero_counts_as_zero_in_a_fractional_order() -> None:
    assert rates("A -> B @ 3 order A^0.5", A=-1e-9, B=0) == [0]


def test_a_rate_that_is_not_finite_is_seen() -> None:
    assert rates("A -> B @ 3 order A^-1", A=0, B=0) == [np.inf]


def test_combinatorial_rates() -> None:
    text = "option mass_action = combinatorial; 3 A + 2 B -> C @ 12; A + B -> C @ 12"
    assert rates(text, A=1, B=1, C=0) == pytest.approx([1, 12])


def test_combinatorial_rates_with_a_coefficient_that_varies() -> None:
    text = "option mass_action = combinatorial; parameter k = 12; parameter c = 1; 2 A -> B @ k*(1 + [B]/c)"
    assert rates(text, A=2, B=3) == pytest.approx([0.5 * 12 * 4 * 4])


def test_right_hand_side_is_stoichiometry_times_rates() -> None:
    built = system("2 A -> 3 B @ 1; B -> 0 @ 2")
    np.testing.assert_allclose(built.rhs(0, np.array([3.0, 5.0])), [-18, 27 - 10])


def test_constant_species_do_not_change_and_have_no_derivatives() -> None:
    built = system("species W = 2 constant; A + W -> B @ 3")
    x = np.array([built.initial()[0], 1.0, 0.0])
    assert built.species == ("W", "A", "B")
    np.testing.assert_allclose(built.rhs(0, x), [0, -6, 6])
    np.testing.assert_allclose(built.jacobian(0, x).toarray(), [[0, 0, 0], [0, -6, 0], [0, 6, 0]])


def test_jacobian_of_one_step() -> None:
    built = system("A + B -> C @ 2")
    jacobian = built.jacobian(0, np.array([3.0, 5.0, 0.0])).toarray()
    np.testing.assert_allclose(jacobian, [[-10, -6, 0], [-10, -6, 0], [10, 6, 0]])


def test_jacobian_keeps_its_pattern() -> None:
    built = system("A + B -> C @ 2; C <-> A @ 1, 0; 2 C -> D @ 1 order C^1.5")
    at_zero, elsewhere = (built.jacobian(0, np.full(4, value)) for value in (0.0, 1.0))
    np.testing.assert_array_equal(at_zero.indices, elsewhere.indices)
    np.testing.assert_array_equal(at_zero.indptr, elsewhere.indptr)


def test_singular_derivative_counts_as_zero() -> None:
    built = system("A -> B @ 3 order A^0.5")
    np.testing.assert_array_equal(built.jacobian(0, np.zeros(2)).toarray(), np.zeros((2, 2)))


def test_dense_jacobian_is_the_same() -> None:
    built = system("parameter V = 1; parameter K = 2; A + B -> C @ 2; C -> A rate V*[C]/(K + [C])")
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(built.dense_jacobian(0, x), built.jacobian(0, x).toarray())


def test_symbolic_coefficients_take_the_parameter_values() -> None:
    built = system("parameter n = 1.5; (n+1) A -> B @ 1 order A")
    np.testing.assert_allclose(built.rhs(0, np.array([2.0, 0.0])), [-5, 2])


def test_initial_concentrations_from_parameters() -> None:
    built = system("parameter a = 3; species A = 2*a; A -> B @ 1")
    np.testing.assert_array_equal(built.initial(), [6, 0])


def test_new_values() -> None:
    built = system(
        "parameter V = 1; parameter K = 2; species A = 1; A -> B @ k; B -> A rate V*[B]/(K + [B]); parameter k = 3"
    )
    x = np.array([1.0, 2.0])
    built.jacobian(0, x)
    changed = built.with_values({"k": 5, "K": 6, "A": 9})
    np.testing.assert_allclose(changed.rates(0, x), [5, 0.25])
    assert changed.initial()[0] == 9
    np.testing.assert_allclose(built.rates(0, x), [3, 0.5])


def test_new_value_of_a_symbolic_coefficient() -> None:
    changed = system("parameter n = 1; (n+1) A -> B @ 1 order A").with_values({"n": 4})
    np.testing.assert_allclose(changed.rhs(0, np.array([1.0, 0.0])), [-5, 1])


def test_new_value_of_a_constant_species_in_a_coefficient() -> None:
    text = "parameter a = 1; species O = 1 constant; species A = 1; A -> B @ k*(1 + a*[O]); parameter k = 1"
    built = system(text).with_values({"O": 3})
    np.testing.assert_allclose(built.rates(0, built.initial()), [4])


def test_pickle_keeps_tables_and_laws() -> None:
    built = system("parameter V = 1; parameter K = 2; A + B -> C @ 2; C -> A rate V*[C]/(K + [C])")
    x = np.array([1.0, 2.0, 3.0])
    expected = built.rhs(0, x)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(built)).rhs(0, x), expected)


def test_mechanism_without_reactions() -> None:
    built = system("species A = 1")
    np.testing.assert_array_equal(built.rhs(0, np.array([1.0])), [0])
    assert built.jacobian(0, np.array([1.0])).nnz == 0


def test_missing_values() -> None:
    with pytest.raises(mscnet.MechanismError, match="E040"):
        system("A -> B @ k")


def test_mass_action_needs_no_sympy() -> None:
    code = (
        "import sys, mscnet\n"
        "text = 'parameter k = 2; species A = 1; species O = 1 constant; '\n"
        "text += 'A <-> B @ k*(1 + 3*[O]), 1; B -> C rate k*[B]'\n"
        "mscnet.simulate(mscnet.loads(text), 1)\n"
        "print(*({'sympy', 'pandas', 'xarray', 'matplotlib', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.slow
def test_cost_is_linear_in_the_number_of_reactions() -> None:
    def cost(count: int) -> float:
        network = mscnet.loads("\n".join(f"S{i} + S{i + 1} <-> S{i + 2} @ 1, 2" for i in range(count // 2))).network()
        begun = time.perf_counter()
        built = build_rate_system(network)
        built.jacobian(0, np.ones(len(built.species)))
        return time.perf_counter() - begun

    small = min(cost(1_000) for _ in range(3))
    assert cost(10_000) < 40 * small + 0.5
