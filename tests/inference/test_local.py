"""Parameters with a value of their own in each experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.inference.objective import build_objective
from mscnet.inference.settings import FitSettings
from tests.inference.objectives import DECAY, data, series

TIME = np.arange(1.0, 15.0)
SECOND = """
experiment second { mix 1 mL stock ; measure a = [A] every 1 min for 20 min }
"""
DATA = (
    data("decay", series("a", TIME, 0.8 * np.exp(-0.2 * TIME), 0.01)),
    data("second", series("a", TIME, 1.3 * np.exp(-0.2 * TIME), 0.01)),
)


def objective(local: Mapping[str, tuple[str, ...]], text: str = DECAY + SECOND, observations: Any = DATA) -> Any:
    return build_objective(mscnet.loads(text), FitSettings(rtol=1e-10, local=local), observations)


@pytest.mark.parametrize("experiments", [(), ("decay", "second")])
def test_two_batches_are_recovered(experiments: tuple[str, ...]) -> None:
    found = objective({"a0": experiments})
    low, high = np.array([p.bounds for p in found.parameters]).T
    start = [np.log(0.1), 1.0, 1.0]
    fit = least_squares(found.residuals, start, jac=lambda u: found.linearised(u)[1], bounds=(low, high))
    assert found.values(fit.x) == pytest.approx({"k": 0.2, "a0_decay": 0.8, "a0_second": 1.3}, rel=1e-6)


def test_elsewhere_the_parameter_is_shared() -> None:
    assert [p.name for p in objective({"a0": ("second",)}).parameters] == ["k", "a0", "a0_second"]


def test_a_rate_constant_may_be_local() -> None:
    found = objective({"k": ("second",)})
    values = {p.name: p.to_value(u) for p, u in zip(found.parameters, [np.log(0.2), 0.8, np.log(0.3)], strict=True)}
    r = found.residuals(np.array([np.log(0.2), 0.8, np.log(0.3)]))
    truth = 0.8 * np.exp(-values["k_second"] * TIME) - 1.3 * np.exp(-0.2 * TIME)
    assert r[len(TIME) :] == pytest.approx(truth / 0.01, rel=1e-6)


def test_a_baseline_may_be_local_and_linear_at_once() -> None:
    text = """units time = min, concentration = mM, volume = mL
    species A ; species B
    parameter k = 0.1 /min in 0.001 .. 10 log
    parameter off = 0 in -1 .. 1
    A -> B @ k
    solution stock { A = 1 mM }
    band A { gaussian center = 400 nm, fwhm = 50 nm, epsilon = 1 /mM/cm }
    instrument { baseline = off }
    experiment one { mix 1 mL stock ; measure od = absorbance(400 nm) every 1 min for 20 min }
    experiment two { mix 1 mL stock ; measure od = absorbance(400 nm) every 1 min for 20 min }
    """
    seen = np.exp(-0.2 * TIME)
    observations = (
        data("one", series("od", TIME, seen + 0.1, 0.01)),
        data("two", series("od", TIME, seen - 0.2, 0.01)),
    )
    settings = FitSettings(rtol=1e-10, local={"off": ()}, linear=("auto",))
    found = build_objective(mscnet.loads(text), settings, observations)
    wanted = {"k": 0.2, "off_one": 0.1, "off_two": -0.2}
    assert found.values(np.array([np.log(0.2)])) == pytest.approx(wanted, rel=1e-6)


ORIGIN = """
experiment aged from decay after 5 min { measure a = [A] every 1 min for 20 min }
"""
AGED = (data("aged", series("a", TIME, 1.3 * np.exp(-0.2 * (TIME + 5.0)), 0.01)),)


def test_a_local_value_holds_for_what_went_before_too() -> None:
    found = objective({"a0": ("aged",)}, DECAY + ORIGIN, (*DATA[:1], *AGED))
    assert [p.name for p in found.parameters] == ["k", "a0", "a0_aged"]
    assert found.residuals(np.array([np.log(0.2), 0.8, 1.3])) == pytest.approx(np.zeros(28), abs=1e-5)


def test_one_sample_has_one_value() -> None:
    found = objective({"a0": ()}, DECAY + ORIGIN, (*DATA[:1], *AGED))
    assert [p.name for p in found.parameters] == ["k", "a0_decay"]


def test_several_parameters_may_be_local_to_what_went_before() -> None:
    found = objective({"a0": ("aged",), "k": ("aged",)}, DECAY + ORIGIN, (*DATA[:1], *AGED))
    r = found.residuals(np.array([np.log(0.2), 0.8, 1.3, np.log(0.2)]))
    assert r == pytest.approx(np.zeros(28), abs=1e-5)


def refused(local: Mapping[str, tuple[str, ...]], message: str, text: str = DECAY + SECOND) -> None:
    with pytest.raises(MechanismError, match=message):
        objective(local, text)


def test_an_unknown_parameter_is_refused() -> None:
    refused({"b0": ()}, "no parameter")


def test_an_unknown_experiment_is_refused() -> None:
    refused({"a0": ("third",)}, "no such experiment")


def test_a_name_that_is_taken_is_refused() -> None:
    refused({"a0": ("second",)}, "there is such a name", DECAY + SECOND + "parameter a0_second = 1\n")


def test_an_experiment_that_sets_the_parameter_itself_is_refused() -> None:
    text = DECAY + SECOND.replace("{ mix", "{ with a0 = 2 mM ; mix")
    refused({"a0": ("second",)}, "sets `a0` itself", text)
