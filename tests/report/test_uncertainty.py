"""What people see of profiles, samples, bootstraps and bands."""

from __future__ import annotations

import numpy as np
import pytest

from mscnet.inference.bootstrap import bootstrap
from mscnet.inference.predict import Band, Bands
from mscnet.inference.profile import profile
from mscnet.inference.samples import Samples
from mscnet.report.bands import plot_bands
from mscnet.report.profiles import bootstrap_table, plot_profiles, profile_table
from mscnet.report.samples import plot_pairs
from tests.inference.test_profile import product, two_steps


def test_an_open_end_stands_in_brackets() -> None:
    table = profile_table(profile(*two_steps(k2=30.0, high=500.0), ["k2"]))
    assert ".. (500)" in table
    assert "An end in brackets is a bound" in table


def test_what_cancels_is_said_below_the_table() -> None:
    assert "ln a by +1, ln b by -1." in profile_table(profile(*product()))


def test_each_profile_has_a_picture_with_its_verdict() -> None:
    figure = plot_profiles(profile(*two_steps(k2=30.0)))
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["identifiable", "practically not identifiable:\nopen to the upper side"]


def test_the_threshold_lines_are_the_quantiles() -> None:
    (ax,) = plot_profiles(profile(*two_steps(), ["k1"])).axes
    levels = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert levels == pytest.approx([0.9889, 3.8415, 6.6349], abs=1e-3)


def test_pairs_have_a_panel_each_below_the_diagonal() -> None:
    toy, _ = product()
    drawn = np.random.default_rng(1).standard_normal((2, 100, 4, 3))
    assert len(plot_pairs(Samples(toy.parameters, drawn, np.zeros((2, 100, 4)))).axes) == 6


def test_a_bootstrap_says_how_many_converged() -> None:
    assert "5 of 5 parametric repeats converged." in bootstrap_table(bootstrap(*two_steps(), 5))


def test_a_band_has_a_picture_with_fit_band_and_data() -> None:
    time = np.linspace(0, 1, 5)
    band = Band("course", "od", "", time, time, time - 0.1, time + 0.1, np.array([[0.5, 0.4]]))
    (ax,) = plot_bands(Bands((band,), 0.95, "covariance", False, 4), "min").axes
    assert (len(ax.collections), len(ax.lines), ax.get_xlabel()) == (1, 2, "time / min")


def test_a_bootstrap_says_what_the_data_do_not_determine() -> None:
    said = bootstrap_table(bootstrap(*two_steps(), 3), unknown=["k2"])
    assert "do not determine `k2`" in said
