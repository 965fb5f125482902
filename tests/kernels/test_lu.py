"""Sparse LU factors of a I - b J against NumPy's dense solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import mscnet
from mscnet import assets, kernels
from mscnet.kinetics.program import RateProgram, build_rate_program
from tests.properties.holds import holds
from tests.properties.test_rates import cases
from tests.strategies.mechanisms import styles
from tests.strategies.reading import Reading

#: a I - b J: steps of an implicit method from short to long, one against time, and J alone.
WEIGHTS = ((1.0, 1e-6), (1.0, 0.3), (2.0, 50.0), (1e-3, 1.0), (1.0, -0.7), (0.0, 1.0))


def program_of(mechanism: mscnet.Mechanism) -> RateProgram:
    return build_rate_program(mechanism.chosen.network())


def random_network(n_species: int, n_reactions: int, seed: int) -> RateProgram:
    """Exchange with the outside and random bimolecular reactions, with rate constants over eight decades."""
    random = np.random.default_rng(seed)
    lines = [f"species X{i} = 1 M" for i in range(n_species)]
    lines += [f"X{i} -> 0 @ {10 ** random.uniform(-4, 4):.6g} /s" for i in range(n_species)]
    for _ in range(n_reactions):
        a, b, c, d = random.integers(0, n_species, 4)
        lines.append(f"X{a} + X{b} -> X{c} + X{d} @ {10 ** random.uniform(-4, 4):.6g} /M/s")
    return program_of(mscnet.loads("\n".join(lines)))


def with_jacobian(program: RateProgram, values: np.ndarray) -> np.ndarray:
    """Values in the order of the pattern as a matrix."""
    start, row = program.jacobian_pattern
    dense = np.zeros((len(program.species),) * 2)
    dense[row, np.repeat(np.arange(len(dense)), np.diff(start))] = values
    return dense


def solve(program: RateProgram, values: np.ndarray, a: float, b: float, v: np.ndarray, **how: int) -> tuple[Any, bool]:
    """The solution, and whether the factors were dense."""
    core: Any = kernels.core()
    x = np.array(v, dtype=np.float64, order="C")
    dense = core.lu_solve(program.model, {"jacobian": values, "a": a, "b": b, "v": x, **how})
    return x, dense


def assert_solves(matrix: np.ndarray, x: np.ndarray, v: np.ndarray) -> None:
    """The residual is rounding, relative to the largest term of all equations or, for a transposed matrix, to the
    largest value of its row times the largest unknown: what elimination promises with pivots or growth by columns."""
    terms = (abs(matrix) @ abs(x) + abs(v)).max(axis=0)
    row = abs(matrix).max(axis=1).reshape(-1, *[1] * (x.ndim - 1)) * abs(x).max(axis=0)
    assert np.isfinite(x).all()
    assert np.all(abs(matrix @ x - v) <= 1e-10 * (terms + row))


def assert_all_solves(program: RateProgram, values: np.ndarray, a: float, b: float) -> None:
    """Plain, transposed and many right-hand sides; nothing is asserted of a matrix that is singular to rounding."""
    n = len(program.species)
    matrix = a * np.eye(n) - b * with_jacobian(program, values)
    scaled = matrix / np.maximum(abs(matrix).max(axis=1, keepdims=True), 1e-300)
    if np.linalg.matrix_rank(scaled) < n:
        return
    random = np.random.default_rng(n)
    v = random.normal(size=n)
    x, _ = solve(program, values, a, b, v)
    assert_solves(matrix, x, v)
    condition = np.linalg.cond(matrix)
    if condition < 1e8:
        wanted = np.linalg.solve(matrix, v)
        assert abs(x - wanted).max() <= 1e-10 * condition * abs(wanted).max()
    assert_solves(matrix.T, solve(program, values, a, b, v, transposed=1)[0], v)
    for count in (1, 3, 70):
        many = random.normal(size=(n, count))
        assert_solves(matrix, solve(program, values, a, b, many, count=count)[0], many)


@pytest.mark.parametrize("name", assets.mechanism_names())
@pytest.mark.slow
def test_shipped_mechanisms(name: str) -> None:
    mechanism = mscnet.load(name)
    if mechanism.structure is not None and not mechanism.structure.seeds:
        pytest.skip("a library of rules has no species")
    program = program_of(mechanism)
    if not program.species:
        pytest.skip("a library has no species")
    x = np.random.default_rng(1).uniform(0.0, 2.0, len(program.species))
    values = program.jacobian_values(0.5, x)
    for a, b in WEIGHTS:
        if a or not program.constant.any():
            assert_all_solves(program, values, a, b)


def test_generated_mechanisms(effort: int) -> None:
    def check(case: tuple[object, dict[str, float], float], data: st.DataObject, weights: tuple[float, float]) -> None:
        model, levels, time = case
        reading = Reading(model, data.draw(styles(model)))  # type: ignore[arg-type]
        program = program_of(reading.mechanism)
        values = program.jacobian_values(reading.time(time), reading.state(levels))
        a, b = weights
        if np.isfinite(values).all() and abs(values).max(initial=0.0) < 1e100 and (a or not program.constant.any()):
            assert_all_solves(program, values, a, b)

    holds(check, 30 * effort, cases(), st.data(), st.sampled_from(WEIGHTS))


# (species, reactions): from lists of places, by rows with a little fill, and by rows with a large full part
@pytest.mark.parametrize(("n", "m"), [(1, 0), (9, 12), (40, 30), (66, 60), (120, 240), (200, 190), (150, 1500)])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_random_networks(n: int, m: int, seed: int) -> None:
    program = random_network(n, m, seed)
    values = program.jacobian_values(0.0, np.random.default_rng(seed).uniform(0.1, 2.0, n))
    for a, b in WEIGHTS:
        assert_all_solves(program, values, a, b)


@pytest.mark.parametrize(("n", "m"), [(5, 20), (30, 100), (60, 700)])
def test_values_that_need_other_pivots(n: int, m: int) -> None:
    """A diagonal of zeros, or of values that are tiny beside the rest, is no pivot: the factors turn dense."""
    program = random_network(n, m, 3)
    start, row = program.jacobian_pattern
    diagonal = row == np.repeat(np.arange(n), np.diff(start))
    for tiny in (0.0, 1e-13, 1e-6):
        values = np.random.default_rng(4).normal(size=len(row))
        values[diagonal] *= tiny
        matrix = -with_jacobian(program, values)
        assert np.linalg.cond(matrix) < 1e10
        v = np.ones(n)
        x, dense = solve(program, values, 0.0, 1.0, v)
        assert dense
        assert_solves(matrix, x, v)
        assert_solves(matrix.T, solve(program, values, 0.0, 1.0, v, transposed=1)[0], v)
        many = np.outer(v, [1.0, -2.0])
        assert_solves(matrix, solve(program, values, 0.0, 1.0, many, count=2)[0], many)


def test_values_that_grow_bit_by_bit_need_other_pivots() -> None:
    """Each species makes ten of the next, and all hang on the last: no multiplier is above 10, their product is."""
    n = 20
    lines = [f"X{i} -> X{i} + X{i + 1} @ 10 /s\nX{i} + X{n - 1} -> X{n - 1} @ 1 /M/s" for i in range(n - 1)]
    program = program_of(mscnet.loads("\n".join(lines)))
    values = program.jacobian_values(0.0, np.array([float(name != f"X{n - 1}") for name in program.species]))
    assert_all_solves(program, values, 1.0, 1.0)
    assert solve(program, values, 1.0, 1.0, np.ones(n))[1]


def test_compartments_of_very_different_size_need_no_dense_factors() -> None:
    """The smaller have rows that are larger by nine powers of ten."""
    lines = ["compartment medium = 1 mL\ncompartment cell = 1 pL"]
    for i in range(30):
        j, k = (i + 1) % 30, (5 * i + 2) % 30
        lines += [f"species {name}{i} in medium = 1 uM" for name in "MBD"] + [f"species C{i} in cell = 1 uM"]
        lines += [f"M{i} <-> C{i} @ 1 mL/s, 1 mL/s", f"C{i} -> C{j} @ 0.2 /s", f"M{i} + B{i} -> D{i} @ 1 /uM/s"]
        lines += [f"D{i} -> B{j} + M{k} @ 0.1 /s", f"B{i} + M{j} -> D{i} @ 0.1 /uM/s"]
    program = program_of(mscnet.loads("\n".join(lines)))
    n = len(program.species)
    values = program.jacobian_values(0.0, np.random.default_rng(2).uniform(1e-7, 2e-6, n))
    matrix, v = np.eye(n) - 10.0 * with_jacobian(program, values), np.ones(n)
    x, dense = solve(program, values, 1.0, 10.0, v)
    assert not dense
    assert np.all(abs(matrix @ x - v) <= 1e-12 * (abs(matrix) @ abs(x) + v))


def test_a_stiff_decay_needs_no_dense_factors() -> None:
    program = program_of(mscnet.load("robertson"))
    values = program.jacobian_values(0.0, np.array([0.7, 1e-5, 0.3]))
    for step in 10.0 ** np.arange(-8, 12):
        assert not solve(program, values, 1.0 / step, 1.0, np.ones(3))[1]


def test_a_singular_matrix_is_an_error() -> None:
    program = random_network(6, 8, 1)
    values = program.jacobian_values(0.0, np.ones(6))
    with pytest.raises(ArithmeticError, match="singular"):
        solve(program, np.zeros_like(values), 0.0, 1.0, np.ones(6))


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_an_error(poison: float) -> None:
    for program in (random_network(6, 8, 1), program_of(mscnet.loads("A -> B @ 1 /s"))):
        n = len(program.species)
        values = program.jacobian_values(0.0, np.ones(n))
        for place in range(len(values)):
            poisoned = values.copy()
            poisoned[place] = poison
            with pytest.raises(ArithmeticError, match="singular"):
                solve(program, poisoned, 1.0, 0.1, np.ones(n))


def test_arrays_of_the_wrong_size_are_refused() -> None:
    program = random_network(4, 4, 1)
    values = program.jacobian_values(0.0, np.ones(4))
    with pytest.raises(ValueError, match="jacobian"):
        solve(program, values[1:], 1.0, 1.0, np.ones(4))
    with pytest.raises(ValueError, match="v"):
        solve(program, values, 1.0, 1.0, np.ones(5))
    with pytest.raises(ValueError, match="v"):
        solve(program, values, 1.0, 1.0, np.ones(4), count=2)
    with pytest.raises(ValueError, match="count"):
        solve(program, values, 1.0, 1.0, np.ones(4), count=-1)


def test_the_order_keeps_a_hub_for_last() -> None:
    """A species that exchanges with all others causes no fill if it is eliminated after them, and all if before."""
    lines = [f"H -> X{i} @ 1 /s\nX{i} -> H @ 2 /s" for i in range(50)]
    program = program_of(mscnet.loads("\n".join(lines)))
    core: Any = kernels.core()
    assert core.lu_size(program.model, 0) == (151, 100)


@pytest.mark.parametrize(("n", "m"), [(40, 30), (200, 190), (150, 1500)])
def test_factors_that_would_be_too_large_are_not_made(n: int, m: int) -> None:
    program = random_network(n, m, 1)
    core: Any = kernels.core()
    size, cost = core.lu_size(program.model, 0)
    assert len(program.jacobian_pattern[1]) <= size <= n * n
    assert 0 < cost < n**3 / 3
    assert core.lu_size(program.model, size) == (size, cost)
    assert core.lu_size(program.model, size - 1) is None
    with pytest.raises(ValueError, match="most"):
        core.lu_size(program.model, -1)


def test_without_species_there_is_nothing_to_solve() -> None:
    program = program_of(mscnet.loads("parameter k = 1 /s"))
    assert solve(program, np.empty(0), 1.0, 1.0, np.empty(0))[0].size == 0
