"""Facts as residuals of rows: each row's are the margins that `judge` gives, with true derivatives."""

from __future__ import annotations

import math
import pickle
from functools import cache

import numpy as np
import pytest

import mscnet
from mscnet.experiment.bench import Bench
from mscnet.experiment.judge import judge
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.refine import HOLD_POINTS, refined
from mscnet.experiment.rows import RowRun, stacked
from mscnet.inference.fact_terms import LARGE, UNDEFINED, FactTerms
from mscnet.inference.problem import FAILED
from mscnet.records import replace

#: A family of a few species, with everything that facts may ask of it.
TEXT = """units time = min, concentration = mM, volume = mL
species A ; species B "intermediate" ; species C ; species D ; species water
parameter k1 = 0.3 /min in 0.01 .. 3 log
parameter k2 = 0.05 /min in 0.001 .. 1 log
parameter k3 = 0 /min
parameter eB = 2 /mM/cm in 0.1 .. 10 log
parameter eC = 1 /mM/cm in 0.1 .. 10 log
parameter tail = 30 min in 10 .. 50
step1: A -> B @ k1
step2: B -> C @ k2
step3: A -> D @ k3
band B { gaussian center = 371 nm, fwhm = 20 nm, epsilon = eB }
band C { gaussian center = 399 nm, fwhm = 20 nm, epsilon = eC }
instrument { noise = 0.004 ; baseline = 0.01 }
observable both = eB*1 cm*[B] + 0.1*eC*1 cm*[C] + 0.02
observable odd = [B]^2/([A] + [B] + [C])
solution stock { A = 1 mM }
liquid water { density = 1 g/mL ; molar_mass = 18 g/mol }

experiment chain(v) for v in 1, 2, 3 mL {
    mix v stock
    add (4 mL - v) water
    measure od = absorbance(371 nm), [B], both every 5 min for 60 min
}
experiment scan {
    mix 2 mL stock + 2 mL water
    hold 2 min
    measure uv = spectrum(340 nm .. 430 nm step 2 nm), od = absorbance(371 nm) every 2 min for 60 min
}
"""
EXPECT = {
    "values": "chain { max(od) = 0.35, 0.70, 1.1 ± 0.01 ; time_of_max([B]) = 15 min ± 1 min ; final(both) = 0.3 }",
    "grid": "chain { time_of_max([B]) = 8 min ± 0.1 min ; half_time(band(C, 399 nm)) = 25 min ± 5% }",
    "shares": "{ final(chain(1 mL).od) = final(chain(2 mL).od) ± 10% ; max(scan.od)/max(chain.od) = 2 ± 0.5 }",
    "bounds": "chain { max(od) < 0.3 ; mean(both) > 0.1 ; slope([C], 5 min, 20 min) > 0.01 }",
    "sides": "chain { fall([B]) >= 0.3*max([B]) ; min([A]) < 0.1*initial([A]) }",
    "windows": "chain { max([B]) < 0.1 over 7 min .. 11 min ; present([B], 0.2) at 3 min ; absent([C], 0.1) at 9 min }",
    "variable": "chain { max(od) increases with v ; time_of_max(od) decreases with v ; linear(max(od), v, r2 > 0.99) }",
    "alike": "chain { final(od) does not depend on v ± 10% ; half_time([C]) is constant ; max([B]) is constant }",
    "course": "chain { od increases over 0 min .. 20 min ; [B] decreases over 3 min .. 60 min ; [A] is constant }",
    "always": "chain { never [D] > 1 uM ; never [B] > 9 uM ; always [A] > [B] ; always od < 0.5 over 5 min .. 9 min }",
    "odd": "chain { max(odd) = 0.3 ± 0.02 ; settles(odd, 5%) < 9 min ; reaches([C], 10%) < 20 min ; rise(odd) > 1 }",
    "first order": "chain { not_first_order(od), residual > 0.2 ; not_first_order([C]), residual > 0.5 }",
    "never there": "chain { time_to([C], 0.1 mM) = 5 min ± 1 min }",
    "crossing": "scan { isosbestic(386 nm ± 1 nm) over 10 min .. 60 min ; isosbestic(388 nm ± 2 nm) }",
    "no spectra": "chain(2 mL) { isosbestic(386 nm ± 2 nm) over 10 min .. 60 min }",
    "rate control": "chain(1 mL) { rate_determining(step1) ; rate_determining(step2) }",
    "free window": "chain { max([C]) = 0.1 ± 0.05 over 0 min .. tail ; at([C], tail) > 0.5 }",
    "free numbers": "chain { max(od) = 0.2*eB*1 mM*1 cm ± 0.01*eB*1 mM*1 cm ; time_of_max(od) < 0.2*tail }",
}  # fmt: skip
#: Rows of k1, k2, eB, eC, tail.
NAMES = ("k1", "k2", "eB", "eC", "tail")
ROWS = np.array([[0.3, 0.05, 2.0, 1.0, 30.0], [0.9, 0.02, 1.0, 3.0, 21.3], [0.12, 0.2, 4.0, 1.6, 44.0]])


def model(*facts, text=TEXT):
    return mscnet.loads(text + "\n".join("expect " + EXPECT.get(fact, fact) for fact in facts))


def runs_of(mechanism, rows=ROWS, names=NAMES):
    bench = Bench(refined(mechanism), rtol=1e-8)
    made = [
        bench.run(dict(zip(names, row.tolist(), strict=True)), ledger=False, hold_points=HOLD_POINTS) for row in rows
    ]
    return stacked(refined(mechanism), names, rows, made)


def expected(mechanism, run, row):
    """The residuals that the verdicts on one row stand for, ``nan`` where they have no value."""
    judged = judge(mechanism.with_values(dict(zip(run.names, run.rows[row].tolist(), strict=True))), run=run.run(row))
    return judged, np.array([
        1 - v.margin if v.fact.relation in ("=", "isosbestic") else np.maximum(0.0, -v.margin) for v in judged
    ])  # fmt: skip


@pytest.mark.parametrize("kind", EXPECT)
def test_every_row_has_the_residuals_of_its_verdicts(kind):
    mechanism = model(kind)
    run, terms = runs_of(mechanism), FactTerms(mechanism)
    found = terms.residuals(run)
    for row in range(len(run)):
        judged, want = expected(mechanism, run, row)
        there = np.isfinite(want)
        assert [t.condition for t in terms.terms] == [v.experiment for v in judged]
        assert np.abs(found[row])[there] == pytest.approx(want[there], rel=1e-6, abs=1e-6)
        assert np.isfinite(found[row]).all()


@pytest.mark.parametrize("kind", EXPECT)
def test_a_single_row_and_row_0_of_a_tangent_are_the_same(kind):
    mechanism = model(kind)
    run, terms = runs_of(mechanism), FactTerms(mechanism)
    whole = terms.residuals(run)[0]
    assert terms.residuals(runs_of(mechanism, ROWS[:1]))[0] == pytest.approx(whole, rel=1e-6, abs=1e-6)
    assert terms.residuals(replace(run, steps=np.ones(2)))[0] == pytest.approx(whole, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in EXPECT if kind not in ("rate control", "free window")])
def test_derivatives_are_those_that_differences_tend_to(kind):
    mechanism = model(kind)
    bench, terms = ManyBench(mechanism, NAMES, hold_points=HOLD_POINTS, rtol=1e-9, tested=True), FactTerms(mechanism)
    run = bench.with_derivatives(ROWS[0])
    found = terms.residuals(run)
    slopes = (found[1:] - found[:1]) / run.steps[:, None] * ROWS[0][:, None]
    h = 1e-4
    up, down = (terms.residuals(bench.perform(ROWS[0] * np.exp(d * np.eye(5)))) for d in (h, -h))
    scale = 1 + np.abs(found[0])
    assert slopes / scale == pytest.approx((up - down) / (2 * h) / scale, rel=2e-3, abs=2e-3)


@cache
def shipped(pathway):
    mechanism = mscnet.load("cdtese").with_pathway(pathway)
    free = [p for p in mechanism.parameters if p.free]
    rng = np.random.default_rng(len(pathway))
    rows = np.array([[p.value for p in free]] * 3)
    rows[1:] *= np.exp(0.3 * rng.normal(size=rows[1:].shape))
    rows = np.clip(rows, [p.bounds[0] for p in free], [p.bounds[1] for p in free])
    terms = FactTerms(mechanism)
    bench = ManyBench(mechanism, [p.name for p in free], experiments=terms.experiments, hold_points=HOLD_POINTS)
    return mechanism, terms, bench.perform(rows)


@pytest.mark.parametrize("pathway", ["eq1", "eq2", "addition", "anion_exchange", "msc_combination"])
@pytest.mark.slow
def test_the_shipped_facts_have_the_residuals_of_their_verdicts(pathway):
    mechanism, terms, run = shipped(pathway)
    found = terms.residuals(run)
    for row in (0, 2):
        _, want = expected(mechanism, run, row)
        there = np.isfinite(want) & (want < LARGE)
        assert np.abs(found[row])[there] == pytest.approx(want[there], rel=1e-5, abs=1e-5)


# --- closed forms ------------------------------------------------------------------------------------


def test_the_derivative_of_a_half_time_is_minus_ln_2_over_k_squared():
    text = """units time = min, concentration = mM
species A ; species B
parameter k = 0.5 /min in 0.01 .. 3
A -> B @ k
solution stock { A = 1 mM }
experiment decay { mix 1 mL stock ; measure [A] every 0.1 min for 60 min }
expect decay { half_time([A]) = 2 min ± 0.1 min }
"""
    mechanism = mscnet.loads(text)
    run = ManyBench(mechanism, ["k"], rtol=1e-9, points=600, tested=True).with_derivatives([0.5])
    found = FactTerms(mechanism).residuals(run)[:, 0]
    assert found[0] * 0.1 + 2 == pytest.approx(math.log(2) / 0.5, rel=1e-5)
    assert (found[1] - found[0]) / run.steps[0] * 0.1 == pytest.approx(-math.log(2) / 0.5**2, rel=1e-4)


# --- what a term is ----------------------------------------------------------------------------------


def test_terms_say_what_they_are_on():
    first, second, third = FactTerms(model("chain { max(od) = 0.3, 0.7, 1.1 ± 5% }")).terms
    assert (first.kind, first.reading, second.condition) == ("equality", "od", "chain(v = 2 mL)")
    assert (third.observed, third.sigma) == pytest.approx((1.1, 0.055))


def test_the_deviation_of_a_time_is_at_least_half_the_time_between_readings():
    (term,) = FactTerms(model("chain(1 mL) { time_of_max(od) = 8 min ± 1 min }")).terms
    assert (term.sigma, term.unit) == (2.5, "min")


def test_of_two_sides_it_is_the_share():
    (term,) = FactTerms(model("{ final(chain(1 mL).od) = final(chain(2 mL).od) ± 10% }")).terms
    assert math.isnan(term.observed)
    assert term.sigma == pytest.approx(0.1)


def test_a_weight_multiplies_the_residual():
    plain, heavy = (model(f"chain {{ final(both) = 0.3 {weight} }}") for weight in ("", "weight 3"))
    run = runs_of(plain)
    assert FactTerms(heavy).residuals(run) == pytest.approx(3 * FactTerms(plain).residuals(run))
    assert FactTerms(heavy).terms[0].sigma == pytest.approx(0.015 / 3)


# --- what cannot be ------------------------------------------------------------------------------------


def test_rows_whose_experiment_came_to_no_end_are_failed():
    mechanism = model("values", "bounds", "crossing")
    run = runs_of(mechanism)
    whole = FactTerms(mechanism).residuals(run)
    cut = tuple(
        replace(c, done=np.array([True, False, True])) if c.experiment.name == "scan" else c for c in run.conditions
    )
    terms = FactTerms(mechanism)
    found = terms.residuals(replace(run, conditions=cut))
    scans = np.array([t.condition == "scan" for t in terms.terms])
    assert (found[1, scans] == FAILED).all()
    assert (found[1, ~scans] == whole[1, ~scans]).all()
    assert (found[[0, 2]] == whole[[0, 2]]).all()


def test_all_rows_may_fail():
    mechanism = model("values", "crossing")
    run = runs_of(mechanism)
    conditions = tuple(replace(c, done=np.zeros(3, bool), measured=(), stretches=()) for c in run.conditions)
    assert (FactTerms(mechanism).residuals(replace(run, conditions=conditions)) == FAILED).all()


def test_a_value_that_is_never_reached_leads_back_to_it():
    mechanism = model("chain(1 mL) { time_to([C], 0.2 mM) = 50 min ± 5 min }")
    rows = np.array([[0.3, k2, 2.0, 1.0, 30.0] for k2 in (0.002, 0.004, 0.008, 0.016)])
    found = FactTerms(mechanism).residuals(runs_of(mechanism, rows))[:, 0]
    assert (np.diff(found) < 0).all()
    assert (found > 0).all()


def test_it_has_no_jump_where_it_is_only_just_reached():
    mechanism = model("chain(1 mL) { time_to([B], 0.18 mM) = 5 min ± 5 min }")
    rows = np.array([[k1, 0.05, 2.0, 1.0, 30.0] for k1 in np.linspace(0.15, 0.35, 41)])
    found = FactTerms(mechanism).residuals(runs_of(mechanism, rows))[:, 0]
    reached = [v.margin == v.margin for row in (0, 40) for v in judge(mechanism, run=runs_of(mechanism, rows).run(row))]
    assert reached == [False, True]
    # just before it is reached, the time to it falls as the square root of what is missing
    assert np.abs(np.diff(found)).max() < 0.35


def test_a_family_of_rows_without_any_crossing_has_finite_residuals():
    mechanism = model("crossing")
    rows = np.array([[0.3, 1e-9, 2.0, 1.0, 30.0], [0.3, 0.05, 2.0, 1.0, 30.0]])
    found = FactTerms(mechanism).residuals(runs_of(mechanism, rows))
    assert (found[0] >= UNDEFINED).all()
    assert (np.abs(found[1]) < UNDEFINED).all()


def test_large_residuals_grow_slowly_and_stay_below_failed():
    mechanism = model("chain(1 mL) { max(od) = 1e-9 ± 1e-12 }")
    found = FactTerms(mechanism).residuals(runs_of(mechanism))[:, 0]
    assert (found > LARGE).all()
    assert (found < 1e5).all()


def test_a_fact_that_does_not_fit_is_told_before_anything_runs():
    with pytest.raises(mscnet.MechanismError, match="3 conditions"):
        FactTerms(model("chain { max(od) = 0.3, 0.7 ± 0.1 }"))


def test_a_window_without_a_reading_is_an_error():
    mechanism = model("chain { max(od) < 0.3 over 100 min .. 120 min }")
    with pytest.raises(mscnet.MechanismError, match="no reading from 100"):
        FactTerms(mechanism).residuals(runs_of(mechanism))


def test_terms_may_be_sent_to_another_process():
    mechanism = model("values", "crossing")
    run, terms = runs_of(mechanism), FactTerms(mechanism)
    whole = terms.residuals(run)
    assert (pickle.loads(pickle.dumps(terms)).residuals(run) == whole).all()


def test_terms_are_for_every_fact_in_the_order_of_the_file():
    mechanism = model("values", "variable")
    assert [t.source for t in FactTerms(mechanism).terms[-3:]] == [f.text for f in mechanism.facts[-3:]]


def test_rows_may_come_without_a_name_that_differs():
    mechanism = model("values")
    one = Bench(refined(mechanism)).run(ledger=False)
    run = stacked(refined(mechanism), (), np.empty((2, 0)), [one, one])
    assert isinstance(run, RowRun)
    found = FactTerms(mechanism).residuals(run)
    assert (found[0] == found[1]).all()
