"""Which parameters are free, and in what range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FreeParameter
from mscnet.inference.settings import FitSettings
from mscnet.records import replace
from tests.inference.objectives import DECAY, data, series

TIME = np.array([1.0, 2.0, 5.0])
DATA = (data("decay", series("a", TIME, np.exp(-0.1 * TIME), 0.02)),)


def parameters(text: str, observations: Any = DATA, **settings: Any) -> dict[str, FreeParameter]:
    found = build_objective(mscnet.loads(text), FitSettings(**settings), observations).parameters
    return {p.name: p for p in found}


def test_bounds_are_the_range() -> None:
    k = parameters(DECAY)["k"]
    assert (k.lower, k.upper, k.scale, k.start) == (0.001, 10.0, "log", 0.1)


def test_a_value_that_rounding_puts_beyond_its_bound_is_at_it() -> None:
    """So is what a fit that ended at the bound gives, fitted again."""
    beyond = mscnet.loads(DECAY).with_values(k=10.0 * (1 + 1e-14))
    found = build_objective(beyond, FitSettings(), DATA).parameters[0]
    assert (found.name, found.upper) == ("k", 10.0)


def test_positive_bounds_over_a_decade_are_log() -> None:
    assert parameters(DECAY.replace("in 0.001 .. 10 log", "in 0.001 .. 10"))["k"].scale == "log"


def test_bounds_within_a_decade_are_linear() -> None:
    assert parameters(DECAY)["a0"].scale == "linear"


def test_without_value_and_bounds_the_range_is_wide() -> None:
    k = parameters(DECAY.replace("parameter k = 0.1 /min in 0.001 .. 10 log", ""))["k"]
    assert (k.lower, k.upper, k.scale, k.start) == (1e-6, 1e6, "log", None)


def test_a_prior_alone_gives_eight_deviations() -> None:
    a0 = parameters(DECAY.replace("a0 = 1 mM in 0.5 .. 3", "a0 = 1 ± 0.1 mM"))["a0"]
    assert (a0.lower, a0.upper, a0.scale, a0.prior) == (pytest.approx(0.2), pytest.approx(1.8), "linear", (1.0, 0.1))


def test_a_prior_far_from_zero_keeps_its_sign() -> None:
    assert parameters(DECAY.replace("a0 = 1 mM in 0.5 .. 3", "a0 = 1 ± 0.3 mM"))["a0"].lower == 1e-4


def test_a_fixed_parameter_is_not_free() -> None:
    assert list(parameters(DECAY.replace("in 0.001 .. 10 log", "in 0.001 .. 10 log fixed"))) == ["a0"]


def test_one_that_is_kept_by_name_is_not_free() -> None:
    assert list(parameters(DECAY, fixed=("k",))) == ["a0"]


def test_one_that_is_freed_by_name_is_searched_over_decades() -> None:
    k = parameters(DECAY.replace(" in 0.001 .. 10 log", ""), free=("k",))["k"]
    assert (k.lower, k.upper, k.scale) == (pytest.approx(1e-5), pytest.approx(1e3), "log")


def test_what_the_data_do_not_hang_on_is_not_free() -> None:
    more = """
    parameter a1 = 1 mM in 0.5 .. 3
    solution other { A = a1 }
    experiment later { mix 1 mL other ; measure c = [A] every 1 min for 20 min }
    """
    assert list(parameters(DECAY + more)) == ["k", "a0"]


def test_what_only_another_reading_hangs_on_is_not_free() -> None:
    text = DECAY.replace("measure a = [A]", "measure a = [A], s = scale*[B]") + "parameter scale = 1 in 0.1 .. 10\n"
    assert list(parameters(text)) == ["k", "a0"]


def test_a_volume_with_a_prior_is_free() -> None:
    text = DECAY.replace("mix 1 mL stock", "mix v stock ; add 1 mL water") + (
        "solvent water\nparameter v = 1 ± 0.05 mL\n"
    )
    assert parameters(text)["v"].prior == (1.0, 0.05)


def test_a_volume_is_pulled_towards_its_prior() -> None:
    from scipy.optimize import least_squares

    text = DECAY.replace("mix 1 mL stock", "mix v stock ; add 1 mL water").replace("in 0.001 .. 10 log", "fixed")
    text = text.replace("a0 = 1 mM in 0.5 .. 3", "a0 = 1 mM") + "solvent water\nparameter v = 1 ± 0.05 mL\n"
    seen = np.exp(-0.1 * TIME) * 0.6
    found = build_objective(
        mscnet.loads(text), FitSettings(rtol=1e-10), (data("decay", series("a", TIME, seen, 0.02)),)
    )
    fit = least_squares(found.residuals, [1.0], jac=lambda u: found.linearised(u)[1], xtol=1e-14, gtol=1e-14)

    def truth(v: Any) -> Any:
        return np.append((v / (v + 1) * np.exp(-0.1 * TIME) - seen) / 0.02, (v - 1) / 0.05)

    assert fit.x == pytest.approx(least_squares(truth, [1.0], xtol=1e-14, gtol=1e-14).x, rel=1e-6)


def refused(text: str, message: str, observations: Any = DATA, **settings: Any) -> None:
    with pytest.raises(MechanismError, match=message):
        parameters(text, observations, **settings)


def test_an_unknown_name_is_refused() -> None:
    refused(DECAY, "no parameter `kk`", free=("kk",))


def test_free_and_fixed_at_once_is_refused() -> None:
    refused(DECAY, "is to be free and to be kept", free=("k",), fixed=("k",))


def test_a_value_outside_its_bounds_is_refused() -> None:
    model = mscnet.loads(DECAY).with_values(k=100.0)
    with pytest.raises(MechanismError, match="outside its bounds"):
        build_objective(model, FitSettings(), DATA)


def test_nothing_free_is_refused() -> None:
    refused(DECAY, "no free parameter", fixed=("k", "a0"))


def test_nothing_to_fit_to_is_refused() -> None:
    refused(DECAY, "nothing to fit to", ())


def test_an_unknown_experiment_is_refused() -> None:
    refused(DECAY, "no experiment `dekay`", experiments=("dekay",))


def test_data_of_an_unknown_experiment_are_refused() -> None:
    refused(DECAY, "no experiment `other`", (data("other", series("a", TIME, TIME, 0.1)),))


def test_log_bounds_at_zero_are_refused() -> None:
    model = mscnet.loads(DECAY)
    k, a0 = model.parameters
    with pytest.raises(MechanismError, match="log scale"):
        build_objective(replace(model, parameters=(replace(k, bounds=(0.0, 1.0)), a0)), FitSettings(), DATA)


def test_data_that_lie_outside_altogether_are_refused() -> None:
    refused(DECAY, "no value of `a`", (data("decay", series("a", TIME + 100, TIME, 0.1)),))


def test_a_standard_deviation_of_zero_is_refused() -> None:
    refused(DECAY, "standard deviation", (data("decay", series("a", TIME, TIME, 0.0)),))


def test_experiments_that_cannot_be_run_are_refused() -> None:
    text = DECAY.replace("mix 1 mL stock", "mix 1 mL stock ; take 2 mL")
    refused(text, "cannot be run")


def test_the_middle_of_a_log_range_is_where_one_begins() -> None:
    from mscnet.inference.free import first_value

    assert first_value(FreeParameter("k", 1e-4, 1e2, "log")) == pytest.approx(0.1)


def test_numbers_that_nothing_is_a_reading_of_are_nothing_to_fit_to() -> None:
    from mscnet.experiment.observations import Observations, ObservedNumber

    refused(DECAY, "half_life", (Observations("decay", "d", numbers=(ObservedNumber("half_life", {}, 3.0, 0.1, 1),)),))


def test_from_a_single_value_no_error_is_estimated() -> None:
    refused(DECAY, "from a single value", (data("decay", series("a", TIME[:1], TIME[:1])),))


def test_from_zeros_no_error_is_estimated() -> None:
    refused(DECAY, "from zeros alone", (data("decay", series("a", TIME, 0.0 * TIME)),))


def test_the_clock_of_the_instrument_is_not_fitted() -> None:
    text = (
        DECAY.replace("measure a = [A]", "measure a = absorbance(400 nm)")
        + """
    band A { gaussian center = 400 nm, fwhm = 20 nm, epsilon = 1 /mM/cm }
    instrument { time_zero = zero }
    parameter zero = 0.1 min in 0 .. 1
    """
    )
    refused(text, "time_zero")


def test_the_amount_of_what_leads_nowhere_is_not_free() -> None:
    text = DECAY.replace("species A ; species B", "species A ; species B ; species C")
    text = text.replace("{ A = a0 }", "{ A = a0 ; C = c0 }") + "parameter c0 = 1 mM in 0.5 .. 3\n"
    assert list(parameters(text)) == ["k", "a0"]


def test_the_amount_of_what_reacts_is_free() -> None:
    text = DECAY.replace("species A ; species B", "species A ; species B ; species C") + "C + A -> B @ 0.1 /mM/min\n"
    text = text.replace("{ A = a0 }", "{ A = a0 ; C = c0 }") + "parameter c0 = 1 mM in 0.5 .. 3\n"
    assert list(parameters(text)) == ["k", "a0", "c0"]


def test_a_constant_without_a_value_that_leads_nowhere_does_no_harm() -> None:
    assert list(parameters(DECAY + "species D\nB -> D @ k9\n")) == ["k", "a0"]
