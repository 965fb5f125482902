"""`propose` where sets are fitted by the objective: what it does without kernels, and where experiments take more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mscnet
from mscnet.inference.problem import FreeParameter, Term
from mscnet.inference.proposals import Proposals
from mscnet.inference.set_descent import best_end
from tests.inference.test_propose import CHAIN

FloatArray = NDArray[np.float64]


def test_experiments_that_take_more_are_fitted_by_the_objective(tmp_path: Path) -> None:
    file = CHAIN.write(tmp_path, seed=3)
    # time passes before the measurement, so that vessels cannot be prepared once
    file.write_text(file.read_text().replace("    measure", "    hold 0 min\n    measure"))
    found = mscnet.propose(mscnet.load(str(file)), species=("A", "B", "M"), largest=2, fits=12)
    assert (found.method, set(found[0].reactions)) == ("objective", CHAIN.reactions)


#: A dimer of which light sees one partner; `centre` is a wavelength that is free, in cm, beside constants in minutes.
LIGHT = """units time = min, concentration = mM, volume = mL
species A of X2 ; species B of X2 ; species M of X
solution stock { A = 1 mM }
parameter centre = 431 nm in 420 .. 440
parameter e = 1 /mM/cm in 0.5 .. 2
band A { gaussian center = 400 nm, fwhm = 30 nm, epsilon = 1 /mM/cm }
band B { gaussian center = centre, fwhm = 30 nm, epsilon = e }
experiment seen {
    mix 1 mL stock
    measure a = [A], od = absorbance(430 nm), uv = spectrum(380 .. 450 nm step 2 nm) every 1 min for 20 min
}
expect seen {
    at(a, 5 min) = 0.2231 mM ± 0.005 mM
    at(a, 10 min) = 0.0498 mM ± 0.005 mM
    at(od, 20 min) = 0.9975 ± 0.005
    isosbestic(415 nm ± 0.5 nm)
}
pathway right { A -> B @ k1 }
pathway wrong { A -> 2 M @ k2 }
parameter k1 = 0.1 /min in 1e-3 .. 10 log
parameter k2 = 0.1 /min in 1e-3 .. 10 log
"""


@pytest.fixture(scope="module")
def light() -> Proposals:
    return mscnet.propose(mscnet.loads(LIGHT), fits=24, largest=2)


@pytest.mark.slow
def test_what_facts_say_is_found_unaided(light: Proposals) -> None:
    right = next(standing for standing in light.pathways if standing.pathway == "right")
    assert (light[0].pathway, light[0].unaided, right.unaided) == ("right", True, True)


@pytest.mark.slow
def test_constants_are_those_that_the_facts_tell(light: Proposals) -> None:
    # a falls as exp(-0.3 t); bands of one size and width cross halfway between their centres
    assert light[0].constants[0] == pytest.approx(0.3, rel=0.02)
    assert dict(light[0].others)["centre"] == pytest.approx(430e-7, abs=0.6e-7)


def test_isosbestic_points_count(light: Proposals) -> None:
    assert light.n_data == 4


def test_a_search_without_time_to_find_them_is_told_the_pathways(light: Proposals) -> None:
    found = mscnet.propose(mscnet.loads(LIGHT), fits=3, largest=2)
    assert [(s.pathway, s.unaided) for s in found.pathways] == [("right", False), ("wrong", False)]


def test_time_ends_a_search() -> None:
    found = mscnet.propose(mscnet.loads(LIGHT), minutes=1e-6, largest=2)
    assert (found.finished, found.fits < 6) == (False, True)


@pytest.mark.slow
def test_processes_change_nothing(light: Proposals) -> None:
    found = mscnet.propose(mscnet.loads(LIGHT), fits=24, largest=2, jobs=2)
    assert [(p.reactions, p.constants, p.score) for p in found.proposals] == [
        (p.reactions, p.constants, p.score) for p in light.proposals
    ]


class Valley:
    """Rosenbrock's curved valley through eight coordinates, and something that nothing explains."""

    parameters = tuple(FreeParameter(f"x{i}", -9.0, 9.0) for i in range(8))
    terms = tuple(Term("datum", "valley") for _ in range(15))

    def residuals(self, x: FloatArray) -> FloatArray:
        return np.concatenate([10.0 * (x[1:] - x[:-1] ** 2), 1.0 - x[:-1], [9.0]])

    def linearised(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        step = 1e-6 * np.eye(len(x))
        return self.residuals(x), np.stack([(self.residuals(x + h) - self.residuals(x - h)) / 2e-6 for h in step]).T


def test_the_bottom_of_a_valley_is_found() -> None:
    _, residuals, _ = best_end(Valley(), [np.full(8, -1.2)])  # type: ignore[arg-type]
    assert residuals is not None
    assert float(residuals @ residuals) == pytest.approx(81.0, abs=0.1)


def test_the_long_search_is_given_up_where_it_leads_nowhere() -> None:
    begin = [np.full(8, -1.2)]
    whole, cut = (best_end(Valley(), begin, worth)[2] for worth in (np.inf, 1.0))  # type: ignore[arg-type]
    assert cut < whole
