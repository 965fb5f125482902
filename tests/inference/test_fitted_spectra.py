"""Fits with free spectra: what they count for, and their files."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet.experiment.observations import Observations, ObservedSpectra
from mscnet.inference.comparison import Comparison
from mscnet.inference.nested import at_the_edge

WAVELENGTH = np.arange(380.0, 521.0, 10.0)
TWO = """
units time = min, concentration = mM, volume = mL
species A ; species B ; species C
parameter k1 = 0.2 /min in 1e-3 .. 10 log
parameter k2 = 0.1 /min in 1e-3 .. 10 log
pathway one { a: A -> B @ k1 }
pathway chain { a: A -> B @ k1
  b: B -> C @ k2 }
solution stock { A = 1 mM }
experiment uv { mix 1 mL stock ; measure s = spectrum(380 nm .. 520 nm step 10 nm) every 2 min for 20 min }
data uv "uv.csv"
"""


def observations() -> Observations:
    """A -> B with k1 = 0.3 /min and noise of 0.01."""
    time = np.arange(0.0, 21.0, 2.0)
    a = np.exp(-0.3 * time)
    pure = np.exp(-(((WAVELENGTH - np.array([[400.0], [460.0]])) / 30.0) ** 2))
    seen = np.stack([a, 1 - a], axis=1) @ pure + 0.01 * np.random.default_rng(1).normal(size=(11, WAVELENGTH.size))
    unknown, ones = np.full(seen.shape, np.nan), np.ones(len(time), int)
    return Observations("uv", "here", (), (ObservedSpectra("s", {}, time, WAVELENGTH, seen, unknown, ones),))


@cache
def compared() -> Comparison:
    return mscnet.compare(mscnet.loads(TWO), starts=2, jobs=1, free_spectra=True, observations=[observations()])


def test_each_value_of_a_spectrum_counts_as_fitted() -> None:
    # one: k1, noise, two spectra; in it C cannot form.  chain: k2 and a spectrum more
    counted = {r.pathway: r.criteria.parameters for r in compared().ranked}
    assert counted == {"one": 2 + 2 * WAVELENGTH.size, "chain": 3 + 3 * WAVELENGTH.size}


def test_a_species_with_a_spectrum_of_its_own_is_no_free_gift() -> None:
    assert (compared().best.pathway, compared().ranked[1].delta > 10) == ("one", True)


def test_values_that_are_at_no_edge_add_to_the_degrees_of_freedom() -> None:
    from scipy.stats import chi2

    exact = 0.5 * (chi2.sf(40.0, 15) + chi2.sf(40.0, 16))
    assert at_the_edge(40.0, 16, 15) == pytest.approx((exact, exact), rel=1e-12)


def test_spectra_are_written_and_read_back(tmp_path: Path) -> None:
    fit = compared().fits["one"]
    assert fit.spectra is not None
    assert {"spectra.csv", "spectra.png"} <= set(fit.save(tmp_path))
    with open(tmp_path / "spectra.csv", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["wavelength (nm)", "A (/mM/cm)", "B (/mM/cm)", "C (/mM/cm)"]
    table = np.array(rows[1:], dtype=float)
    assert np.array_equal(table[:, 1:].T, fit.spectra.absorptivity)
    again = mscnet.load_fit(tmp_path)
    assert again.spectra is not None
    assert (again.k, np.array_equal(again.spectra.absorptivity, table[:, 1:].T)) == (fit.k, True)


def test_spectra_of_an_earlier_fit_do_not_stay_in_its_folder(tmp_path: Path) -> None:
    fit = compared().fits["one"]
    fit.save(tmp_path)
    mscnet.fit(mscnet.loads(TWO.replace("species C", "species C\nband A { gaussian center = 400 nm, fwhm = 40 nm, "
               "epsilon = 1 /mM/cm }")), starts=1, jobs=1, observations=[observations()]).save(tmp_path)  # fmt: skip
    assert not list(tmp_path.glob("spectra.*"))
