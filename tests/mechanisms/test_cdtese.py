"""The founding case against the paper: H. Zhang et al., Angew. Chem. Int. Ed. 2020, 10.1002/anie.202005643."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.simulation.trajectory import Trajectory

PATHWAYS = ("eq1", "eq2", "addition", "anion_exchange", "msc_combination")

#: Figure 4: aliquot in uL, highest OD at 371 nm and at 399 nm; read to 0.01.
FIGURE_4 = [(15, 0.23, 0.16), (30, 0.40, 0.30), (45, 0.57, 0.45), (60, 0.73, 0.59)]


@pytest.fixture(scope="module")
def run() -> Trajectory:
    return mscnet.simulate(mscnet.load("cdtese"))


def dispersion(aliquot: float) -> Trajectory:
    return mscnet.simulate(mscnet.load("cdtese").with_values(V=f"{aliquot} uL"))


def test_the_papers_pathway_is_the_default_among_its_rivals() -> None:
    mechanism = mscnet.load("cdtese")
    assert tuple(p.name for p in mechanism.pathways) == PATHWAYS
    assert mechanism.default_pathway == "eq1"


def test_msc371_rises_first_and_vanishes(run: Trajectory) -> None:
    msc371 = run["CdTe_MSC371"]
    peak = int(msc371.argmax())
    assert 0 < run.time[peak] <= 5
    assert (np.diff(msc371[peak:]) < 0).all()
    assert msc371[-1] < 0.02 * msc371[peak]


def test_msc399_grows_after_it_and_levels_off(run: Trajectory) -> None:
    msc371, msc399 = run["CdTe_MSC371"], run["CdTeSe_MSC399"]
    at_peak = int(msc371.argmax())
    assert msc399[at_peak] < 0.1 * msc371[at_peak]
    assert (np.diff(msc399[: int(msc399.argmax()) + 1]) > 0).all()
    assert msc399[-1] == pytest.approx(msc399.max(), rel=0.01)
    assert msc399[run.time >= 150].min() > 0.97 * msc399.max()


@pytest.mark.parametrize(("aliquot", "od371", "od399"), FIGURE_4)
def test_highest_absorbances_are_those_of_figure_4(aliquot: float, od371: float, od399: float) -> None:
    run = dispersion(aliquot)
    assert run["od371"].max() == pytest.approx(od371, abs=0.015)
    assert run["od399"].max() == pytest.approx(od399, abs=0.015)


def test_a_larger_aliquot_changes_faster() -> None:
    halves = []
    for aliquot, _, _ in FIGURE_4:
        run = dispersion(aliquot)
        msc371 = run["CdTe_MSC371"]
        halves.append(run.time[np.flatnonzero(msc371 > msc371.max() / 2)[-1]])
    assert halves == sorted(halves, reverse=True)
    assert halves[0] > halves[-1]


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_msc415_is_never_visible(pathway: str) -> None:
    mechanism = mscnet.load("cdtese").with_pathway(pathway)
    k415 = mechanism.get_parameter("k415")
    assert k415.bounds is not None
    run = mscnet.simulate(mechanism.with_values(k415=k415.bounds[1]))
    assert (mechanism.value_of("e371") * run["CdSe_MSC415"]).max() < 0.01


def test_every_estimate_says_so_and_is_bounded() -> None:
    mechanism = mscnet.load("cdtese")
    told = {p.name: p for p in mechanism.parameters if p.name not in ("V", "Vsol", "hold")}
    for name, parameter in told.items():
        assert parameter.bounds is not None, name
        assert parameter.note is not None, name
        assert any(word in parameter.note for word in ("estimate", "not fitted", "bounded")), name


def test_the_hold_follows_the_full_mechanism() -> None:
    """The closed form of the initial values, which leaves Step 1 out of the hold, against an integration with it."""
    neat = """
        CdTe_PC + CdSe_MF -> CdTeSe_PC399 + CdTe_MF @ 0.0241
        CdSe_PC -> 2 CdSe_MF @ 0.0859
        species CdTe_PC = 1, CdSe_PC = 1, CdTe_MF = 0.18, CdSe_MF = 0.18
        units time = min
    """
    held = mscnet.simulate(mscnet.loads(neat), 1, points=2)
    mechanism = mscnet.load("cdtese")
    started = mscnet.simulate(mechanism, 1, points=2)
    dilution = mechanism.value_of("dilution")
    for species in ("CdTe_PC", "CdSe_PC", "CdTe_MF", "CdSe_MF"):
        assert started[species][0] / dilution == pytest.approx(held[species][-1], abs=0.008)
