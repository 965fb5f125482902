"""Fits as text and as pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet.inference.problem import FreeParameter, Term
from mscnet.inference.result import FitResult, Start
from mscnet.inference.settings import FitSettings
from mscnet.records import replace
from mscnet.report.fit import fit_text, groups_of, value_with_error
from mscnet.report.fit_plots import plot_residuals, plot_waterfall


def result(costs=(1.0, 1.0, 5.0), terms=None, residuals=None, covariance=None, values=None):
    """A made-up result of two parameters."""
    parameters = (FreeParameter("k1", 1e-2, 1e2, "log", unit="/min"), FreeParameter("b", 0.0, 1.0, unit_factor=0.1))
    theta = np.array([math.log(0.5), 0.25])
    terms = terms or tuple(Term("datum", "x.csv", "fig1(v = 1)", "od", float(t), sigma=0.1) for t in range(4))
    starts = tuple(Start(i + 1, theta, theta, 10.0, cost, 7, 0.1) for i, cost in enumerate(costs))
    return FitResult(
        mscnet.loads("A -> B @ k1"), FitSettings(), parameters, theta, values or {"k1": 0.5, "b": 0.25},
        np.diag([0.01, 0.04]) if covariance is None else covariance, terms,
        np.array([1.0, -1.0, 1.0, 2.0]) if residuals is None else residuals, 3.0, starts,
        provenance={"mechanism": "made", "pathway": "up"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.10341, 0.00214, "0.1034 ± 0.0021"),
        (1234.5, 12.0, "1234 ± 12"),
        (0.05262, 419.0, "0.05262 ± 4.2e+02"),
        (2.5e-7, 1e-8, "(2.50 ± 0.10)e-07"),
        (-3.14159, 0.1, "-3.14 ± 0.10"),
        (0.5, math.nan, "0.5"),
        (0.0, 0.1, "0 ± 0.1"),
    ],
)
def test_values_have_the_digits_that_their_errors_leave(value, error, text) -> None:
    assert value_with_error(value, error) == text


def test_errors_of_a_logarithmic_value_are_in_proportion_to_it() -> None:
    assert result().errors == pytest.approx({"k1": 0.05, "b": 0.2})


def test_values_are_shown_in_the_unit_of_the_file() -> None:
    row = next(line for line in fit_text(result()).splitlines() if line.startswith("b "))
    assert row.split()[1:4] == ["2.5", "±", "2.0"]


def test_what_is_not_determined_says_so() -> None:
    text = fit_text(result(covariance=np.full((2, 2), np.nan)))
    assert text.count("not determined") == 2


def test_residuals_are_told_in_the_units_of_the_reading() -> None:
    [group] = groups_of(result())
    assert (group.name, group.count, group.missed) == ("fig1 od", 4, 1)
    assert group.rms == pytest.approx(math.sqrt(7 / 4))
    assert group.rms_value == pytest.approx(0.1 * group.rms)


def test_an_estimated_error_scales_the_residuals_of_its_reading() -> None:
    terms = tuple(Term("datum", "x.csv", "fig1", "od", float(t)) for t in range(4))
    [group] = groups_of(result(terms=terms, values={"k1": 0.5, "b": 0.25, "noise(od)": 0.02}))
    assert group.rms_value == pytest.approx(0.02 * group.rms)


def test_starts_at_the_best_cost_are_counted() -> None:
    assert "3 starts, 2 of them at the best cost" in fit_text(result())


def test_priors_are_no_terms_of_the_likelihood() -> None:
    made = result(terms=(*result().terms[:3], Term("prior", "b")))
    assert (made.n, made.k) == (3, 2)
    assert made.log_likelihood == pytest.approx(3.0 - 1.5)


def test_a_value_that_was_projected_out_counts_as_fitted() -> None:
    made = result(values={"k1": 0.5, "b": 0.25, "e371": 12.0})
    assert made.k == 3
    assert "projected out" in fit_text(made)


def drawn(ax):
    """The points of an axis, all lines together."""
    return np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in ax.lines])


def test_the_waterfall_shows_costs_in_order() -> None:
    costs, _ = plot_waterfall(result(costs=(5.0, 1.0, 900.0))).axes
    assert costs.lines[0].get_ydata().tolist() == [1.0, 5.0, 900.0]
    assert costs.get_yscale() == "log"


def test_the_waterfall_leaves_out_what_could_not_be_run() -> None:
    costs, _ = plot_waterfall(result(costs=(1.0, 1e17))).axes
    assert costs.lines[0].get_ydata().tolist() == [1.0]
    assert "1 could not be run" in costs.texts[0].get_text()


def test_every_residual_of_a_reading_is_drawn() -> None:
    [ax] = plot_residuals(result()).axes
    assert {1.0, -1.0, 2.0} <= set(drawn(ax).tolist())


def test_facts_are_bars_the_largest_first() -> None:
    terms = tuple(Term("equality", name, "fig1") for name in "abcd")
    [ax] = plot_residuals(result(terms=terms, residuals=np.array([0.1, -3.0, 1.0, 0.0]))).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["fig1: b", "fig1: c", "fig1: a", "fig1: d"]


def test_a_fit_of_priors_alone_is_drawn_too() -> None:
    terms = (Term("prior", "b"),) * 4
    assert plot_residuals(result(terms=terms)).axes


@pytest.mark.parametrize(
    ("loss", "degrees", "r"), [("normal", 4.0, 0.5), ("student", 4.0, math.sqrt(5 * math.log(1.0625)))]
)
def test_errors_that_grow_with_the_signal_are_undone(loss, degrees, r) -> None:
    # the model is 2.0 and its error 0.1, of 0.06 and 0.04 × 2.0: half of it is 0.05
    terms = (Term("datum", "x.csv", "fig1", "od", 0.0, observed=1.95),)
    made = result(terms=terms, residuals=np.array([r]), values={"noise(od)": 0.06, "relative_noise(od)": 0.04})
    settings = FitSettings(error_model="proportional", loss=loss, degrees=degrees)
    [group] = groups_of(replace(made, settings=settings))
    assert group.rms_value == pytest.approx(0.05)


def test_a_value_at_its_bound_is_told_beside_the_errors_of_others() -> None:
    made = replace(result(), theta=np.array([math.log(0.5), 1.0]))
    assert "errors of the others are as if b was known" in fit_text(made)
