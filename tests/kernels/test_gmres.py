"""GMRES with incomplete factors: SciPy's solver and complete factors as truths, the choice, conserved totals."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import spsolve

import mscnet
from mscnet import kernels
from mscnet.kinetics.program import RateProgram, build_rate_program
from tests.kernels.test_bdf import DONE, integrate
from tests.kernels.test_lu import random_network


def closed_network(n_species: int, n_reactions: int, seed: int, fastest: float = 2.0) -> mscnet.Mechanism:
    """Random reversible A + B = C + D, in which the sum of all concentrations is conserved; rate constants from 1e-4 to
    ten to the power of `fastest`."""
    random = np.random.default_rng(seed)
    lines = [f"species X{i} = {random.uniform(0.1, 1.0):.6g} M" for i in range(n_species)]
    for _ in range(n_reactions):
        a, b, c, d = random.choice(n_species, 4, replace=False)
        forward, backward = 10 ** random.uniform(-4, fastest, 2)
        lines.append(f"X{a} + X{b} -> X{c} + X{d} @ {forward:.6g} /M/s")
        lines.append(f"X{c} + X{d} -> X{a} + X{b} @ {backward:.6g} /M/s")
    return mscnet.loads("\n".join(lines))


def matrix_of(program: RateProgram, values: np.ndarray, gamma: float) -> csc_matrix:
    start, row = program.jacobian_pattern
    n = len(program.species)
    return csc_matrix(identity(n) - gamma * csc_matrix((values, row, start), shape=(n, n)))


def solve(program: RateProgram, values: np.ndarray, gamma: float, v: np.ndarray, **how: Any) -> tuple[np.ndarray, int]:
    core: Any = kernels.core()
    x = v.copy()
    asked = {"weight": np.ones(len(v)), "tolerance": 1e-9, **how}
    return x, core.gmres_solve(program.model, {"jacobian": values, "gamma": gamma, "v": x, **asked})


@pytest.mark.parametrize("gamma", [1e-6, 1e-3, 1e-2])
@pytest.mark.parametrize(("n", "m"), [(1, 0), (40, 30), (200, 190), (300, 900)])
def test_solutions_are_those_of_a_direct_solver(n: int, m: int, gamma: float) -> None:
    program = random_network(n, m, 1)
    random = np.random.default_rng(n)
    values = program.jacobian_values(0.0, random.uniform(0.01, 0.1, n))
    v = random.normal(size=n)
    x, products = solve(program, values, gamma, v)
    assert 0 <= products <= 16
    assert x == pytest.approx(spsolve(matrix_of(program, values, gamma), v), rel=1e-6, abs=1e-7)


def test_factors_of_another_step_serve_too() -> None:
    program = random_network(200, 400, 2)
    values = program.jacobian_values(0.0, np.full(200, 0.05))
    x, products = solve(program, values, 1e-3, np.ones(200), factored=2e-3)
    assert products > 0
    assert x == pytest.approx(spsolve(matrix_of(program, values, 1e-3), np.ones(200)), rel=1e-6)


def test_a_loose_tolerance_takes_less_work_and_is_kept_in_units_of_the_weights() -> None:
    program = random_network(200, 400, 2)
    values = program.jacobian_values(0.0, np.full(200, 0.05))
    weight = np.geomspace(1.0, 1e6, 200)
    exact = spsolve(matrix_of(program, values, 1e-2), np.ones(200))
    work = []
    for tolerance in (1e3, 1.0, 1e-3):
        x, products = solve(program, values, 1e-2, np.ones(200), weight=weight, tolerance=tolerance)
        assert abs((x - exact) * weight).max() <= 10 * tolerance
        work.append(products)
    assert work[0] < work[2]


def test_values_that_are_not_finite_are_told() -> None:
    program = random_network(40, 30, 1)
    values = program.jacobian_values(0.0, np.ones(40))
    values[3] = np.nan
    x, products = solve(program, values, 1e-2, np.ones(40))
    assert products < 0 or not np.isfinite(x).all()


@pytest.mark.slow
def test_few_species_and_chains_are_solved_directly_and_dense_networks_iteratively() -> None:
    core: Any = kernels.core()
    chain = "\n".join(f"A{i} -> A{i + 1} @ 1 /s\nA{i + 1} -> A{i} @ 2 /s" for i in range(2000))
    for program, solver in (
        (build_rate_program(mscnet.load("robertson").chosen.network()), "lu"),
        (random_network(90, 900, 1), "lu"),
        (build_rate_program(mscnet.loads(chain).network()), "lu"),
        (build_rate_program(closed_network(400, 900, 1).network()), "gmres"),
    ):
        assert core.linear_solver(program.model) == solver


def test_a_run_with_gmres_agrees_with_another_method_by_complete_factors_and_keeps_the_total() -> None:
    model = closed_network(200, 500, 3)
    program = build_rate_program(model.network())
    core: Any = kernels.core()
    assert core.linear_solver(program.model) == "gmres"
    times = np.array([1e-3, 0.1, 10.0])
    ran = integrate(model, times, 1e-6, 1e-9)
    assert ran.status == DONE
    reference = mscnet.simulate(model, times=times, method="rosenbrock", rtol=1e-8, atol=1e-11)
    wanted = np.column_stack([reference[species] for species in program.species])
    assert np.all(abs(ran.values - wanted) <= 10 * (1e-9 + 1e-6 * abs(wanted)))
    total = program.initial().sum()
    assert abs(ran.values.sum(axis=1) - total).max() <= 1e-11 * total


@pytest.mark.parametrize("n_proteins", [180, 300])
@pytest.mark.slow
def test_every_one_of_many_totals_is_kept(n_proteins: int) -> None:
    """Proteins that activate one another: the two forms of each have a total of their own."""
    random = np.random.default_rng(5)
    lines = []
    for i in range(n_proteins):
        lines += [
            f"species P{i} = {random.uniform(0.1, 1.0):.6g} M",
            f"species Q{i} = {random.uniform(0.0, 0.1):.6g} M",
        ]
        lines.append(f"Q{i} -> P{i} @ {10 ** random.uniform(-1, 2):.6g} /s")
        lines += [
            f"P{i} + Q{j} -> Q{i} + Q{j} @ {10 ** random.uniform(-1, 2):.6g} /M/s" for j in random.choice(n_proteins, 5)
        ]
    program = build_rate_program(mscnet.loads("\n".join(lines)).network())
    core: Any = kernels.core()
    assert core.linear_solver(program.model) == "gmres"
    ran = integrate(mscnet.loads("\n".join(lines)), [0.01, 1.0, 100.0], 1e-5, 1e-9)
    assert ran.status == DONE
    pairs = [[program.species.index(f"{form}{i}") for form in "PQ"] for i in range(n_proteins)]
    start = program.initial()
    for pair in pairs:
        assert abs(ran.values[:, pair].sum(axis=1) - start[pair].sum()).max() <= 1e-12


@pytest.mark.slow
def test_rates_of_twelve_decades_on_a_random_graph_are_no_trap() -> None:
    # where GMRES trusts its residual to the end, this run takes more than 100,000 steps, with complete factors 6,000
    model = closed_network(300, 1500, 1, fastest=8.0)
    assert integrate(model, [1e4], 1e-6, 1e-9).status == DONE


def conformance(name: str, scratch: Path) -> mscnet.Mechanism:
    folder = os.environ.get("MSCNET_CONFORMANCE")
    if folder is None:
        pytest.skip("MSCNET_CONFORMANCE names no folder of networks")
    networks = Path(folder, "networks", "networks.zip")
    if not networks.exists():
        pytest.skip("MSCNET_CONFORMANCE has no networks/networks.zip")
    with zipfile.ZipFile(networks) as archive:
        member = next(entry for entry in archive.namelist() if entry.endswith(f"{name}.net"))
        return mscnet.load(archive.extract(member, scratch))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "end"), [("egfr_net_no_obs", 10.0), ("BCR_no_obs", 1000.0)])
def test_published_networks_within_tolerance_and_on_their_totals(name: str, end: float, tmp_path: Path) -> None:
    model = conformance(name, tmp_path)
    loose, tight = integrate(model, [end], 1e-6, 1e-9), integrate(model, [end], 1e-9, 1e-12)
    assert np.all(abs(loose.values - tight.values) <= 10 * (1e-9 + 1e-6 * abs(tight.values)))
    network = model.network()
    start = build_rate_program(network).initial()
    place = {name: i for i, name in enumerate(network.species)}
    for law in network.conservation_laws():
        at = [place[name] for name in law.species]
        weights = np.array([coefficient for _, coefficient in law.coefficients])
        assert weights @ loose.values[0][at] == pytest.approx(weights @ start[at], rel=1e-9)
