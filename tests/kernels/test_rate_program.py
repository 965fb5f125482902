"""The kernels' rates and Jacobians against those of the NumPy and SymPy engine."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import note
from hypothesis import strategies as st

import mscnet
from mscnet import assets, kernels
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.kinetics.system import RateSystem, build_rate_system
from tests.properties.holds import holds
from tests.properties.test_rates import cases
from tests.strategies.mechanisms import styles
from tests.strategies.reading import Reading

UNDERFLOW = 1e-250


def engines(mechanism: mscnet.Mechanism) -> tuple[RateProgram, RateSystem]:
    network = mechanism.chosen.network()
    return build_rate_program(network), build_rate_system(network)


def assert_same(program: RateProgram, system: RateSystem, time: float, x: np.ndarray) -> None:
    """Rates, changes and Jacobian agree to rounding, relative to the largest term that enters them."""
    rates, truth = program.rates(time, x), system.rates(time, x)
    # below that, a factor such as exp(-709) may have been subnormal, with few digits left, on either side
    assert np.allclose(rates, truth, rtol=1e-11, atol=UNDERFLOW, equal_nan=True)
    if not np.isfinite(truth).all():
        return  # no run goes on from there
    size = abs(system.stoichiometry) @ abs(truth)
    assert np.all(abs(program.rhs(time, x) - system.rhs(time, x)) <= 1e-11 * size + UNDERFLOW)
    jacobian, wanted = program.dense_jacobian(time, x), system.dense_jacobian(time, x)
    scale = abs(wanted).max(axis=1, keepdims=True, initial=0.0)
    # a saturated law's slope is a difference of terms as large as rate/concentration
    slack = 1e-11 * np.outer(size, 1 / np.maximum(abs(x), 1e-30))
    assert np.all(abs(jacobian - wanted) <= 1e-10 * scale + slack + UNDERFLOW)


@pytest.mark.parametrize("name", assets.mechanism_names())
@pytest.mark.slow
def test_shipped_mechanisms(name: str) -> None:
    mechanism = mscnet.load(name)
    if mechanism.structure is not None and not mechanism.structure.seeds:
        pytest.skip("a library of rules has no species")
    for pathway in [p.name for p in mechanism.pathways] or [None]:
        model = mechanism if pathway is None else mechanism.with_pathway(pathway)
        program, system = engines(model)
        random = np.random.default_rng(1)
        for time in (0.0, 2.5):
            assert_same(program, system, time, random.uniform(0.0, 2.0, len(program.species)))


def test_generated_mechanisms(effort: int) -> None:
    def check(case: tuple[object, dict[str, float], float], data: st.DataObject) -> None:
        model, levels, time = case
        reading = Reading(model, data.draw(styles(model)))  # type: ignore[arg-type]
        note(reading.text)
        program, system = engines(reading.mechanism)
        assert_same(program, system, reading.time(time), reading.state(levels))
        assert np.allclose(program.initial(), system.initial(), rtol=1e-14)

    holds(check, 100 * effort, cases(), st.data())


LAWS = (
    "a/(2 + a)", "exp(-a)", "ln(a)", "log10(a)", "sqrt(a)", "a^2.5", "2^a", "sin(a)*cos(b)", "tan(a)", "asin(a)",
    "acos(a)", "atan(a)", "sinh(a)", "cosh(a)", "tanh(a)", "abs(a - b)", "sign(a - b)*a", "min(a, b, 2)", "max(a, b)",
    "if(a < b, a^2, 3*b)", "if(a >= b, a^2, 3*b)", "a^2*b/(1 + b)", "a^-3", "(a - b)^3", "1/(1 + (a/0.3)^4)",
    "time/(1 + time)*a", "if(time < 3, a, 2*a)",
)  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
def test_every_function(law: str) -> None:
    law = law.replace("time", "(time/tau)")
    text = f"species A; species B; c = 1 M; tau = 1 s; a = [A]/c; b = [B]/c; B -> B + A rate 1 M/s*({law})"
    program, system = engines(mscnet.loads(text))
    for x in ([0.4, 0.6], [0.6, 0.4], [0.5, 0.5], [0.0, 0.7], [-1e-9, 0.7]):
        assert_same(program, system, 2.0, np.array(x))


def test_a_total_of_many_species_is_one_slot() -> None:
    species = "\n".join(f"species X{i} = 1 M" for i in range(6))
    total = " + ".join(f"{i + 1}*[X{i}]" for i in range(6))
    laws = "\n".join(f"X{i} -> X{(i + 1) % 6} rate 0.1 /s*[X{i}]/(1 + total/K)" for i in range(6))
    program, system = engines(mscnet.loads(f"{species}\ntotal = {total}\nparameter K = 2 M\n{laws}"))
    assert_same(program, system, 0.0, np.arange(1.0, 7.0))


def test_inputs_move_constants_and_initial_values() -> None:
    mechanism = mscnet.loads("parameter k = 2 /s; c0 = 3*k*1 M*s\nspecies A = c0\nA -> B @ k/2")
    program = build_rate_program(mechanism.network())
    moved = mechanism.with_values(k=5)
    assert program.inputs(moved).tolist() == [5, 15, 0]
    assert program.initials(np.array([[5.0], [1.0]])).tolist() == [[15, 0], [3, 0]]


def test_constant_species_are_part_of_the_coefficient() -> None:
    program, system = engines(mscnet.loads("species W = 3 M constant\nspecies A = 1 M\nA + W -> B + W @ 2 /M/s"))
    assert_same(program, system, 0.0, np.array([3.0, 1.0, 0.0]))


def test_a_program_can_be_pickled() -> None:
    program, _ = engines(mscnet.load("robertson"))
    x = np.array([0.7, 0.1, 0.2])
    assert pickle.loads(pickle.dumps(program)).rhs(0.0, x).tolist() == program.rhs(0.0, x).tolist()


@pytest.mark.parametrize("name", ["slots_2", "coefficient", "s_species", "constant_value", "order_first", "original"])
def test_tables_that_do_not_fit_together_are_refused(name: str) -> None:
    program, _ = engines(mscnet.load("robertson"))
    tables = dict(program.tables)
    tables[name] = np.full_like(tables[name], 4_000_000_000)
    with pytest.raises(ValueError, match="do not fit together"):
        kernels.core().model(tables)  # type: ignore[union-attr]
