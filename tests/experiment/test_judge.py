"""Facts judged on curves whose features analysis gives."""

import math

import numpy as np
import pytest

from mscnet.diagnostics import MechanismError
from mscnet.experiment.judge import judge
from mscnet.experiment.results import Spectra
from mscnet.mechanism.expression import Product, Symbol
from mscnet.mechanism.facts import Course, Fact
from mscnet.records import replace
from mscnet.simulation.status import Status
from tests.experiment.judging import (
    TIME,
    condition,
    course_fact,
    experiment,
    fact,
    feature,
    loop_run,
    model,
    number,
    reading,
    run_of,
    species,
    verdict,
    window,
)

GROWTH = 1 - np.exp(-0.3 * TIME)
DECAY = np.exp(-0.3 * TIME)
STATES = {"A": DECAY, "B": GROWTH}


def single(curve=GROWTH, states=STATES, mechanism=None, **known):
    mechanism = mechanism or model(**known)
    return run_of(mechanism, condition(experiment(), mechanism, curve, states))


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "passed", "margin"), [(2.31, True, 0.995), (2.8, True, 0.51), (3.4, False, -0.09), (1.0, False, -0.31)]
)
def test_an_equality_lies_so_many_tolerances_inside(expected, passed, margin):
    found = verdict(single(), fact("=", feature("half_time"), values=[expected], tolerance=1.0))
    assert found.passed == passed
    assert found.margin == pytest.approx(1 - abs(math.log(2) / 0.3 - expected), abs=1e-3)
    assert found.margin == pytest.approx(margin, abs=0.01)


def test_the_value_is_that_of_the_model():
    found = verdict(single(), fact("=", feature("half_time"), values=[2], tolerance=1))
    assert (found.value, found.expected, found.unit) == (pytest.approx(math.log(2) / 0.3, abs=1e-4), 2.0, "min")


def test_a_time_is_known_no_better_than_half_the_time_between_readings():
    found = verdict(single(), fact("=", feature("half_time"), values=[2.8], tolerance=0.1))
    assert (found.tolerance, found.passed) == (0.5, True)


def test_a_value_is_known_as_well_as_it_is_stated():
    assert verdict(single(), fact("=", feature("max"), values=[0.9], tolerance=0.05)).tolerance == 0.05


def test_a_relative_tolerance_is_a_share_of_what_is_expected():
    found = verdict(single(), fact("=", feature("final"), values=[0.8], tolerance=0.1, relative=True))
    assert (found.tolerance, found.passed) == (pytest.approx(0.08), False)


def test_a_list_of_values_has_one_for_each_condition():
    run = loop_run(model(), [0.2, 0.4, 0.6])
    found = judge(run.model, [fact("=", feature("final"), values=[0.2, 0.4, 0.7], tolerance=0.01)], run)
    assert [(v.experiment, v.expected, v.passed) for v in found] == [
        ("e(v = 1)", 0.2, True), ("e(v = 2)", 0.4, True), ("e(v = 3)", 0.7, False),
    ]  # fmt: skip


def test_a_list_of_the_wrong_length_is_refused():
    run = loop_run(model(), [0.2, 0.4, 0.6])
    with pytest.raises(MechanismError, match="2 values for 3 conditions"):
        judge(run.model, [fact("=", feature("final"), values=[0.2, 0.4], tolerance=0.01)], run)


def test_a_value_may_depend_on_the_loop_variable():
    run = loop_run(model(), [0.2, 0.4])
    stated = fact("=", feature("final"), tolerance=0.01)
    values = (Product((number(0.2), Symbol("v", "loop"))),)
    assert all(v.passed for v in judge(run.model, [replace(stated, values=values)], run))


def test_all_problems_are_told_together():
    run = single()
    wrong = [fact("=", feature("max", reading(name)), values=[1]) for name in ("x", "y")]
    with pytest.raises(MechanismError) as error:
        judge(run.model, wrong, run)
    assert len(error.value.diagnostics) == 2


def test_an_unknown_value_of_a_condition_is_refused():
    run = loop_run(model(), [0.2, 0.4])
    with pytest.raises(MechanismError, match="no condition of `e`"):
        judge(run.model, [fact("=", feature("final", at=[7]), values=[1])], run)


def test_a_condition_may_be_named():
    run = loop_run(model(), [0.2, 0.4])
    found = verdict(run, fact("=", feature("final", at=[2]), values=[0.4], tolerance=0.01))
    assert (found.experiment, found.passed) == ("e(v = 2)", True)


def test_a_value_that_there_is_not_fails():
    found = verdict(single(), fact("=", feature("time_to", None, 7), values=[1], tolerance=1))
    assert (found.passed, math.isnan(found.margin), "never reached" in found.sentence) == (False, True, True)


# --- comparisons ---------------------------------------------------------------------------------


def two_experiments(a, b):
    mechanism = model()
    done = [condition(experiment(n), mechanism, curve, STATES) for n, curve in (("a", a), ("b", b))]
    return run_of(mechanism, *done)


def test_two_experiments_are_compared():
    run = two_experiments(GROWTH, 1 - np.exp(-0.1 * TIME))
    halves = [feature("time_to", None, 0.5, experiment=e, relative=True) for e in ("a", "b")]
    found = verdict(run, fact("<", *halves, experiment=None, compared=True))
    assert (found.passed, found.experiment) == (True, "a, b")


def test_the_margin_of_an_inequality_is_over_a_tenth_of_the_larger_side():
    run = two_experiments(0.5 * GROWTH, GROWTH)
    features = [feature("final", experiment=e) for e in ("a", "b")]
    found = verdict(run, fact("<", *features, experiment=None, compared=True))
    assert found.margin == pytest.approx(5.0, rel=1e-6)


def test_the_margin_of_an_inequality_is_negative_where_it_fails():
    run = two_experiments(GROWTH, 0.5 * GROWTH)
    features = [feature("final", experiment=e) for e in ("a", "b")]
    found = verdict(run, fact("<", *features, experiment=None, compared=True))
    assert (found.passed, found.margin) == (False, pytest.approx(-5.0, rel=1e-6))


def test_experiments_over_the_same_values_are_compared_value_by_value():
    mechanism = model()
    one, two = loop_run(mechanism, [1, 2], name="a"), loop_run(mechanism, [2, 1], name="b")
    run = run_of(mechanism, *one.conditions, *two.conditions)
    features = [feature("final", experiment=e) for e in ("a", "b")]
    found = judge(mechanism, [fact("<", *features, experiment=None, compared=True)], run)
    assert [v.passed for v in found] == [True, False]


def test_experiments_over_different_values_do_not_go_together():
    mechanism = model()
    one, two = loop_run(mechanism, [1, 2], name="a"), loop_run(mechanism, [2, 1], name="b", variable="w")
    run = run_of(mechanism, *one.conditions, *two.conditions)
    features = [feature("final", experiment=e) for e in ("a", "b")]
    with pytest.raises(MechanismError, match="do not go together"):
        judge(mechanism, [fact("<", *features, experiment=None, compared=True)], run)


# --- over conditions -----------------------------------------------------------------------------


@pytest.mark.parametrize(("heights", "passed"), [([1, 2, 3], True), ([1, 3, 2], False), ([1, 1, 2], False)])
def test_a_feature_that_increases_with_a_variable(heights, passed):
    found = verdict(loop_run(model(), heights), fact("increases", feature("max"), variable="v"))
    assert (found.passed, found.experiment) == (passed, "e")


def test_conditions_are_in_the_order_of_the_variable():
    run = loop_run(model(), [1, 2, 3])
    run = replace(run, conditions=run.conditions[::-1])
    assert verdict(run, fact("increases", feature("max"), variable="v")).passed


@pytest.mark.parametrize(("heights", "r2"), [([1, 2, 3], 1.0), ([1, 2, 4], 1 - (1 / 6) / (14 / 3))])
def test_linear_gives_the_coefficient_of_determination(heights, r2):
    found = verdict(loop_run(model(), heights), fact("linear", feature("max"), values=[0.99], variable="v"))
    assert found.value == pytest.approx(r2)
    assert (found.passed, found.margin) == (r2 > 0.99, pytest.approx((r2 - 0.99) / 0.01))


@pytest.mark.parametrize(("heights", "margin"), [([1, 1.1], 0.5238), ([1, 1.4], -0.6667)])
def test_a_feature_that_does_not_depend_on_a_variable(heights, margin):
    stated = fact("independent", feature("final"), tolerance=0.1, relative=True, variable="v")
    assert verdict(loop_run(model(), heights), stated).margin == pytest.approx(margin, abs=1e-3)


def test_a_variable_that_is_no_loop_is_refused():
    run = loop_run(model(), [1, 2])
    with pytest.raises(MechanismError, match="no loop variable"):
        judge(run.model, [fact("increases", feature("max"), variable="w")], run)


# --- courses -------------------------------------------------------------------------------------


def test_a_course_that_rises_all_the_time():
    found = verdict(single(), course_fact("increases"))
    assert (found.passed, found.margin) == (True, 1.0)


def test_a_course_that_falls_back_does_not_increase():
    assert not verdict(single(GROWTH - 0.02 * TIME), course_fact("increases")).passed


def test_a_window_is_the_part_that_counts():
    run = single(GROWTH - 0.02 * TIME)
    assert verdict(run, course_fact("increases", window=window(0, 5))).passed


def test_a_dip_within_the_noise_is_none():
    run = single(GROWTH - 0.003 * (TIME > 40), noise=0.004)
    assert verdict(run, course_fact("increases")).passed


@pytest.mark.parametrize(("tolerance", "passed"), [(0.3, False), (0.51, True)])
def test_a_course_is_constant_within_its_tolerance(tolerance, passed):
    assert verdict(single(), course_fact("constant", tolerance=tolerance)).passed == passed


def test_a_window_without_readings_is_refused():
    run = single()
    with pytest.raises(MechanismError, match="no reading from 70 to 80 min"):
        judge(run.model, [course_fact("increases", window=window(70, 80))], run)


@pytest.mark.parametrize(("relation", "limit", "passed"), [("never", 0.99, False), ("never", 1.01, True)])
def test_never_above_a_limit(relation, limit, passed):
    found = verdict(single(), course_fact(relation, species("B"), values=[limit], comparison=">"))
    assert (found.passed, found.value) == (passed, pytest.approx(1.0, abs=1e-6))


@pytest.mark.parametrize(("limit", "passed"), [(0.5, False), (-0.1, True)])
def test_always_above_a_limit(limit, passed):
    assert verdict(single(), course_fact("always", species("B"), values=[limit], comparison=">")).passed == passed


def test_never_looks_at_times_before_the_measurement():
    run = single()
    one = run.conditions[0]
    early = replace(one.stretches[0], states=one.stretches[0].states * 5)
    run = replace(run, conditions=(replace(one, stretches=(early, *one.stretches)),))
    found = verdict(run, course_fact("never", species("B"), values=[2], comparison=">"))
    assert (found.passed, found.value) == (False, pytest.approx(5.0, rel=1e-6))


@pytest.mark.parametrize(
    ("relation", "limit", "when", "passed"),
    [("present", 0.03, 0.5, True), ("absent", 0.01, 0.5, False), ("absent", 0.01, 0.0, True)],
)
def test_present_or_absent_at_a_moment(relation, limit, when, passed):
    stated = course_fact(relation, values=[limit], window=window(when, when))
    assert verdict(single(), stated).passed == passed


def test_a_first_order_course_is_told_from_others():
    induced = 1 - (1 + TIME / 5) * np.exp(-TIME / 5)
    stated = course_fact("not_first_order", tolerance=0.01)
    assert [verdict(single(curve), stated).passed for curve in (GROWTH, induced)] == [False, True]


def test_sums_of_courses_are_courses():
    found = verdict(single(), course_fact("constant", total(), tolerance=1e-6))
    assert found.passed


def total():
    from mscnet.mechanism.expression import Sum

    return Sum((species("A"), species("B")))


# --- flat maxima ---------------------------------------------------------------------------------


def test_the_time_of_a_flat_maximum_has_a_range():
    run = single(1 - ((TIME - 20) / 10) ** 2, noise=0.04)
    found = verdict(run, fact("=", feature("time_of_max"), values=[21], tolerance=0.5))
    assert (found.within, found.passed) == (pytest.approx((18.0, 22.0), abs=1e-3), False)
    assert "the time seen is in it" in found.sentence


# --- trivially met -------------------------------------------------------------------------------


def test_a_species_that_nothing_makes_is_absent_trivially():
    found = verdict(single(), course_fact("never", species("D"), values=[0.1], comparison=">"))
    assert (found.passed, found.trivial) == (True, True)


def test_a_species_that_is_made_but_stays_low_is_no_trivial_case():
    found = verdict(single(0 * TIME, {"A": DECAY, "B": 0.001 * GROWTH}), course_fact("absent", values=[0.01]))
    assert (found.passed, found.trivial) == (True, False)


def test_a_reading_of_what_cannot_form_is_trivial():
    run = single(0 * TIME, {"A": 1 + 0 * TIME}, mechanism=model(bands=("D",)))
    assert verdict(run, course_fact("absent", values=[0.01])).trivial


@pytest.mark.parametrize(("k2", "trivial"), [(0.0, True), (0.5, False)])
def test_an_effect_that_is_zero_by_hand_is_trivial(k2, trivial):
    states = {"C": 1 + 0 * TIME}  # D may be far below what anyone would see
    run = single(0 * TIME, states, mechanism=model(bands=("D",), k2=k2))
    found = verdict(run, course_fact("never", species("D"), values=[0.1], comparison=">"))
    assert (found.passed, found.trivial) == (True, trivial)


@pytest.mark.parametrize(("medium", "trivial"), [(0.0, True), (1.0, False)])
def test_a_branch_of_nothing_switches_a_step_off(medium, trivial):
    text = "species A\nspecies B\nparameter medium\nk = if(medium > 1/2, 0.3, 0)\nA -> B @ k\n"
    run = single(0 * TIME, {"A": 1 + 0 * TIME}, mechanism=model(text, medium=medium))
    assert verdict(run, course_fact("absent", values=[0.01])).trivial == trivial


def test_what_fails_is_never_trivial():
    found = verdict(single(), course_fact("present", species("D"), values=[0.1]))
    assert (found.passed, found.trivial) == (False, False)


def test_less_than_something_is_trivial_where_the_lesser_cannot_be():
    features = feature("max", species("D")), feature("max", species("B"))
    assert verdict(single(), fact("<", *features, compared=True)).trivial


# --- isosbestic points ---------------------------------------------------------------------------


def test_an_isosbestic_point_is_where_two_bands_are_equal():
    pytest.importorskip("mscnet.experiment.isosbestic")
    wavelength = np.arange(340.0, 440.5, 1.0)
    a, b = (np.exp(-(((wavelength - c) / 12) ** 2)) for c in (371, 399))
    seen = Spectra("s", TIME, wavelength, DECAY[:, None] * a + GROWTH[:, None] * b)
    mechanism = model("units volume = mL, time = min\nspecies A\nspecies B\nA -> B @ 0.3\n")
    run = run_of(mechanism, condition(experiment(), mechanism, GROWTH, STATES, spectra={"s": seen}))
    stated = Fact("iso", "isosbestic", "e", values=(number(385e-7),), tolerance=number(1e-7), window=window(1, 30))
    found = verdict(run, stated)  # lengths of the file are in cm
    assert (found.passed, found.value, found.unit) == (True, pytest.approx(385.0, abs=0.01), "nm")


# --- what could not be run -----------------------------------------------------------------------


def test_an_experiment_that_stopped_fails_its_facts():
    run = single()
    stopped = replace(run.conditions[0], status=Status.NOT_FINITE, trouble="r1 is not finite at 3 min")
    found = verdict(replace(run, conditions=(stopped,)), fact("=", feature("max"), values=[1]))
    assert (found.passed, found.finished, "r1 is not finite" in found.sentence) == (False, False, True)


def test_facts_of_an_experiment_that_was_not_run_are_refused():
    run = single()
    with pytest.raises(MechanismError, match="`other` was not run"):
        judge(run.model, [fact("=", feature("max"), values=[1], experiment="other")], run)


def test_a_verdict_keeps_the_curve_that_it_was_judged_on():
    found = verdict(single(), fact("=", feature("max"), values=[1], tolerance=0.1))
    assert np.array_equal(found.curves[0].values, GROWTH)


def test_a_course_may_be_compared_with_another():
    stated = Fact("x", "never", "e", courses=(Course(species("A")), Course(species("B"))), comparison=">")
    assert not verdict(single(), stated).passed  # at the start there is A alone
